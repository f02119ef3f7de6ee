"""What an owner asks of a station: commands with their outcome, its settings, what was said."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()


@router.get("/owner/stations/{station_id}/device")
async def get_device(station_id: str, visitor: KnownVisitor) -> Response:
    """Commands and their outcome, settings, the frame log."""
    return await _device(visitor, await owned(visitor, station_id), Form())


async def _device(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    path = f"/stations/{shown.id}"
    return visitor.page(
        "owner/device.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        commands=(await visitor.api.get(f"{path}/commands", {"limit": 15}))["items"],
        settings=await visitor.api.all(f"{path}/settings"),
        frames=(await visitor.api.get(f"{path}/frames", {"limit": 50}))["items"],
        sockets=[(each["number"], str(each["number"])) for each in shown.station["evses"]],
    )


@router.post("/owner/stations/{station_id}/commands")
async def post_command(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Ask something of the station; what came of it stands on the page."""
    shown = await owned(visitor, station_id)
    try:
        await visitor.api.post(f"/stations/{station_id}/commands", _asked(form, shown))
    except Refused as refused:
        return await _device(visitor, shown, form.refused(refused), refused.status)
    return visitor.to(f"{shown.path}/device", _("The charger is asked. See below what it says."))


def _asked(form: Form, shown: Owned) -> Mapping[str, Any]:
    """A command as REST takes it. Raises Refused."""
    evse = form.whole("evse") or 1
    location = form.text("location")
    at = form.instant("retrieve_at", shown.zone)
    known: Mapping[str, Mapping[str, Any]] = {
        "restart": {"kind": "reset", "when": "idle"},
        "restart_now": {"kind": "reset", "when": "immediate"},
        "unlock": {"kind": "unlock", "evse": evse},
        "on": {"kind": "change_availability", "evse": evse, "operative": True},
        "off": {"kind": "change_availability", "evse": evse, "operative": False},
        "read_settings": {"kind": "read_settings"},
        "write_setting": {
            "kind": "write_settings",
            "settings": {form.text("setting"): form.text("value")},
        },
        "log": {"kind": "get_log", "location": location},
        "firmware": {"kind": "update_firmware", "location": location, "retrieve_at": at},
    }
    wish = form.text("wish")
    if wish not in known:
        raise wrong("wish", _("Choose what to ask."))
    return known[wish]
