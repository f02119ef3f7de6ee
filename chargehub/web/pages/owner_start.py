"""Registering hardware, the last two steps: connecting it, and publishing it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web import drafts, handshake, opening, qr
from chargehub.web.api import Refused
from chargehub.web.drafts import Draft
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, found, owned
from chargehub.web.pages.accounts import own_path
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()


@router.get("/owner/stations/{station_id}/connect")
async def get_connect(station_id: str, visitor: KnownVisitor) -> Response:
    """What to enter at the charger, and how far it has come: live."""
    return await _connect(visitor, await owned(visitor, station_id), Form())


async def _connect(
    visitor: Visitor, shown: Owned, form: Form, password: str = "", status: int = 200
) -> Response:
    station = shown.station
    address, say = station["ocpp_url"], visitor.language.say
    checkup = await _newest_checkup(visitor, shown.id)
    answer = visitor.page(
        "owner/connect.html",
        status,
        form=form,
        owned=shown,
        base=address.removesuffix(f"/{station['identity']}"),
        password=password,
        address_code=qr.picture(address, say(_("Address with identity"))) if password else "",
        password_code=qr.picture(password, say(_("Password"))) if password else "",
        checkup=checkup,
        sockets=[
            (evse["number"], say(_("At socket %(number)s"), number=evse["number"]))
            for evse in station["evses"]
        ],
        stages=handshake.stages(station, checkup),
        is_draft_whole=bool(shown.listing) or drafts.draft(visitor, shown.id).is_whole,
    )
    if password:
        answer.headers["Cache-Control"] = "no-store"
    return answer


async def _newest_checkup(visitor: Visitor, station_id: str) -> Mapping[str, Any] | None:
    items = (await visitor.api.get(f"/stations/{station_id}/checkups", {"limit": 1}))["items"]
    return items[0] if items else None


@router.post("/owner/stations/{station_id}/connect")
async def post_password(station_id: str, visitor: KnownVisitor) -> Response:
    """A new password, shown this once; the one before ends."""
    made = await visitor.api.post(f"/stations/{station_id}/password")
    shown = await owned(visitor, station_id)
    return await _connect(visitor, shown, Form(), made["password"])


@router.post("/owner/stations/{station_id}/checkups")
async def post_checkup(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Have the station checked, with a test charge where a car waits."""
    shown = await owned(visitor, station_id)
    try:
        evse = form.whole("test_charge_evse")
        sent = {"test_charge_evse": evse} if evse else {}
        await visitor.api.post(f"/stations/{station_id}/checkups", sent)
    except Refused as refused:
        return await _connect(visitor, shown, form.refused(refused), status=refused.status)
    return visitor.to(own_path(form.text("next")) if form.text("next") else f"{shown.path}/connect")


@router.get("/owner/stations/{station_id}/publish")
async def get_publish(station_id: str, visitor: KnownVisitor) -> Response:
    """What is still missing, in plain words, and the button."""
    return await _publish(visitor, await owned(visitor, station_id), Form())


async def _publish(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    chosen = await _chosen(visitor, shown)
    duties: Mapping[str, Any] = {"items": [], "is_ready": True, "jurisdiction": ""}
    if chosen.tariff_id:
        query = {"tariff_id": chosen.tariff_id}
        duties = await visitor.api.get(f"/stations/{shown.id}/duties", query)
    country = duties["jurisdiction"]
    return visitor.page(
        "owner/publish.html",
        status,
        form=form,
        owned=shown,
        chosen=chosen,
        hours=opening.filled(chosen.hours),
        tariff=await visitor.api.get(f"/tariffs/{chosen.tariff_id}") if chosen.tariff_id else None,
        fitness=await visitor.api.get(f"/stations/{shown.id}/fitness"),
        checkup=await _newest_checkup(visitor, shown.id),
        duties=duties,
        profile=await found(visitor, f"/jurisdictions/{country}") if country else None,
        groups=[(each["id"], each["name"]) for each in await visitor.api.all("/member-groups")],
    )


async def _chosen(visitor: Visitor, shown: Owned) -> Draft:
    """Times and price: those published, those of this browser, or what was usual before."""
    if shown.listing:
        return Draft(shown.listing["opening_hours"], shown.listing["tariff_id"])
    kept = drafts.draft(visitor, shown.id)
    tariffs = [str(each["id"]) for each in await visitor.api.all("/tariffs")]
    newest = tariffs[-1] if tariffs else ""
    known = kept.tariff_id if kept.tariff_id in tariffs else newest
    return Draft(opening.ALWAYS if kept.hours is None else kept.hours, known)


@router.post("/owner/stations/{station_id}/publish")
async def post_publish(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Put it on the market."""
    shown = await owned(visitor, station_id)
    chosen = await _chosen(visitor, shown)
    is_public = form.text("access") != "members"
    sent = {
        "tariff_id": chosen.tariff_id,
        "opening_hours": chosen.hours,
        "access": "public" if is_public else "members",
        "member_group_id": None if is_public else form.some("group"),
    }
    try:
        await visitor.api.put(f"/stations/{station_id}/listing", sent)
    except Refused as refused:
        form.problem = _plainly(refused)
        return await _publish(visitor, shown, form, refused.status)
    answer = visitor.to(shown.path, _("It is published. Drivers find it from now on."))
    drafts.forget(answer, station_id)
    return answer


def _plainly(refused: Refused) -> str:
    """What the page itself shows how to mend is not told in words of REST."""
    plain = {
        "duties_open": _("The rules of the country ask for more. See what is open below."),
        "checkup_needed": _("It has to pass a check-up before everybody is offered it."),
    }
    return plain.get(refused.code, refused.detail)


@router.post("/owner/stations/{station_id}/checklist")
async def post_checklist(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Confirm the checklist of the country as it was read."""
    shown = await owned(visitor, station_id)
    path = f"/jurisdictions/{form.text('country')[:2]}/confirmation"
    try:
        await visitor.api.put(path, {"checklist_version": form.text("version")})
    except Refused as refused:
        return await _publish(visitor, shown, form.refused(refused), refused.status)
    return visitor.to(f"{shown.path}/publish", _("Thank you, that is noted."))


@router.post("/owner/stations/{station_id}/proofs")
async def post_proof(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """State where a proof is to be found."""
    shown = await owned(visitor, station_id)
    proof = form.text("proof")
    path = f"/stations/{station_id}/proofs/{proof.replace('/', '')}"
    try:
        await visitor.api.put(path, {"reference": form.text("reference")})
    except Refused as refused:
        form.refused(refused, {"reference": f"reference-{proof}"})
        form.problem = form.problem or _("Some of it does not fit. See below.")
        return await _publish(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/publish", _("Thank you, that is noted."))
