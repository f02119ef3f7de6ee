"""Registering hardware, the first two steps: where it is, and what it is."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web import regions
from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.pages.finding import Tiles
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

SOCKETS_MOST = 4  # that a form has room for; more by REST
_NOWHERE = _("Press on the map, or give latitude and longitude: 59.9139, 10.7522")


@router.get("/owner/new")
async def get_place(visitor: KnownVisitor) -> Response:
    """Where the charger is: at a place that is known, or at a new one."""
    return await _place(visitor, Form())


async def _place(visitor: Visitor, form: Form, status: int = 200) -> Response:
    settings = visitor.hub.settings
    told = "" if settings.country == regions.UNKNOWN else settings.country
    country = told or regions.country_of(visitor.zone)
    zone = visitor.zone if visitor.zone != "UTC" else ""
    return visitor.page(
        "owner/place.html",
        status,
        form=form,
        locations=await visitor.api.all("/locations"),
        countries=regions.countries(visitor.language),
        country=country,
        zones=_zones(zone),
        place_zone=zone,
        center=settings.map_center,
        tiles=Tiles(
            settings.map_tiles.replace("{key}", settings.map_key), settings.map_attribution
        ),
    )


def _zones(own: str) -> list[tuple[str, str]]:
    known = sorted({*regions.zones(), *([own] if own else [])})
    return [(zone, zone.replace("_", " ")) for zone in known]


@router.post("/owner/new")
async def post_place(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Register a place; sent twice it is one."""
    try:
        location = await visitor.api.post("/locations", _asked_place(form))
    except Refused as refused:
        if refused.code == "name_tells_address":
            form.errors["name"] = refused.detail
            return await _place(visitor, form, refused.status)
        return await _place(visitor, form.refused(refused), refused.status)
    return visitor.to(f"/owner/new/{location['id']}")


def _asked_place(form: Form) -> dict[str, Any]:
    latitude, longitude = _position(form.text("position"))
    if not form.text("time_zone"):
        raise wrong("time_zone", _("Choose the clock that counts there."))
    return {
        "name": form.text("name"),
        "address": form.text("address"),
        "latitude": float(latitude),
        "longitude": float(longitude),
        "time_zone": form.text("time_zone"),
        "country": form.some("country"),
        "access_notes": form.text("access_notes"),
        "external_ref": f"page-{form.key}"[:100],
    }


def _position(text: str) -> tuple[Decimal, Decimal]:
    try:
        latitude, longitude = (Decimal(part) for part in text.replace(",", " ").split())
        is_there = abs(latitude) <= 90 and abs(longitude) <= 180
    except (ValueError, InvalidOperation):
        is_there = False
    if not is_there:
        raise wrong("position", _NOWHERE)
    return latitude, longitude


@router.get("/owner/new/{location_id}")
async def get_hardware(location_id: str, visitor: KnownVisitor) -> Response:
    """What the charger is: its sockets, their power, and who names it."""
    return await _hardware(visitor, location_id, Form())


async def _hardware(visitor: Visitor, location_id: str, form: Form, status: int = 200) -> Response:
    location = await visitor.api.get(f"/locations/{location_id}")
    return visitor.page(
        "owner/hardware.html", status, form=form, location=location, sockets=SOCKETS_MOST
    )


@router.post("/owner/new/{location_id}")
async def post_hardware(location_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Register a station, or wait for one that has a name of its own."""
    renamed = {"power_w": "power1", "evses": "power1"}
    try:
        sent = _asked_station(form, visitor) | {"location_id": location_id}
        if form.text("named") == "itself":
            if not form.text("identity"):
                raise wrong("identity", _("Type the name as it is printed on the charger."))
            pairing = await visitor.api.post(
                "/pairings", {**sent, "identity": form.text("identity")}
            )
            return visitor.to(f"/owner/pairings/{pairing['id']}")
        station = await visitor.api.post("/stations", sent)
    except Refused as refused:
        if refused.code in ("identity_taken", "bad_identity"):
            form.errors["identity"] = refused.detail
            return await _hardware(visitor, location_id, form, refused.status)
        return await _hardware(visitor, location_id, form.refused(refused, renamed), refused.status)
    return visitor.to(f"/owner/stations/{station['id']}/times")


def _asked_station(form: Form, visitor: Visitor) -> dict[str, Any]:
    evses: list[Mapping[str, Any]] = []
    for number in range(1, SOCKETS_MOST + 1):
        power_w = form.thousand(f"power{number}", visitor.language)
        if power_w is None:
            continue
        plug = {"number": 1, "type": form.text(f"plug{number}")}
        evses.append({"number": len(evses) + 1, "power_w": power_w, "connectors": [plug]})
    if not evses:
        raise wrong("power1", _("Say how much power it gives, as printed on it: 11, say."))
    return {"evses": evses, "name": form.some("name"), "external_ref": f"page-{form.key}"[:100]}


@router.get("/owner/pairings/{pairing_id}")
async def get_pairing(pairing_id: str, visitor: KnownVisitor) -> Response:
    """Whether the charger with a name of its own has come, and what was wrong if not."""
    pairing = await visitor.api.get(f"/pairings/{pairing_id}")
    location = await visitor.api.get(f"/locations/{pairing['location_id']}")
    return visitor.page(
        "owner/pairing.html",
        pairing=pairing,
        location=location,
        base=pairing["ocpp_url"].removesuffix(f"/{pairing['identity']}"),
        zone=location["time_zone"],
    )


@router.post("/owner/pairings/{pairing_id}/cancel")
async def post_pairing_cancel(pairing_id: str, visitor: KnownVisitor) -> Response:
    """Wait no longer."""
    pairing = await visitor.api.post(f"/pairings/{pairing_id}/cancel")
    return visitor.to(f"/owner/new/{pairing['location_id']}", _("It is not waited for any more."))
