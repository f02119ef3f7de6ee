"""Where a tariff brings its owner less for a kWh than it costs, and the price that would not. Pure.

Prices per kWh alone are judged: what a price per minute or per session adds depends on the car.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from chargehub.tariffs.components import EnergyPrice, TimePrice
from chargehub.tariffs.costs import CostModel, gross
from chargehub.tariffs.fields import MAX_DECIMALS, decimal_text
from chargehub.tariffs.pricing import Case, Tariff, cases_of
from chargehub.tariffs.windows import MAX_POWER_W, minute_of_week_text

Code = Literal["price_below_cost", "floor_below_cost"]
_WHOLE = 10_000  # basis points
_FINEST = Decimal("0.0001")  # of a price that is suggested
_SHOWN = Decimal(1).scaleb(-MAX_DECIMALS)


@dataclass(frozen=True, slots=True)
class BelowCost:
    """A price per kWh that leaves its owner less than the energy costs, in major units.

    `earned_per_kwh` is without the hub's fee, and the VAT where the hub owes it of the whole.
    `suggested_per_kwh` is the lowest that covers the cost; None: with such a fee none does.
    """

    code: Code
    detail: str
    price_per_kwh: Decimal
    earned_per_kwh: Decimal
    cost_per_kwh: Decimal
    suggested_per_kwh: Decimal | None


def below_cost(
    tariff: Tariff,
    model: CostModel,
    fee_basis_points: int,
    today: date,
    sale_vat_percent: Decimal = Decimal(0),
) -> tuple[BelowCost, ...]:
    """What of a tariff lies below the cost of its energy, from today on: a price, the floor, both.

    Of several hours below cost the one with the dearest energy is told, so that its suggestion
    would do for all. Where a price per minute holds too, nothing is judged, nor in other coins,
    nor a tariff without a price per kWh or with more cases than can be gone through.
    `sale_vat_percent`: the VAT that comes off before the fee, where the hub sells; else 0.
    """
    prices = [each for each in tariff.components if isinstance(each, EnergyPrice)]
    if model.currency != tariff.currency or not prices:
        return ()
    timed = [each for each in tariff.components if isinstance(each, TimePrice) and each.price]
    bought = [price for _, price in model.purchases]
    cases = _from(today, list(cases_of((*prices, *timed, *bought, *model.solar), MAX_POWER_W)))
    judged = [case for case in cases if not any(case.has(each) for each in timed)]
    share = Decimal(_WHOLE - fee_basis_points) / _WHOLE * 100 / (100 + sale_vat_percent)
    found = (
        _price(prices, model, share, judged),
        _floor(tariff, model, share, judged),
    )
    return tuple(each for each in found if each is not None)


def cost_per_kwh(model: CostModel, case: Case) -> Decimal:
    """What a kWh costs in a case. A measured sun is left aside: it may not shine."""
    share = sum((part.percent for part in model.solar if case.has(part)), Decimal(0)) / 100
    prices = [gross(price, model) for _, price in model.purchases if case.has(price)]
    return sum(prices, Decimal(0)) * (1 - share) + model.solar_per_kwh * share


def _price(
    prices: Sequence[EnergyPrice], model: CostModel, share: Decimal, cases: Sequence[Case]
) -> BelowCost | None:
    worst: BelowCost | None = None
    for case in cases:
        cost = cost_per_kwh(model, case)
        price = sum((each.price for each in prices if case.has(each)), Decimal(0))
        when = f"{minute_of_week_text(case.minute or 0)} by local time"
        found = _judge("price_below_cost", f"at {when}", price, cost, share)
        if found and (worst is None or cost > worst.cost_per_kwh):
            worst = found
    return worst


def _floor(
    tariff: Tariff, model: CostModel, share: Decimal, cases: Sequence[Case]
) -> BelowCost | None:
    if tariff.floor_per_kwh is None or not cases:
        return None
    dearest = max(cost_per_kwh(model, case) for case in cases)
    where = "when it costs you most"
    return _judge("floor_below_cost", where, tariff.floor_per_kwh, dearest, share)


def _judge(
    code: Code, when: str, price: Decimal, cost: Decimal, share: Decimal
) -> BelowCost | None:
    earned = price * share
    if earned >= cost:
        return None
    told = earned.quantize(_SHOWN, ROUND_FLOOR), cost.quantize(_SHOWN, ROUND_CEILING)
    suggested = None
    detail = (
        f"A kWh {when} brings you {decimal_text(told[0])} and costs you {decimal_text(told[1])}."
    )
    if share > 0:
        suggested = (cost / share).quantize(_FINEST, ROUND_CEILING)
        what = "a floor" if code == "floor_below_cost" else "a price per kWh"
        detail += f" From {what} of {decimal_text(suggested)} on it pays."
    return BelowCost(code, detail, price, *told, suggested)


def _from(today: date, cases: Sequence[Case]) -> Sequence[Case]:
    """In order; without what is over, and without the case in which all holds at once."""
    begun = max((case.day for case in cases if case.day <= today), default=today)
    kept = [case for case in cases if case.minute is not None and case.day >= begun]
    return sorted(kept, key=lambda case: (case.day, case.minute, case.power_w))
