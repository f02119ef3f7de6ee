"""Prices that move: by how busy stations are, by the wholesale market, by the sun. Pure.

Each rule gives the price per kWh that is wanted; `step` says how far it may go now, and the owner's
floor and ceiling always win. A price that moved is a new version of its tariff: what is booked or
begun keeps its own.
Source: market.md 1.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.fields import MAX_DECIMALS, PriceText, check_decimal, is_none
from chargehub.tariffs.pricing import Tariff, bounded, coins

LOWEST, HIGHEST = Decimal("0.7"), Decimal("1.5")  # of the base price, by utilisation
SLOPE, MIDDLE = Decimal("0.5"), Decimal("0.5")
FASTEST = Decimal("0.1")  # of the price, within an hour
EVERY = timedelta(minutes=15)
RATE_OVER = timedelta(hours=1)
_QUANTUM = Decimal(1).scaleb(-MAX_DECIMALS)
_DAY_START = datetime(1970, 1, 1, tzinfo=UTC)
_AREA = r"^[A-Z0-9][A-Z0-9_-]{0,31}$"

Area = Annotated[
    str | None, Field(pattern=_AREA, max_length=32, examples=["DE-LU"], exclude_if=is_none)
]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How the prices per kWh of a tariff move; what it says itself is the base.

    `by` utilisation: with how busy its stations are. wholesale: the market's price of the `area`
    and `margin_per_kwh` upon it, with the tariff's VAT upon both. base: not by these.
    `solar_discount_percent` is taken off while the site exports. Raises ValueError.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    by: Literal["base", "utilisation", "wholesale"] = "base"
    area: Area = None
    margin_per_kwh: PriceText = Decimal(0)
    solar_discount_percent: PriceText = Decimal(0)

    def __post_init__(self) -> None:
        check_decimal(self.margin_per_kwh)
        check_decimal(self.solar_discount_percent)
        if self.solar_discount_percent > 100:
            raise ValueError("the discount is 100 % at most")
        if (self.by == "wholesale") != (self.area is not None):
            raise ValueError("a wholesale price has the area of its market, and no other has one")
        if self.by != "wholesale" and self.margin_per_kwh:
            raise ValueError("a margin is upon a wholesale price: say by wholesale, or leave it")
        if self.by == "base" and not self.solar_discount_percent:
            raise ValueError("nothing would move the price: say by what, or a discount")


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known at a moment. `utilisation` is from 0 to 1; `wholesale` is per kWh without VAT,
    in the tariff's currency, and may be below zero. None: nobody knows, and the base price counts.
    `is_wholesale_old`: it is the last that was known, as that of now is missing.
    """

    utilisation: Decimal | None = None
    wholesale: Decimal | None = None
    export_w: int = 0
    is_wholesale_old: bool = False


def by_utilisation(base: Decimal, utilisation: Decimal) -> Decimal:
    """The base price by how much of the time the stations are taken, from 0 to 1.

    base x clamp(1 + 0.5 (utilisation - 0.5), 0.7, 1.5).
    """
    if not 0 <= utilisation <= 1:
        raise ValueError(f"utilisation lies between 0 and 1, not at {utilisation}")
    factor = 1 + SLOPE * (utilisation - MIDDLE)
    return base * min(max(factor, LOWEST), HIGHEST)


def by_wholesale(wholesale: Decimal, margin: Decimal, vat_percent: Decimal) -> Decimal:
    """The market's price per kWh, which may be below zero, the owner's margin, and VAT on both."""
    return (wholesale + margin) * (1 + vat_percent / 100)


def in_the_sun(price: Decimal, discount_percent: Decimal, export_w: int) -> Decimal:
    """The price with a discount while the site feeds more into the grid than it takes."""
    return price * (1 - discount_percent / 100) if export_w > 0 else price


def wanted(base: Decimal, dynamics: Dynamics, signals: Signals, vat_percent: Decimal) -> Decimal:
    """The price per kWh that the rule asks for; may be below zero or past the owner's bounds."""
    price = base
    if dynamics.by == "utilisation" and signals.utilisation is not None:
        price = by_utilisation(base, signals.utilisation)
    if dynamics.by == "wholesale" and signals.wholesale is not None:
        price = by_wholesale(signals.wholesale, dynamics.margin_per_kwh, vat_percent)
    return in_the_sun(price, dynamics.solar_discount_percent, signals.export_w)


def step(past_hour: Sequence[Decimal], wish: Decimal, floor: Decimal, ceiling: Decimal) -> Decimal:
    """The price from now on: as near to the wish as the rate and the owner's bounds allow.

    `past_hour` are the prices that held in it; none: there was no price yet. The new one is within
    a tenth of each of them, so that an hour of small steps goes no further than one; where a tenth
    is less than the smallest step there is, within that. A price of zero holds nothing back. The
    owner's bounds always win, also over the rate.
    """
    reach = [(price, max(price * FASTEST, _QUANTUM)) for price in past_hour if price]
    low = max((price - far for price, far in reach), default=Decimal(0))
    high = min((price + far for price, far in reach), default=ceiling)
    moved = max(wish, Decimal(0)).quantize(_QUANTUM, ROUND_HALF_UP)
    if moved > high:
        moved = high.quantize(_QUANTUM, ROUND_FLOOR)
    elif moved < low:
        moved = low.quantize(_QUANTUM, ROUND_CEILING)
    return bounded(moved, floor, ceiling)


def check(base: Tariff, dynamics: Dynamics) -> None:
    """Raises ValueError for a tariff whose prices cannot move so."""
    ceiling = base.ceiling_per_kwh
    if base.floor_per_kwh is None or ceiling is None:
        raise ValueError("state a floor_per_kwh and a ceiling_per_kwh in the tariff first")
    if ceiling > EnergyPrice.highest * coins(base.currency):
        raise ValueError(f"a ceiling of {ceiling} per kWh: is the comma right?")
    prices = [each for each in base.components if isinstance(each, EnergyPrice)]
    if not prices:
        raise ValueError("the tariff has no price per kWh that could move")
    is_plain = len(prices) == 1 and not prices[0].windows and prices[0].power is None
    if dynamics.by == "wholesale" and not is_plain:
        raise ValueError("by wholesale a tariff has one price per kWh, at all hours and powers")


def moved(
    base: Tariff, past_hour: Sequence[Tariff], dynamics: Dynamics, signals: Signals
) -> Tariff:
    """The tariff from now on: every price per kWh one step towards what is wanted.

    `past_hour` are the versions that held in it, made from the same base.
    """
    floor, ceiling = base.floor_per_kwh, base.ceiling_per_kwh
    assert floor is not None and ceiling is not None, base.name
    components = list(base.components)
    for at, component in enumerate(components):
        if isinstance(component, EnergyPrice):
            held = [one.components[at].price for one in past_hour]
            wish = wanted(component.per_kwh, dynamics, signals, base.vat_percent)
            components[at] = replace(component, per_kwh=step(held, wish, floor, ceiling))
    return replace(base, components=tuple(components))


def following(now: datetime) -> datetime:
    """The next quarter of an hour after an instant."""
    return now + EVERY - (now - _DAY_START) % EVERY


def written(dynamics: Dynamics) -> Any:
    """As JSON values, decimals as text."""
    return _DYNAMICS.dump_python(dynamics, mode="json")


def read(stored: Any) -> Dynamics:
    """Of JSON values. Raises ValueError."""
    return _DYNAMICS.validate_python(stored)


_DYNAMICS = TypeAdapter(Dynamics)
