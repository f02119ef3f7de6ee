"""What energy costs its owner: the own contract by hours, and the share of the own roof. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from chargehub.tariffs.components import EnergyPrice, Usage
from chargehub.tariffs.fields import check_decimal
from chargehub.tariffs.pricing import CostLine
from chargehub.units import CURRENCIES, kwh, minor


@dataclass(frozen=True, slots=True)
class CostModel:
    """An owner's cost of a kWh, in major units, with the VAT that the owner cannot reclaim.

    `grid` are the prices of the contract, which add up where their windows overlap. `solar_percent`
    of all energy comes from the own roof and costs `solar_per_kwh`: what feeding it in would have
    brought. Raises ValueError for what cannot be meant.
    """

    currency: str
    grid: tuple[EnergyPrice, ...]
    solar_percent: Decimal = Decimal(0)
    solar_per_kwh: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError("give a currency by its ISO 4217 code, like EUR")
        check_decimal(self.solar_percent)
        check_decimal(self.solar_per_kwh)
        if self.solar_percent > 100:
            raise ValueError("the solar share is 100 % at most")


@dataclass(frozen=True, slots=True)
class EnergyCost:
    """What a usage cost its owner: the lines sum to the total."""

    lines: tuple[CostLine, ...]
    total_minor: int


def energy_cost(model: CostModel, usage: Usage) -> EnergyCost:
    """The owner's cost of a usage; each line rounded half up once. What is free costs as well."""
    whole = Usage(usage.time_zone, usage.segments)
    share = model.solar_percent.scaleb(-2)
    lines = [
        _line("grid", price.quantity(whole) * (1 - share), price.per_kwh, model.currency)
        for price in model.grid
    ]
    solar_kwh = kwh(usage.energy_wh) * share
    lines.append(_line("solar", solar_kwh, model.solar_per_kwh, model.currency))
    kept = tuple(line for line in lines if line.quantity)
    return EnergyCost(kept, sum(line.amount_minor for line in kept))


def _line(kind: str, quantity: Decimal, price: Decimal, currency: str) -> CostLine:
    amount = minor(Fraction(quantity) * Fraction(price), currency)
    return CostLine(kind, quantity, EnergyPrice.unit, price, amount)
