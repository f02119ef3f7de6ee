"""Finding a charger: list and map of one area, with the price of what one needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import HOURS_MOST, Form
from chargehub.web.languages import instant
from chargehub.web.slots import NEED_KWH, next_quarter, written
from chargehub.web.visitors import AnyVisitor, Visitor

router = APIRouter()

SIDES = ("south", "west", "north", "east")
_AROUND = Decimal("0.05")  # degrees to each side of the middle, where no map has told its edges


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where the pictures of a map come from; without an address a grid is drawn."""

    url: str
    attribution: str


@router.get("/")
async def get_finder(visitor: AnyVisitor) -> Response:
    """What is free in an area, as a list and on a map."""
    form = Form(visitor.request.query_params.multi_items())
    found: Mapping[str, Any] = {"evses": [], "clusters": []}
    query: dict[str, Any] = {}
    try:
        query = wanted(form, visitor)
        found = await visitor.api.get("/maps/evses", _area(form, visitor) | query)
        await _add_prices(visitor, form, found["evses"])
    except Refused as refused:
        form.refused(refused)
    settings = visitor.hub.settings
    evses = sorted(found["evses"], key=_ORDERS.get(form.text("order"), _unmoved))
    return visitor.page(
        "driver/find.html",
        form=form,
        evses=evses,
        clusters=found["clusters"],
        total=sum(cluster["evses"] for cluster in found["clusters"]),
        wanted=urlencode({name: form.text(name) for name in _KEPT if form.text(name)}),
        live=_stream(evses),
        center=settings.map_center,
        tiles=Tiles(
            settings.map_tiles.replace("{key}", settings.map_key), settings.map_attribution
        ),
    )


_KEPT = ("from", "hours", "need")


def wanted(form: Form, visitor: Visitor) -> dict[str, Any]:
    """What REST is asked besides where: the time, the need, the plug. Raises Refused."""
    start = form.instant("from", visitor.zone) if form.text("when") != "now" else None
    hours = form.whole("hours", HOURS_MOST) or 2
    begin = instant(start) if start else visitor.now
    query: dict[str, Any] = {
        "connector_type": form.text("plug"),
        "min_power_w": 1000 * (form.whole("power") or 0),
        "amenity": form.many("amenity"),
        "is_instant": form.is_set("instant") or None,
        "from": written(begin),
        "to": written(begin + timedelta(hours=hours)),
        "energy_wh": form.thousand("need", visitor.language) or int(NEED_KWH * 1000),
    }
    if start is None:  # who looks at what there is now sees what is taken, too
        query.pop("from"), query.pop("to"), query.pop("energy_wh")
    return query


async def _add_prices(visitor: Visitor, form: Form, evses: list[dict[str, Any]]) -> None:
    """Who looks at what there is now sees what is taken, too; what is free has its price."""
    if all(evse["price"] for evse in evses):
        return
    begin = next_quarter(visitor.now)
    hours = form.whole("hours", HOURS_MOST) or 2
    need: dict[str, Any] = {
        "from": written(begin),
        "to": written(begin + timedelta(hours=hours)),
        "energy_wh": form.thousand("need", visitor.language) or int(NEED_KWH * 1000),
    }
    priced = await visitor.api.get("/maps/evses", _area(form, visitor) | need)
    known = {evse["id"]: evse["price"] for evse in priced["evses"]}
    for evse in evses:
        evse["price"] = evse["price"] or known.get(evse["id"])


_Key = tuple[int, int]


def _by_price(evse: Mapping[str, Any]) -> _Key:
    price = evse["price"]
    return (0, int(price["total_minor"])) if price else (1, 0)


def _by_rating(evse: Mapping[str, Any]) -> _Key:
    standing = evse["standing"]
    rated = bool(standing and standing["reviews"])
    return (0, -int(standing["rating_thousandths"])) if rated else (1, 0)


def _by_power(evse: Mapping[str, Any]) -> _Key:
    return (0, -int(evse["power_w"]))


def _unmoved(evse: Mapping[str, Any]) -> _Key:
    return (0, 0)


_ORDERS: Mapping[str, Callable[[Mapping[str, Any]], _Key]] = {
    "price": _by_price,
    "rating": _by_rating,
    "power": _by_power,
}


def _area(form: Form, visitor: Visitor) -> dict[str, str]:
    if all(form.text(side) for side in SIDES):
        return {side: form.text(side) for side in SIDES}
    latitude, longitude = _middle(visitor.hub.settings.map_center)
    edges = (latitude - _AROUND, longitude - _AROUND, latitude + _AROUND, longitude + _AROUND)
    return dict(zip(SIDES, map(str, edges), strict=True))


def _middle(center: str) -> tuple[Decimal, Decimal]:
    try:
        latitude, longitude = (Decimal(part) for part in center.split(",")[:2])
    except (ValueError, InvalidOperation):
        return Decimal(0), Decimal(0)
    return latitude, longitude


def _stream(evses: list[Mapping[str, Any]]) -> str:
    if not evses:
        return ""
    return "/data/evses/stream?" + urlencode([("evse_id", evse["id"]) for evse in evses[:100]])


@router.get("/offline")
async def get_offline(visitor: AnyVisitor) -> Response:
    """What is shown where there is no line; kept by the browser, so it knows nobody."""
    visitor.account = None
    return visitor.page("offline.html")
