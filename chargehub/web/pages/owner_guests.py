"""For whom a station is there: everybody or members, who charges free, groups and their codes."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, change_listing, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

_PLAINLY: Mapping[str, str] = {
    "duties_open": _(
        "The rules of the country ask for more. See what is open where you publish it."
    ),
    "checkup_needed": _("It has to pass a check-up before everybody is offered it."),
}


@router.get("/owner/stations/{station_id}/guests")
async def get_guests(station_id: str, visitor: KnownVisitor) -> Response:
    """Who may see it, who charges free, and the groups of members."""
    return await _guests(visitor, await owned(visitor, station_id), Form())


async def _guests(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    api = visitor.api
    free: dict[str, list[int]] = {}  # by token the sockets where it charges free
    for evse in shown.station["evses"]:
        for item in (await api.get(f"/evses/{evse['id']}/household"))["items"]:
            free.setdefault(item["id_token"], []).append(evse["number"])
    tariffs = [(str(each["id"]), str(each["name"])) for each in await api.all("/tariffs")]
    return visitor.page(
        "owner/guests.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        free=free,
        own=await api.all("/id-tokens"),
        tariffs=tariffs,
        groups=[await _group(visitor, each) for each in await api.all("/member-groups")],
    )


async def _group(visitor: Visitor, group: Mapping[str, Any]) -> Mapping[str, Any]:
    """A group with its members and the codes that still let somebody in."""
    path = f"/member-groups/{group['id']}"
    codes = await visitor.api.all(f"{path}/codes")
    return {
        **group,
        "members": await visitor.api.all(f"{path}/members"),
        "codes": [each for each in codes if not each["revoked_at"]],
    }


@router.post("/owner/stations/{station_id}/access")
async def post_access(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Offer it to everybody, or to members alone."""
    shown = await owned(visitor, station_id)
    is_for_members = form.text("access") == "members"
    changed = {
        "access": "members" if is_for_members else "public",
        "member_group_id": form.some("group") if is_for_members else None,
    }
    try:
        if shown.listing is None:
            raise wrong("access", _("Publish it first."))
        await change_listing(visitor, shown, changed)
    except Refused as refused:
        name = "group" if refused.code == "not_found" else "access"
        form.errors[name] = _PLAINLY.get(refused.code, refused.detail)
        return await _guests(visitor, shown, form, refused.status)
    everybody, members = _("Everybody can find it now."), _("Members alone find it now.")
    return visitor.to(f"{shown.path}/guests", members if is_for_members else everybody)


@router.post("/owner/stations/{station_id}/household")
async def post_household(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Let a card or an app charge free at one socket, or at all."""
    shown = await owned(visitor, station_id)
    numbers = [str(each["number"]) for each in shown.station["evses"]]
    try:
        token = form.text("token")
        if not token or "/" in token:
            raise wrong("token", _("Type the number of the card: letters and digits."))
        if form.text("socket") not in ("", *numbers):
            raise wrong("socket", _("Choose a socket."))
        for evse in shown.station["evses"]:
            if form.text("socket") in ("", str(evse["number"])):
                await visitor.api.put(f"/evses/{evse['id']}/household/{token}")
    except Refused as refused:
        form.refused(refused)
        if not form.errors:
            form.errors["token"], form.problem = refused.detail, ""
        return await _guests(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/guests", _("It charges free from its next session on."))


@router.post("/owner/stations/{station_id}/household/remove")
async def post_household_removal(
    station_id: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Have it pay again, at every socket."""
    shown = await owned(visitor, station_id)
    for evse in shown.station["evses"]:
        await visitor.api.delete(f"/evses/{evse['id']}/household/{form.text('token')}")
    return visitor.to(f"{shown.path}/guests", _("It pays again from its next session on."))


@router.post("/owner/stations/{station_id}/groups")
async def post_group(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Make a group whose members charge at a price of their own."""
    shown = await owned(visitor, station_id)
    try:
        sent = {"name": form.text("name"), "tariff_id": form.text("tariff")}
        await visitor.api.post("/member-groups", sent, form.key)
    except Refused as refused:
        form.refused(refused, {"tariff_id": "tariff"})
        return await _guests(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/guests", _("The group is there. Give its members a code."))


@router.post("/owner/stations/{station_id}/groups/{group_id}")
async def post_group_change(
    station_id: str, group_id: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Give it another name or price."""
    shown = await owned(visitor, station_id)
    name, tariff = f"name-{group_id}", f"tariff-{group_id}"
    try:
        sent = {"name": form.text(name), "tariff_id": form.text(tariff)}
        await visitor.api.put(f"/member-groups/{group_id}", sent)
    except Refused as refused:
        form.refused(refused, {"name": name, "tariff_id": tariff})
        return await _guests(visitor, shown, form, refused.status)
    note = _("The group is changed. What is booked keeps its price.")
    return visitor.to(f"{shown.path}/guests", note)


@router.post("/owner/stations/{station_id}/groups/{group_id}/codes")
async def post_code(
    station_id: str, group_id: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Make a code by which drivers join."""
    shown = await owned(visitor, station_id)
    uses, until = f"most_uses-{group_id}", f"expires_at-{group_id}"
    try:
        sent = {"most_uses": form.whole(uses), "expires_at": form.instant(until, shown.zone)}
        await visitor.api.post(f"/member-groups/{group_id}/codes", sent, form.key)
    except Refused as refused:
        form.refused(refused, {"most_uses": uses, "expires_at": until})
        return await _guests(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/guests", _("The code is there. Give it to whom you want in."))


@router.post("/owner/stations/{station_id}/groups/{group_id}/codes/{code_id}/revoke")
async def post_code_end(
    station_id: str, group_id: str, code_id: str, visitor: KnownVisitor
) -> Response:
    """Let nobody in by this code any more; who came by it stays."""
    await visitor.api.delete(f"/member-groups/{group_id}/codes/{code_id}")
    return visitor.to(f"/owner/stations/{station_id}/guests", _("Nobody joins by it any more."))


@router.post("/owner/stations/{station_id}/groups/{group_id}/members/{driver_id}/remove")
async def post_member_removal(
    station_id: str, group_id: str, driver_id: str, visitor: KnownVisitor
) -> Response:
    """Take a member out."""
    await visitor.api.delete(f"/member-groups/{group_id}/members/{driver_id}")
    return visitor.to(f"/owner/stations/{station_id}/guests", _("The member is taken out."))
