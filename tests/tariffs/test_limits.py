"""The most that a usage can cost is a promise: no bill passes it."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given

from chargehub.tariffs.components import EnergyPrice, FlatPrice, IdlePrice, TimePrice, Usage
from chargehub.tariffs.limits import most
from chargehub.tariffs.pricing import Tariff, price
from tests.tariffs.strategies import tariffs, usages

HOUR = timedelta(hours=1)
POWER_W = 22_000


def highest_power(usage: Usage) -> int:
    """W, rounded up, of the segment that charged fastest; 0 where energy came in no time."""
    found = 0
    for part in usage.segments:
        microseconds = (part.end - part.start) // timedelta.resolution
        if microseconds:
            found = max(found, -(-part.energy_wh * 3_600_000_000 // microseconds))
    return found


@given(tariffs(), usages())
def test_no_bill_is_higher_than_the_most(tariff: Tariff, usage: Usage) -> None:
    parked = usage.ended_at - usage.started_at
    power_w = max(highest_power(usage), 1)

    assert price(tariff, usage).total_minor <= most(tariff, usage.energy_wh, parked, power_w)


def of(*components: EnergyPrice | TimePrice | IdlePrice | FlatPrice, **limits: Decimal) -> Tariff:
    return Tariff("Home", "EUR", Decimal(19), components, **limits)


def test_what_can_be_said_exactly_is_said_exactly() -> None:
    energy = EnergyPrice(Decimal("0.45"))
    flat, idle = FlatPrice(Decimal("0.50")), IdlePrice(Decimal("0.10"))
    time = TimePrice(Decimal("0.02"))

    assert most(of(energy), 22_000, HOUR, POWER_W) == 990
    assert most(of(energy, flat), 22_000, HOUR, POWER_W) == 1_040
    assert most(of(energy, idle), 22_000, HOUR, POWER_W) == 1_590
    # Charging and idle may both begin the minute in which the car is full.
    assert most(of(energy, time, idle), 22_000, HOUR, POWER_W) == 990 + 611


def test_the_limits_of_a_session_limit_the_most() -> None:
    energy = EnergyPrice(Decimal("0.45"))

    assert most(of(energy, maximum=Decimal(5)), 22_000, HOUR, POWER_W) == 500
    assert most(of(energy, minimum=Decimal(12)), 22_000, HOUR, POWER_W) == 1_200
    assert most(of(), 22_000, HOUR, POWER_W) == 0
