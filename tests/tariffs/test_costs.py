"""What a session's energy cost its owner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.components import EnergyPrice, Segment, Usage
from chargehub.tariffs.costs import CostModel, energy_cost
from chargehub.tariffs.windows import Window
from tests.tariffs.strategies import usages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # 13:00 in Oslo
DAY, NIGHT = Window(7 * 60, 14 * 60), Window(14 * 60, 7 * 60)
CONTRACT = CostModel(
    "EUR",
    (EnergyPrice(Decimal("0.30"), (DAY,)), EnergyPrice(Decimal("0.20"), (NIGHT,))),
    Decimal(25),
    Decimal("0.08"),
)
TEN_KWH = Usage("Europe/Oslo", (Segment(NOON, NOON + timedelta(hours=2), 10_000, "charging"),))


def test_a_contract_by_hours_and_a_roof() -> None:
    """5 kWh by day, 5 by night; a quarter of each is from the roof, at the price of feeding in."""
    cost = energy_cost(CONTRACT, TEN_KWH)

    assert [(line.kind, line.quantity, line.amount_minor) for line in cost.lines] == [
        ("grid", Decimal("3.75"), 113),
        ("grid", Decimal("3.75"), 75),
        ("solar", Decimal("2.5"), 20),
    ]
    assert cost.total_minor == 208


def test_energy_that_is_free_for_the_driver_costs_the_owner() -> None:
    assert energy_cost(CONTRACT, replace(TEN_KWH, free_wh=10_000)).total_minor == 208


@given(usages(has_free=True), st.integers(0, 100))
def test_grid_and_roof_are_all_of_the_energy(usage: Usage, percent: int) -> None:
    model = CostModel("EUR", (EnergyPrice(Decimal("0.3")),), Decimal(percent), Decimal("0.1"))

    cost = energy_cost(model, usage)

    assert sum(line.quantity for line in cost.lines) * 1000 == usage.energy_wh
    assert sum(line.amount_minor for line in cost.lines) == cost.total_minor


def test_costs_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(ValueError, match="100 % at most"):
        replace(CONTRACT, solar_percent=Decimal(101))
    with pytest.raises(ValueError, match="ISO 4217"):
        replace(CONTRACT, currency="CHG")
