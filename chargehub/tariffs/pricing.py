"""A tariff and a usage make a cost, line by line; a tariff and its canonical text. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from itertools import product
from typing import Annotated, Any, ClassVar, Protocol, Self

import orjson
from pydantic import ConfigDict, Field, TypeAdapter

from chargehub.tariffs.components import (
    COMPONENTS,
    Component,
    EnergyPrice,
    FlatPrice,
    Segment,
    Usage,
)
from chargehub.tariffs.fields import (
    DAY_MINUTES,
    MAX_FREE_WH,
    FreeWh,
    LimitText,
    PriceText,
    check_decimal,
    decimal_text,
)
from chargehub.tariffs.windows import (
    WEEK_MINUTES,
    PowerStep,
    Window,
    Windows,
)
from chargehub.units import (
    CURRENCIES,
    Span,
    kwh,
    major,
    minor,
    minor_of,
    ratio_half_up,
)

MAX_COMPONENTS = 20  # a bill nobody can read is no bill
MAX_NAME = 100
MAX_VAT_PERCENT = 30  # the highest standard rate in use is 27 (Hungary)
DEPOSIT_CAP = 80  # in coins of about a euro. Source: market.md 1.1
DEPOSIT_MARGIN = Decimal("1.1")  # on the energy: losses, and a car that takes a little more

# How many coins buy what about a euro buys, by order of magnitude: enough to tell a slip of the
# comma from a price, and to cap a deposit. Not an exchange rate.
COINS: Mapping[str, int] = {
    code: coins
    for coins, codes in (
        (1, "EUR USD GBP CHF CAD AUD NZD SGD BND KWD BHD OMR JOD GIP FKP SHP KYD BMD BSD PAB"),
        (10, "NOK SEK DKK PLN CNY HKD BGN RON ILS BRL MYR SAR AED QAR ZAR MXN CZK TRY UAH MAD"),
        (200, "JPY HUF ISK INR RSD THB PHP TWD KES EGP RUB DOP NPR PKR LKR"),
    )
    for code in codes.split()
}
_COINS_ELSEWHERE = 100_000
MOST_PER_SESSION = 1_000  # in coins of about a euro: a full truck at the dearest plug
MOST_LOOKED_AT = 20_000  # windows while a deposit is worked out: some 0.1 s
_FIRST_DAY = date(1999, 1, 1)  # before any date that a window can name
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price list. Prices are in major units of the currency, VAT included.

    What holds in no window costs nothing; where windows of one kind overlap, both prices hold.
    A session with energy to pay for costs `minimum` at least, and none more than `maximum`.
    `free_wh_per_month` are free of the price per kWh for each driver, in all sessions of a month
    by the station's calendar with this owner.
    No price per kWh lies below the owner's floor or above the ceiling, whatever moves it.
    Raises ValueError for a price that can only be a slip.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    name: str
    currency: str
    vat_percent: PriceText
    components: Annotated[tuple[Component, ...], Field(strict=False)]
    minimum: LimitText = None
    maximum: LimitText = None
    floor_per_kwh: LimitText = None
    ceiling_per_kwh: LimitText = None
    free_wh_per_month: FreeWh = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME:
            raise ValueError(f"a tariff has a name of up to {MAX_NAME} characters")
        if self.currency not in CURRENCIES:
            raise ValueError("give a currency by its ISO 4217 code, like EUR")
        check_decimal(self.vat_percent)
        if self.vat_percent > MAX_VAT_PERCENT:
            raise ValueError(f"VAT is at most {MAX_VAT_PERCENT} %")
        if len(self.components) > MAX_COMPONENTS:
            raise ValueError(f"a tariff has at most {MAX_COMPONENTS} components")
        for component in self.components:
            limit = component.highest * coins(self.currency)
            if component.price > limit:
                asked = f"{component.price} {self.currency} per {component.unit}"
                raise ValueError(f"{asked} is more than the limit of {limit}: is the comma right?")
        free_wh = self.free_wh_per_month
        if free_wh is not None and not 1 <= free_wh <= MAX_FREE_WH:
            raise ValueError(f"free energy is from 1 to {MAX_FREE_WH} Wh a month, or left out")
        _check_session_limits(self)
        _check_energy_limits(self)


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a bill: quantity times price, rounded once. `description` tells its hours."""

    kind: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount_minor: int
    description: str = ""

    def stored(self) -> dict[str, Any]:
        """As JSON, decimals as text."""
        line: dict[str, Any] = {
            "kind": self.kind,
            "quantity": decimal_text(self.quantity),
            "unit": self.unit,
            "price": decimal_text(self.price),
            "amount_minor": self.amount_minor,
        }
        return line | ({"description": self.description} if self.description else {})


@dataclass(frozen=True, slots=True)
class Cost:
    """What a usage costs: the lines sum to the total, the VAT is a part of it."""

    lines: tuple[CostLine, ...]
    total_minor: int
    vat_minor: int
    currency: str

    @classmethod
    def of(cls, lines: tuple[CostLine, ...], currency: str, vat_percent: Decimal) -> Self:
        total = sum(line.amount_minor for line in lines)
        return cls(lines, total, vat_within(total, vat_percent), currency)


def price(tariff: Tariff, usage: Usage) -> Cost:
    """The cost of a usage: a line for each component with a quantity, in the order of a bill.

    Every line is its quantity times its price, rounded half up once; the lines sum to the total.
    What is free has a line of its own, without a price.
    A last line brings the total up to the minimum, or down (below zero) to the maximum.
    """
    components = sorted(tariff.components, key=lambda component: _ORDER[type(component)])
    priced = (_line(component, usage, tariff.currency) for component in components)
    lines = _free(usage) + tuple(line for line in priced if line.quantity)
    billed_wh = usage.energy_wh - usage.free_wh
    lines += _limited(tariff, sum(line.amount_minor for line in lines), billed_wh)
    return Cost.of(lines, tariff.currency, tariff.vat_percent)


def quote(tariff: Tariff, energy_wh: int, span: Span, time_zone: str) -> Cost:
    """The cost to expect of so much energy, charged evenly over the whole span."""
    segment = Segment(span.start, span.end, energy_wh, "charging")
    return price(tariff, Usage(time_zone, (segment,)))


def vat_within(total_minor: int, vat_percent: Decimal) -> int:
    """The VAT in a gross amount, rounded half up."""
    part, whole = vat_percent.as_integer_ratio()
    return ratio_half_up(total_minor * part, 100 * whole + part)


def deposit(tariff: Tariff, power_w: int, duration: timedelta) -> int:
    """What to hold for a booking, in minor units: the dearest case, in whole coins, capped.

    1.1 x full power x time x price per kWh and all other parts, at the hour of the week, the day
    and the power where they are dearest, rounded up to a whole major unit. A tariff with more
    cases than can be gone through is reckoned as if all its prices held at once.
    Source: market.md 1.1.
    """
    dearest = max(_rate(tariff, case, duration) for case in cases(tariff, power_w))
    dearest = max(dearest, Fraction(tariff.minimum or 0))
    if tariff.maximum is not None:
        dearest = min(dearest, Fraction(tariff.maximum))
    whole = min(-(-dearest // 1), DEPOSIT_CAP * coins(tariff.currency))
    return minor(Fraction(whole), tariff.currency)


def bounded(price: Decimal, floor: Decimal | None, ceiling: Decimal | None) -> Decimal:
    """The price, or the bound it would pass. The floor wins over a ceiling below it."""
    if ceiling is not None:
        price = min(price, ceiling)
    return price if floor is None else max(price, floor)


def coins(currency: str) -> int:
    """How many of a currency's major units are worth about a euro, very roughly."""
    return COINS.get(currency, _COINS_ELSEWHERE)


def canonical(tariff: Tariff) -> str:
    """The tariff as JSON with sorted keys; equal tariffs have equal texts."""
    return orjson.dumps(as_json(tariff), option=orjson.OPT_SORT_KEYS).decode()


def as_json(tariff: Tariff) -> Any:
    """The tariff as JSON values, decimals and times as text."""
    return _TARIFF.dump_python(tariff, mode="json", by_alias=True)


@lru_cache(maxsize=8192)  # the same few tariffs price every session; a search of a town, hundreds
def parse(text: str) -> Tariff:
    """The tariff of a canonical text. Raises ValueError."""
    return _TARIFF.validate_json(text)


def fingerprint(text: str) -> str:
    """SHA-256 of a canonical text, in hex: the id of a snapshot."""
    return sha256(text.encode()).hexdigest()


def _line(component: Component, usage: Usage, currency: str) -> CostLine:
    quantity = component.quantity(usage)
    return CostLine(
        kind=component.kind,
        quantity=quantity,
        unit=component.unit,
        price=component.price,
        amount_minor=minor_of(quantity, component.price, currency),
        description=conditions(component),
    )


def _free(usage: Usage) -> tuple[CostLine, ...]:
    if not usage.free_wh:
        return ()
    nothing = Decimal(0)
    return (CostLine("free_energy", kwh(usage.free_wh), EnergyPrice.unit, nothing, 0),)


def _limited(tariff: Tariff, total_minor: int, billed_wh: int) -> tuple[CostLine, ...]:
    """The line that takes a total to the limit it would pass; none if it passes none."""
    limits = (("minimum", tariff.minimum, 1), ("maximum", tariff.maximum, -1))
    for kind, limit, sign in limits:
        missing = 0 if limit is None else minor(limit, tariff.currency) - total_minor
        if missing * sign > 0 and (kind == "maximum" or billed_wh > 0):
            amount = major(missing, tariff.currency)
            return (CostLine(kind, Decimal(1), FlatPrice.unit, amount, missing),)
    return ()


def _check_session_limits(tariff: Tariff) -> None:
    for limit in (tariff.minimum, tariff.maximum):
        if limit is None:
            continue
        check_decimal(limit)
        if limit != major(minor(limit, tariff.currency), tariff.currency):
            raise ValueError(f"a minimum and a maximum are whole coins of {tariff.currency}")
        if limit > MOST_PER_SESSION * coins(tariff.currency):
            raise ValueError(f"{limit} {tariff.currency} a session: is the comma right?")
    minimum, maximum = tariff.minimum, tariff.maximum
    if minimum is not None and maximum is not None and maximum < minimum:
        raise ValueError("the maximum of a session is not below its minimum")
    if minimum and not any(component.price for component in tariff.components):
        raise ValueError("a tariff with a minimum has a price; for a price per session say flat")


def _check_energy_limits(tariff: Tariff) -> None:
    floor, ceiling = tariff.floor_per_kwh, tariff.ceiling_per_kwh
    for limit in (floor, ceiling):
        if limit is not None:
            check_decimal(limit)
    if floor is not None and ceiling is not None and ceiling < floor:
        raise ValueError("the ceiling per kWh is not below the floor")
    for component in tariff.components:
        if isinstance(component, EnergyPrice) and component.price != bounded(
            component.price, floor, ceiling
        ):
            raise ValueError(f"{component.price} per kWh is outside your floor and ceiling")


def conditions(component: Component) -> str:
    """The hours, days and powers at which a price holds, for people; empty: always."""
    hours = ", ".join(map(str, component.windows))
    return f"{hours} {component.power or ''}".strip()


class Timed(Protocol):
    """What holds in its windows and at its power; without them always."""

    @property
    def windows(self) -> Windows: ...

    @property
    def power(self) -> PowerStep | None: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A minute of the week on a date, at a power. `minute` None: all prices hold."""

    minute: int | None
    day: date
    power_w: int

    def has(self, component: Timed) -> bool:
        if self.minute is None:
            return True
        power = component.power
        if power is not None and not power.covers(self.power_w, _HOUR):
            return False
        return not component.windows or any(self._lies_in(at) for at in component.windows)

    def _lies_in(self, window: Window) -> bool:
        assert self.minute is not None
        is_in_season = window.is_in_season(self.day)
        if window.end < window.start:  # a night may have begun on the last day of its season
            is_in_season = is_in_season or window.is_in_season(self.day - _DAY)
        return is_in_season and window.covers(self.minute)


def cases(tariff: Tariff, power_w: int) -> Iterable[Case]:
    """Where its prices change: between two of these times, dates and powers all stay the same."""
    return cases_of(tariff.components, power_w)


def cases_of(parts: Sequence[Timed], power_w: int) -> Iterable[Case]:
    """Where any of these parts begins or ends to hold."""
    windows = [window for part in parts for window in part.windows]
    steps = [part.power for part in parts if part.power]
    starts = {(day * DAY_MINUTES + at.start, at) for at in windows for day in at.weekdays}
    minutes = {0}.union(*({start, (start + at.length) % WEEK_MINUTES} for start, at in starts))
    days = {_FIRST_DAY} | {day for at in windows for day in (at.from_date, at.to_date) if day}
    bounds = {bound for step in steps for bound in (step.from_w, step.to_w) if bound}
    powers = {power_w} | {bound - 1 for bound in bounds if bound <= power_w}
    if len(minutes) * len(days) * len(powers) * max(len(windows), 1) > MOST_LOOKED_AT:
        return (Case(None, _FIRST_DAY, power_w),)
    return (Case(*case) for case in product(minutes, days, powers))


def _rate(tariff: Tariff, case: Case, duration: timedelta) -> Fraction:
    """What a whole session would cost at the prices of one case."""
    hours = Fraction(duration // timedelta.resolution, 3_600_000_000)
    energy_kwh = Fraction(kwh(case.power_w)) * hours * Fraction(DEPOSIT_MARGIN)
    return sum(
        (
            Fraction(component.price) * component.expected(energy_kwh, duration)
            for component in tariff.components
            if case.has(component)
        ),
        Fraction(),
    )


_ORDER = {component: position for position, component in enumerate(COMPONENTS)}
_TARIFF = TypeAdapter(Tariff)
