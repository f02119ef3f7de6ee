"""A meter's word is money: what no car can take is kept, and billed to nobody."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.sessions.bound import Bound
from chargehub.sessions.cdr import MAX_ENERGY_WH, Limits, price_session
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


@pytest.mark.parametrize(
    ("minutes", "booked_minutes", "energy_wh", "billed_wh"),
    [
        (120, None, 27_500, 27_500),  # 11 kW and a quarter for what is not stated exactly
        (120, None, 27_501, 27_500),
        (3, None, 35_100, 1_145),  # as in five minutes
        (120, 120, 22_000, 22_000),  # a quote tells the most at 11 kW
        (120, 120, 27_000, 22_000),
        (120, 60, 27_000, 22_000),  # who stayed for longer took more
        (60, 120, 13_750, 13_750),
        (60, 120, 22_000, 13_750),
    ],
)
def test_nobody_is_billed_for_more_than_the_evse_gives(
    minutes: int, booked_minutes: int | None, energy_wh: int, billed_wh: int
) -> None:
    booked = None if booked_minutes is None else timedelta(minutes=booked_minutes)
    end = START + timedelta(minutes=minutes)
    metered = Metered((Point(START, 0), Point(end, energy_wh)), ())

    priced = price_session(DRIVER, metered, TARIFF, "UTC", Limits(0, Bound(11_000, booked)))

    beyond = energy_wh - billed_wh
    assert (priced.billed_wh, priced.unbilled_wh) == (billed_wh, beyond)
    assert priced.unbilled_reason == ("too_fast" if beyond else None)
    assert priced.cost_minor == (billed_wh * 45 + 500) // 1_000


@pytest.mark.parametrize(("booked", "billed_wh"), [(timedelta(hours=1), 11_000), (None, 95_000)])
def test_a_clock_that_tells_no_durations_leaves_the_slot(
    booked: timedelta | None, billed_wh: int
) -> None:
    """Else a station that is set wrong would bill what no quote told."""
    metered = Metered((Point(START, 0), Point(START + timedelta(days=300), 95_000)), ())
    bound = Bound(11_000, booked, is_timed=False)

    priced = price_session(DRIVER, metered, TARIFF, "UTC", Limits(0, bound))

    assert (priced.billed_wh, priced.unbilled_wh) == (billed_wh, 95_000 - billed_wh)


STEPS = st.lists(st.tuples(st.integers(0, 7_200), st.integers(0, 60_000)), min_size=1, max_size=12)


@given(STEPS, st.integers(1, 400_000), st.integers(0, 20_000), st.none() | st.integers(60, 90_000))
def test_never_is_more_billed_than_power_and_time_allow(
    steps: list[tuple[int, int]], power_w: int, allowance_wh: int, booked_s: int | None
) -> None:
    """Whatever a meter says, and when: 25 percent above the EVSE's power, or what a quote told."""
    seconds = list(accumulate((step for step, _ in steps), initial=0))
    registers = list(accumulate((energy for _, energy in steps), initial=1_000))
    told = zip(seconds, registers, strict=True)
    metered = Metered(tuple(Point(START + timedelta(seconds=s), r) for s, r in told), ())
    booked = None if booked_s is None else timedelta(seconds=booked_s)
    bound = Bound(power_w, booked)

    priced = price_session(DRIVER, metered, TARIFF, "UTC", Limits(allowance_wh, bound))

    taken_wh = priced.billed_wh + priced.free_wh
    took_s = max(seconds[-1], 300)
    assert taken_wh * 360_000 <= power_w * 125 * took_s
    if booked_s is not None:
        assert taken_wh * 3_600 <= power_w * max(took_s, booked_s)
    assert taken_wh + priced.unbilled_wh == metered.energy_wh
    cut = bound.cut(metered).points
    assert all(before.register_wh <= after.register_wh for before, after in pairwise(cut))
    assert [point.at for point in cut] == [point.at for point in metered.points]
