"""The owner's front page, and each station as it is now."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web import drafts, takings
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.pages.charging import RUNNING
from chargehub.web.visitors import AnyVisitor, KnownVisitor, Visitor

router = APIRouter()


@router.get("/owner")
async def get_owner(visitor: AnyVisitor) -> Response:
    """Every station now; what sharing brings for who has none, or is not logged in."""
    if visitor.account is None:
        return visitor.page("owner/welcome.html")
    api = visitor.api
    stations = [each for each in await api.all("/stations") if not each["retired_at"]]
    locations = {each["id"]: each for each in await api.all("/locations")}
    zone = _zone(locations, stations) or visitor.zone
    today = await takings.cdrs_since(visitor, takings.midnight(visitor.now, zone))
    pairings = (await api.get("/pairings", {"limit": 20}))["items"]
    requests = (await api.get("/bookings", {"role": "owner", "limit": 100}))["items"]
    return visitor.page(
        "owner/home.html",
        stations=stations,
        locations=locations,
        today=takings.taken(today),
        by_station={each["id"]: takings.taken(today, each["id"]) for each in stations},
        running=await _running(visitor),
        pairings=[each for each in pairings if each["state"] in ("waiting", "refused")],
        requests=[each for each in requests if each["status"] == "requested"],
        zone=zone,
    )


def _zone(locations: Mapping[str, Any], stations: Sequence[Mapping[str, Any]]) -> str:
    """The day of an owner is that of the first station."""
    return str(locations[stations[0]["location_id"]]["time_zone"]) if stations else ""


async def _running(visitor: Visitor, station_id: str = "") -> Mapping[str, Mapping[str, Any]]:
    """What charges now, by EVSE."""
    sessions = (await visitor.api.get("/sessions", {"role": "owner", "limit": 100}))["items"]
    return {
        each["evse_id"]: each
        for each in sessions
        if each["status"] in RUNNING and station_id in ("", each["station_id"])
    }


@router.get("/owner/stations/{station_id}")
async def get_station(station_id: str, visitor: KnownVisitor) -> Response:
    """A station now: its line, its sockets, who charges, what today brought."""
    return await _station(visitor, await owned(visitor, station_id), Form())


async def _station(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    since = takings.midnight(visitor.now, shown.zone)
    cdrs = await takings.cdrs_since(visitor, since)
    return visitor.page(
        "owner/station.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        today=takings.taken(cdrs, shown.id),
        running=await _running(visitor, shown.id),
        is_draft_whole=drafts.draft(visitor, shown.id).is_whole,
        fitness=await visitor.api.get(f"/stations/{shown.id}/fitness"),
    )


@router.post("/owner/stations/{station_id}/withdraw")
async def post_withdraw(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Take it off the market; what is booked stays booked."""
    await visitor.api.delete(f"/stations/{station_id}/listing")
    return visitor.to(f"/owner/stations/{station_id}", _("It is off the market."))
