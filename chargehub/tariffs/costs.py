"""What energy costs its owner: the contract and the grid's fees by local hours, VAT, and the part
that comes from the own roof. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter

from chargehub.tariffs.components import EnergyPrice, Segment, Usage
from chargehub.tariffs.fields import PriceText, check_decimal
from chargehub.tariffs.pricing import MAX_VAT_PERCENT, CostLine, cases_of, conditions
from chargehub.tariffs.windows import PowerStep, Windows, covered
from chargehub.units import CURRENCIES, Span, kwh, minor

MAX_PRICES = 20  # of a contract; a bill of electricity has fewer lines
MAX_SHARES = 24  # of the sun: a summer and a winter by the hour
_NO_POWER = 1  # in W; neither contracts nor roofs have steps by power


@dataclass(frozen=True, slots=True)
class SolarShare:
    """So much of the energy comes from the own roof in these windows; without windows always."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)
    power: ClassVar[PowerStep | None] = None

    percent: PriceText
    windows: Windows = ()

    def __post_init__(self) -> None:
        check_decimal(self.percent)


Prices = Annotated[tuple[EnergyPrice, ...], Field(strict=False)]
Shares = Annotated[tuple[SolarShare, ...], Field(strict=False)]


@dataclass(frozen=True, slots=True)
class CostModel:
    """An owner's cost of a kWh, in major units.

    `grid` are the prices of the contract and `grid_fees` what carrying it costs; those that hold
    at once add up, and upon them comes `vat_percent`, 0 where it is reclaimed or within. `solar`
    shares, which add up too, come from the own roof and cost `solar_per_kwh`: what feeding in
    would have brought. `is_solar_measured`: instead of stated shares, all that is charged while
    the site still feeds in is from the roof. Raises ValueError for what cannot be meant.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    currency: str
    grid: Prices
    grid_fees: Prices = ()
    vat_percent: PriceText = Decimal(0)
    solar: Shares = ()
    solar_per_kwh: PriceText = Decimal(0)
    is_solar_measured: bool = False

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError("give a currency by its ISO 4217 code, like EUR")
        check_decimal(self.vat_percent)
        check_decimal(self.solar_per_kwh)
        if self.vat_percent > MAX_VAT_PERCENT:
            raise ValueError(f"VAT is at most {MAX_VAT_PERCENT} %")
        if max(len(self.grid), len(self.grid_fees)) > MAX_PRICES or len(self.solar) > MAX_SHARES:
            raise ValueError(f"at most {MAX_PRICES} prices, fees, and {MAX_SHARES} solar shares")
        if any(price.power for price in (*self.grid, *self.grid_fees)):
            raise ValueError("what energy costs you has windows, and no steps by power")
        if self.is_solar_measured and self.solar:
            raise ValueError("the sun is measured or stated in shares, not both")
        _check_hours(self)

    @property
    def purchases(self) -> tuple[tuple[str, EnergyPrice], ...]:
        """What is paid for energy from the grid: the kind of line and its price."""
        fees = (("grid_fee", price) for price in self.grid_fees)
        return (*(("grid", price) for price in self.grid), *fees)


@dataclass(frozen=True, slots=True)
class EnergyCost:
    """What a usage cost its owner: the lines sum to the total."""

    lines: tuple[CostLine, ...]
    total_minor: int


def energy_cost(model: CostModel, usage: Usage, sunny: Sequence[Span] = ()) -> EnergyCost:
    """The owner's cost of a usage; each line rounded half up once. What is free costs as well.

    The usage is cut where a price or a share begins or ends by the local clock. `sunny`, apart
    from each other: when the site fed in, for a model whose sun is measured.
    """
    purchases = model.purchases
    bought = [Decimal(0)] * len(purchases)
    of_sun = Decimal(0)
    for energy_wh, holds in _slices(model, usage, sunny):
        energy_kwh = kwh(energy_wh)
        from_sun = energy_kwh * holds.solar_share
        of_sun += from_sun
        for index in holds.purchases:
            bought[index] += energy_kwh - from_sun
    lines = [
        _line(kind, quantity, price, model)
        for (kind, price), quantity in zip(purchases, bought, strict=True)
    ]
    lines.append(_costline("solar", of_sun, model.solar_per_kwh, model.currency, ""))
    kept = tuple(line for line in lines if line.quantity)
    return EnergyCost(kept, sum(line.amount_minor for line in kept))


def gross(price: EnergyPrice, model: CostModel) -> Decimal:
    """What is paid for a kWh of a purchase, its VAT upon it."""
    return price.per_kwh * (100 + model.vat_percent) / 100


def written(model: CostModel) -> Any:
    """As JSON values, decimals and times as text."""
    return _MODEL.dump_python(model, mode="json", by_alias=True)


def read(stored: Any) -> CostModel:
    """Of JSON values. Raises ValueError."""
    return _MODEL.validate_python(stored)


class Holds(NamedTuple):
    """What holds from one cut to the next: which purchases, and the part of the sun from 0 to 1."""

    purchases: tuple[int, ...]
    solar_share: Decimal


def _slices(model: CostModel, usage: Usage, sunny: Sequence[Span]) -> Iterator[tuple[int, Holds]]:
    """The Wh of a usage by what holds. The pieces sum to its energy."""
    whole = Span(usage.started_at, usage.ended_at + timedelta.resolution)
    stretches = list(_stretches(model, whole, usage.time_zone, sunny))
    first = 0
    for segment in usage.segments:
        while stretches[first][0].end <= segment.start:
            first += 1
        yield from _cut(segment, stretches, first)


def _cut(
    segment: Segment, stretches: Sequence[tuple[Span, Holds]], first: int
) -> Iterator[tuple[int, Holds]]:
    if segment.start == segment.end:
        yield segment.energy_wh, stretches[first][1]
        return
    known, index = 0, first
    while known < segment.energy_wh:
        span, holds = stretches[index]
        until = segment.register(span.end)
        yield until - known, holds
        known, index = until, index + 1


def _stretches(
    model: CostModel, whole: Span, time_zone: str, sunny: Sequence[Span]
) -> Iterator[tuple[Span, Holds]]:
    """The whole, cut wherever something begins or ends to hold."""
    prices = [covered(price.windows, whole, time_zone) for _, price in model.purchases]
    shares = [(each.percent, covered(each.windows, whole, time_zone)) for each in model.solar]
    if model.is_solar_measured:
        measured = (part for span in sunny if (part := span.intersection(whole)) is not None)
        shares = [(Decimal(100), tuple(measured))]
    spans = [span for each in (*prices, *(spans for _, spans in shares)) for span in each]
    edges = {whole.start, whole.end}.union(*({span.start, span.end} for span in spans))
    for start, end in pairwise(sorted(edges)):
        holding = tuple(index for index, each in enumerate(prices) if _has(each, start))
        percent = sum((percent for percent, each in shares if _has(each, start)), Decimal(0))
        yield Span(start, end), Holds(holding, percent / 100)


def _has(spans: Sequence[Span], moment: datetime) -> bool:
    return any(span.contains(moment) for span in spans)


def _check_hours(model: CostModel) -> None:
    """At every hour energy has a price, and the sun gives no more than all."""
    for case in cases_of(model.solar, _NO_POWER):
        if sum(part.percent for part in model.solar if case.has(part)) > 100:
            raise ValueError("the solar shares that hold at once are 100 % at most")
    if any(at.from_date or at.to_date for price in model.grid for at in price.windows):
        return  # before and after its dates a contract may have had other prices
    for case in cases_of(model.grid, _NO_POWER):
        if not any(case.has(price) for price in model.grid):
            raise ValueError("your contract has a price at every hour of the week; free is '0'")


def _line(kind: str, quantity: Decimal, price: EnergyPrice, model: CostModel) -> CostLine:
    return _costline(kind, quantity, gross(price, model), model.currency, conditions(price))


def _costline(
    kind: str, quantity: Decimal, price: Decimal, currency: str, description: str
) -> CostLine:
    amount = minor(Fraction(quantity) * Fraction(price), currency)
    return CostLine(kind, quantity, EnergyPrice.unit, price, amount, description)


_MODEL = TypeAdapter(CostModel)
