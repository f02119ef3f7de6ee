"""A meter's word is money: what no car can take is kept, and billed to nobody."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from chargehub.sessions.cdr import MAX_ENERGY_WH, price_session
from chargehub.sessions.meter import Metered, Point
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TARIFF = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.45")),))
DRIVER = SimpleNamespace(verdict="accepted", driver_id="ada", is_free=False)


@pytest.mark.parametrize(
    ("energy_wh", "billed_wh", "cost_minor", "reason"),
    [
        (MAX_ENERGY_WH, MAX_ENERGY_WH, 450_000, None),
        (MAX_ENERGY_WH + 1, 0, 0, "absurd_register"),
        (2**31 - 1, 0, 0, "absurd_register"),  # would be 966,367.64 EUR, from one StopTransaction
    ],
)
def test_nobody_is_billed_for_what_no_car_can_take(
    energy_wh: int, billed_wh: int, cost_minor: int, reason: str | None
) -> None:
    end = START + timedelta(hours=1)
    metered = Metered((Point(START, 0), Point(end, energy_wh)), ())

    priced = price_session(DRIVER, metered, TARIFF, "Europe/Oslo")

    assert (priced.billed_wh, priced.cost_minor, priced.unbilled_reason) == (
        billed_wh,
        cost_minor,
        reason,
    )
    assert priced.billed_wh + priced.free_wh + priced.unbilled_wh == energy_wh
