"""Registering hardware, the next two steps: when others may charge, and for how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median_low
from typing import Any

from fastapi import APIRouter, Response

from chargehub import units
from chargehub.web import drafts, opening, regions
from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, change_listing, found, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

_AROUND_M = 20_000
IDLE_GRACE_S = 900


@dataclass(frozen=True, slots=True)
class Around:
    """What others near by ask per kWh, VAT included, as decimal text."""

    many: int
    least: str
    middle: str
    most: str


@router.get("/owner/stations/{station_id}/times")
async def get_times(station_id: str, visitor: KnownVisitor) -> Response:
    """When others may charge."""
    shown = await owned(visitor, station_id)
    hours = drafts.draft(visitor, station_id).hours
    if hours is None and shown.listing:
        hours = shown.listing["opening_hours"]
    return _times(visitor, shown, opening.filled(hours))


def _times(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    return visitor.page(
        "owner/times.html", status, form=form, owned=shown, zone=shown.zone, rows=opening.ROWS
    )


@router.post("/owner/stations/{station_id}/times")
async def post_times(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Keep the times; those of a published station count at once."""
    shown = await owned(visitor, station_id)
    try:
        hours = opening.asked(form)
        if shown.listing:
            return await _change(visitor, shown, {"opening_hours": hours}, _("The times count."))
    except Refused as refused:
        return _times(visitor, shown, opening.refused(form, refused), refused.status)
    answer = visitor.to(f"{shown.path}/price")
    chosen = replace(drafts.draft(visitor, station_id), hours=hours)
    drafts.keep(answer, visitor, station_id, chosen)
    return answer


async def _change(
    visitor: Visitor, shown: Owned, changed: Mapping[str, Any], note: str
) -> Response:
    """Change what a published station offers. Raises Refused."""
    await change_listing(visitor, shown, changed)
    return visitor.to(shown.path, note)


@router.get("/owner/stations/{station_id}/price")
async def get_price(station_id: str, visitor: KnownVisitor) -> Response:
    """The price, with what others near by ask and what it would have brought."""
    form = Form(visitor.request.query_params.multi_items())
    return await _price(visitor, await owned(visitor, station_id), form)


async def _price(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    country = shown.location["country"]
    currencies = regions.currencies(country)
    currency = form.text("currency") if form.text("currency") in currencies else currencies[0]
    chosen = shown.listing["tariff_id"] if shown.listing else ""
    nearby = await _nearby(visitor, shown, currency)
    brings = None
    try:
        brings = _brings(nearby, form.decimal("per_kwh", visitor.language), currency)
    except Refused as refused:
        form.refused(refused)
    return visitor.page(
        "owner/price.html",
        status,
        form=form,
        owned=shown,
        currencies=[(each, each) for each in currencies],
        currency=currency,
        tariffs=await visitor.api.all("/tariffs"),
        chosen=drafts.draft(visitor, shown.id).tariff_id or chosen,
        vat=[(rate, visitor.language.percent(rate)) for rate in await _vat(visitor, country)],
        around=await _around(visitor, shown, currency),
        nearby=nearby,
        brings=brings,
        grace=IDLE_GRACE_S // 60,
    )


async def _vat(visitor: Visitor, country: str) -> Sequence[str]:
    """The rates that a country knows; none: anything goes."""
    profile = await found(visitor, f"/jurisdictions/{country}", {})
    rates = (profile.get("facts") or {}).get("vat_percents")
    return tuple(rates["value"]) if rates else ()


async def _around(visitor: Visitor, shown: Owned, currency: str) -> Around | None:
    place = {name: str(shown.location[name]) for name in ("latitude", "longitude")}
    try:
        offers = await visitor.api.get("/evses", {**place, "radius_m": _AROUND_M, "limit": 100})
    except Refused:
        return None
    prices = {
        offer["station_id"]: Decimal(part["per_kwh"])
        for offer in offers["items"]
        for part in offer["tariff"]["components"]
        if part["kind"] == "energy"
        and offer["tariff"]["currency"] == currency
        and offer["station_id"] != shown.id
    }
    if not prices:
        return None
    asked = sorted(prices.values())
    return Around(len(asked), str(asked[0]), str(median_low(asked)), str(asked[-1]))


async def _nearby(visitor: Visitor, shown: Owned, currency: str) -> Mapping[str, Any] | None:
    """What a station around had of a month; None where that would tell of somebody."""
    path = f"/locations/{shown.location['id']}/earnings-estimates"
    try:
        told: Mapping[str, Any] = await visitor.api.post(path, {"currency": currency})
    except Refused:
        return None
    return told


def _brings(nearby: Mapping[str, Any] | None, per_kwh: Decimal | None, currency: str) -> int | None:
    """What the energy of that month would have left an owner at this price, in minor units."""
    if nearby is None or per_kwh is None or not nearby["gross"]["amount_minor"]:
        return None
    gross = units.minor_of(units.kwh(nearby["energy_wh"]), per_kwh, currency)
    earned, of = nearby["earned"]["amount_minor"], nearby["gross"]["amount_minor"]
    return units.ratio_half_up(gross * earned, of)


@router.post("/owner/stations/{station_id}/price")
async def post_price(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Take a price that is known, or make one; that of a published station counts at once."""
    shown = await owned(visitor, station_id)
    try:
        tariff_id = form.text("tariff") or await _new_tariff(visitor, shown, form)
        if shown.listing:
            note = _("The new price counts. What is booked keeps its price.")
            return await _change(visitor, shown, {"tariff_id": tariff_id}, note)
    except Refused as refused:
        renamed = {"per_minute": "per_minute", "vat_percent": "vat"}
        return await _price(visitor, shown, form.refused(refused, renamed), refused.status)
    answer = visitor.to(f"{shown.path}/connect")
    chosen = replace(drafts.draft(visitor, station_id), tariff_id=tariff_id)
    drafts.keep(answer, visitor, station_id, chosen)
    return answer


async def _new_tariff(visitor: Visitor, shown: Owned, form: Form) -> str:
    language = visitor.language
    per_kwh, idle = form.decimal("per_kwh", language), form.decimal("per_minute", language)
    if per_kwh is None:
        raise wrong("per_kwh", _("Say what a kWh costs, VAT included."))
    components: list[dict[str, Any]] = [{"kind": "energy", "per_kwh": f"{per_kwh:f}"}]
    if idle:
        idle_price = {"kind": "idle", "per_minute": f"{idle:f}", "grace_s": IDLE_GRACE_S}
        components.append(idle_price)
    vat = form.decimal("vat", language)
    sent = {
        "name": form.text("name") or language.say(_("Price of %(name)s"), name=_name_of(shown)),
        "currency": form.text("currency"),
        "vat_percent": f"{vat or 0:f}",
        "components": components,
        "external_ref": f"page-{form.key}"[:100],
    }
    return str((await visitor.api.post("/tariffs", sent))["id"])


def _name_of(shown: Owned) -> str:
    return str(shown.location["name"])[:60]
