"""A tariff in the shape of OCPI 2.2.1, and in words what that shape cannot say. Pure.

Source: OCPI 2.2.1, mod_tariffs: Tariff object, TariffElement, PriceComponent, TariffRestrictions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import orjson

from chargehub.tariffs.components import Component, IdlePrice
from chargehub.tariffs.fields import DAY_MINUTES, minute_text
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.windows import WEEKDAYS, PowerStep, Window
from chargehub.units import round_half_up

DECIMALS = 4  # Source: OCPI 2.2.1, types, number
_DIMENSIONS: Mapping[str, tuple[str, int, int]] = {  # kind: dimension, units in OCPI's, step_size
    "energy": ("ENERGY", 1, 1),
    "time": ("TIME", 60, 60),
    "idle": ("PARKING_TIME", 60, 60),
    "flat": ("FLAT", 1, 1),
}
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Party:
    """As whom the tariff is published: an ISO 3166 country and a party's three signs."""

    country_code: str
    party_id: str


@dataclass(frozen=True, slots=True)
class Published:
    """`body` is the Tariff object, numbers as Decimal. `unmapped` says what it leaves out.

    Without any such sentence both mean the same: to the cent, but for VAT that has no end in
    four decimals.
    """

    body: dict[str, Any]
    unmapped: tuple[str, ...]


def published(tariff: Tariff, tariff_id: str, party: Party, updated_at: datetime) -> Published:
    """A tariff as an OCPI 2.2.1 Tariff object. Prices in it are without VAT, as OCPI asks."""
    said = tuple(_unmapped(tariff))
    elements = [one for component in tariff.components for one in _elements(component, tariff)]
    free = {"price_components": [_price("FLAT", Decimal(0), 1, tariff.vat_percent)]}
    body: dict[str, Any] = {
        "country_code": party.country_code,
        "party_id": party.party_id,
        "id": tariff_id,
        "currency": tariff.currency,
        "tariff_alt_text": [{"language": "en", "text": sentence} for sentence in said],
        "elements": elements or [free],
        "last_updated": updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for name, limit in (("min_price", tariff.minimum), ("max_price", tariff.maximum)):
        if limit is not None:
            without = _without_vat(Fraction(limit), tariff.vat_percent)
            body[name] = {"excl_vat": without, "incl_vat": limit}
    return Published(body, said)


def as_text(published: Published) -> bytes:
    """The object and its sentences as JSON; numbers have all their digits, none is a float."""
    answer = {"tariff": published.body, "unmapped": published.unmapped}
    return orjson.dumps(answer, default=_number)


def _number(value: Any) -> orjson.Fragment:
    if not isinstance(value, Decimal):
        raise TypeError(f"no part of a tariff: {value!r}")
    return orjson.Fragment(format(value, "f"))


def _elements(component: Component, tariff: Tariff) -> Iterator[dict[str, Any]]:
    """One element for each window; a night is two, for OCPI counts days from midnight."""
    dimension, units, step_size = _DIMENSIONS[component.kind]
    price = _price(dimension, component.price * units, step_size, tariff.vat_percent)
    parts: Sequence[Window | None] = _all_by_day(component.windows) or (None,)
    for part in parts:
        restrictions = _hours(part) | _power(component.power)
        element: dict[str, Any] = {"price_components": [price]}
        yield element | ({"restrictions": restrictions} if restrictions else {})


def _price(dimension: str, gross: Decimal, step_size: int, vat_percent: Decimal) -> dict[str, Any]:
    return {
        "type": dimension,
        "price": _without_vat(Fraction(gross), vat_percent),
        "vat": vat_percent,
        "step_size": step_size,
    }


def _without_vat(gross: Fraction, vat_percent: Decimal) -> Decimal:
    """Rounded half up to the decimals that OCPI knows."""
    net = gross / (1 + Fraction(vat_percent) / 100)
    return Decimal(round_half_up(net * 10**DECIMALS)).scaleb(-DECIMALS)


def _by_day(window: Window) -> Iterator[Window]:
    """The window cut at midnight, each part with the days and dates it lies on itself."""
    if window.end > window.start:
        yield window
        return
    yield Window(window.start, DAY_MINUTES, window.weekdays, window.from_date, window.to_date)
    days = tuple((day + 1) % 7 for day in window.weekdays)
    yield Window(0, window.end, days, _following(window.from_date), _following(window.to_date))


def _following(day: date | None) -> date | None:
    return None if day is None else day + _DAY


def _hours(window: Window | None) -> dict[str, Any]:
    if window is None:
        return {}
    found: dict[str, Any] = {}
    if (window.start, window.end) != (0, DAY_MINUTES):
        found["start_time"] = minute_text(window.start)
        found["end_time"] = minute_text(window.end % DAY_MINUTES)  # the day's end is 00:00
    if window.from_date:
        found["start_date"] = window.from_date.isoformat()
    if window.to_date:
        found["end_date"] = window.to_date.isoformat()
    if window.weekdays != WEEKDAYS:
        found["day_of_week"] = [_DAYS[day] for day in window.weekdays]
    return found


def _power(step: PowerStep | None) -> dict[str, Any]:
    bounds = () if step is None else (("min_power", step.from_w), ("max_power", step.to_w))
    return {name: Decimal(watts).scaleb(-3) for name, watts in bounds if watts is not None}


def _unmapped(tariff: Tariff) -> Iterator[str]:
    """What the object does not say, in sentences for the one who reads it."""
    for kind in _DIMENSIONS:
        same = [component for component in tariff.components if component.kind == kind]
        if any(_overlap(one, other) for one, other in combinations(same, 2)):
            yield f"Several prices of the kind {kind} hold at once and add up, not the first alone."
        if kind == "flat" and any(component.windows for component in same):
            yield "A price per session holds if the session starts within its hours."
    for component in tariff.components:
        if isinstance(component, IdlePrice) and component.grace:
            seconds = component.grace // timedelta(seconds=1)
            yield f"The first {seconds} seconds without charging are free."
    if tariff.minimum:
        yield "The minimum is owed only if the car took energy."
    if tariff.free_wh_per_month:
        yield f"The first {tariff.free_wh_per_month} Wh of a driver's month have no price per kWh."
    if _is_rounded(tariff):
        yield f"Prices without VAT are rounded to {DECIMALS} decimals; bills use those with VAT."


def _is_rounded(tariff: Tariff) -> bool:
    vat = 1 + Fraction(tariff.vat_percent) / 100
    prices = [one.price * _DIMENSIONS[one.kind][1] for one in tariff.components]
    limits = [limit for limit in (tariff.minimum, tariff.maximum) if limit is not None]
    return any(
        Fraction(_without_vat(Fraction(price), tariff.vat_percent)) * vat != Fraction(price)
        for price in prices + limits
    )


def _overlap(one: Component, other: Component) -> bool:
    """Whether there is a moment and a power at which both prices hold."""
    if not _steps_overlap(one.power, other.power):
        return False
    if not one.windows or not other.windows:
        return True
    parts = product(_all_by_day(one.windows), _all_by_day(other.windows))
    return any(_windows_overlap(*pair) for pair in parts)


def _all_by_day(windows: Iterable[Window]) -> list[Window]:
    return [part for window in windows for part in _by_day(window)]


def _windows_overlap(one: Window, other: Window) -> bool:
    """Both lie within a day each. Dates that share a weekday somewhere are taken to share it."""
    shares_time = max(one.start, other.start) < min(one.end, other.end)
    shares_day = not set(one.weekdays).isdisjoint(other.weekdays)
    is_apart = _ends_before(one, other) or _ends_before(other, one)
    return shares_time and shares_day and not is_apart


def _ends_before(one: Window, other: Window) -> bool:
    return bool(one.to_date and other.from_date and one.to_date <= other.from_date)


def _steps_overlap(one: PowerStep | None, other: PowerStep | None) -> bool:
    if one is None or other is None:
        return True
    lowest = max(one.from_w or 0, other.from_w or 0)
    highest = [step.to_w for step in (one, other) if step.to_w is not None]
    return not highest or lowest < min(highest)
