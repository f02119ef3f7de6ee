"""What an account has beside its wallet: cards at the charger, watches, keys, and its end."""

from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

_AROUND_M = 5_000


@router.get("/account")
async def get_account(visitor: KnownVisitor) -> Response:
    """Who is logged in, and where; what the account has."""
    return await _account(visitor, Form())


async def _account(
    visitor: Visitor, form: Form, status: int = 200, new_key: Any = None
) -> Response:
    api = visitor.api
    return visitor.page(
        "people/account.html",
        status,
        form=form,
        logins=await api.all("/logins"),
        tokens=(await api.get("/id-tokens"))["items"],
        watches=(await api.get("/watches", {"limit": 50}))["items"],
        keys=(await api.get("/api-keys"))["items"],
        erasure=await api.get("/accounts/me/erasure"),
        new_key=new_key,
    )


async def _asked(visitor: Visitor, form: Form, path: str, sent: Any, note: str) -> Response:
    try:
        await visitor.api.post(path, sent)
    except Refused as refused:
        return await _account(visitor, form.refused(refused), refused.status)
    return visitor.to("/account", note)


@router.post("/account/logins/{login_id}/end")
async def post_login_end(login_id: str, visitor: KnownVisitor) -> Response:
    """Log another device out."""
    await visitor.api.delete(f"/logins/{login_id}")
    return visitor.to("/account", _("That device is logged out."))


@router.post("/account/verification")
async def post_verification(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Confirm the e-mail address by the code that was mailed."""
    sent = {"token": form.text("token")}
    note = _("Your e-mail address is confirmed.")
    return await _asked(visitor, form, "/email-verifications", sent, note)


@router.post("/account/cards")
async def post_card(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Register a card that starts the charger."""
    return await _asked(visitor, form, "/id-tokens", {"value": form.text("value")}, _("Added."))


@router.post("/account/cards/{value}/{status}")
async def post_card_status(value: str, status: str, visitor: KnownVisitor) -> Response:
    """Block a card that is lost, or make it valid again."""
    await visitor.api.patch(f"/id-tokens/{value}", {"status": status})
    return visitor.to("/account", _("The card was changed."))


@router.post("/watches")
async def post_watch(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Be told when something comes free in the area that was searched."""
    south, west, north, east = (form.decimal(side, visitor.language) for side in _SIDES)
    if south is None or west is None or north is None or east is None:
        raise Refused(422, {"detail": "Look at an area on the map first."})
    sent = {
        "latitude": float((south + north) / 2),
        "longitude": float((west + east) / 2),
        "radius_m": _AROUND_M,
        "min_power_w": 1000 * (form.whole("power") or 0),
        "connector_types": form.many("plug"),
    }
    try:
        await visitor.api.post("/watches", sent)
    except Refused as refused:
        return await _account(visitor, form.refused(refused), refused.status)
    return visitor.to("/account", _("We write to you when something comes free there."))


_SIDES = ("south", "west", "north", "east")


@router.post("/account/watches/{watch_id}/end")
async def post_watch_end(watch_id: str, visitor: KnownVisitor) -> Response:
    """Be told no more."""
    await visitor.api.delete(f"/watches/{watch_id}")
    return visitor.to("/account", _("You are told of it no more."))


@router.post("/account/keys")
async def post_key(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Make a key for a machine; it is shown this once."""
    sent = {"name": form.text("name"), "scopes": form.many("scopes")}
    try:
        made = await visitor.api.post("/api-keys", sent)
    except Refused as refused:
        return await _account(visitor, form.refused(refused), refused.status)
    return await _account(visitor, Form(), new_key=made)


@router.post("/account/keys/{key_id}/end")
async def post_key_end(key_id: str, visitor: KnownVisitor) -> Response:
    """Revoke a key."""
    await visitor.api.delete(f"/api-keys/{key_id}")
    return visitor.to("/account", _("The key counts no more."))


@router.post("/account/erasure")
async def post_erasure(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Be forgotten."""
    try:
        await visitor.api.post("/accounts/me/erasure", {"email": form.text("confirmed")})
    except Refused as refused:
        return await _account(visitor, form.refused(refused), refused.status)
    answer = visitor.to("/", _("You are forgotten here. Goodbye."))
    visitor.log_out(answer)
    return answer
