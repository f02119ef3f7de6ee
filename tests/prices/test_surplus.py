"""What the readings of a grid connection come to, in any order, and when they are not believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.prices.surplus import AHEAD, LASTS, Measured, doubt, measured
from chargehub.stations.gridmeter import GridReading

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOTHING = Measured()


def power(minute: int, export_w: int) -> GridReading:
    return GridReading(NOON + minute * MINUTE, export_w)


def energy(minute: int, exported_wh: int) -> GridReading:
    return GridReading(NOON + minute * MINUTE, None, exported_wh)


def test_the_newest_power_counts_also_where_the_site_takes() -> None:
    found = measured(NOTHING, [power(2, -500), power(0, 3_000)], NOON + 5 * MINUTE)

    assert (found.export_w, found.measured_at) == (-500, NOON + 2 * MINUTE)
    assert measured(found, [power(1, 9_000), power(2, 9_000)], NOON + 5 * MINUTE) == found


def test_between_two_registers_lies_the_mean_power() -> None:
    """250 Wh in a quarter of an hour are 1,000 W."""
    first = measured(NOTHING, [energy(0, 70_000)], NOON)
    assert first.export_w is None

    found = measured(first, [energy(15, 70_250)], NOON + 15 * MINUTE)

    assert (found.export_w, found.measured_at) == (1_000, NOON + 15 * MINUTE)
    still = measured(found, [energy(30, 70_250)], NOON + 30 * MINUTE)
    assert still.export_w == 0


def test_a_register_that_falls_or_was_silent_for_long_says_nothing_yet() -> None:
    first = measured(NOTHING, [energy(0, 70_000)], NOON)

    fallen = measured(first, [energy(15, 10)], NOON + 15 * MINUTE)
    silent = measured(first, [energy(31, 99_000)], NOON + 31 * MINUTE)

    assert (fallen.export_w, fallen.register_wh) == (None, 10)
    assert (silent.export_w, silent.register_wh) == (None, 99_000)


def test_registers_that_follow_at_once_wait_for_the_next() -> None:
    """A Wh more or less would be a kilowatt."""
    first = measured(NOTHING, [energy(0, 70_000)], NOON)
    soon = GridReading(NOON + timedelta(seconds=4), None, 70_001)

    assert measured(first, [soon], NOON + MINUTE) == first
    assert measured(first, [soon, energy(1, 70_010)], NOON + MINUTE).export_w == 600


def test_a_power_beside_a_register_goes_first() -> None:
    first = measured(NOTHING, [GridReading(NOON, 800, 70_000)], NOON)
    found = measured(first, [GridReading(NOON + MINUTE, 900, 70_500)], NOON + MINUTE)

    assert (found.export_w, found.register_wh) == (900, 70_500)


@pytest.mark.parametrize("at", [NOON - LASTS, NOON + AHEAD + timedelta(seconds=1)])
def test_what_is_old_or_yet_to_come_changes_nothing(at: datetime) -> None:
    """A queue that comes late is no sun of now, nor is a clock that runs ahead."""
    assert measured(NOTHING, [GridReading(at, 3_000, 1)], NOON) == NOTHING


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.none() | st.integers(-9_000, 9_000),
            st.none() | st.integers(0, 9_000),
        ).filter(lambda each: each[1:] != (None, None)),
        unique_by=lambda each: each[0],
        max_size=8,
    )
)
def test_readings_come_to_the_same_in_one_report_or_several(
    told: list[tuple[int, int | None, int | None]],
) -> None:
    now = NOON + 20 * MINUTE
    readings = [GridReading(NOON + at * MINUTE, *values) for at, *values in told]
    one_by_one = NOTHING
    for reading in sorted(readings, key=lambda each: each.at):
        one_by_one = measured(one_by_one, [reading], now)
        one_by_one = measured(one_by_one, [reading], now)  # and twice is once

    assert measured(NOTHING, readings, now) == one_by_one


@pytest.mark.parametrize(
    ("export_w", "age", "may_shine", "why"),
    [
        (3_000, 1, True, None),
        (8_000, 1, True, None),
        (8_001, 1, True, "above_installed"),
        (1, 1, False, "night"),
        (0, 1, False, None),
        (-2_000, 1, False, None),
        (3_000, 30, True, "old"),
    ],
)
def test_when_a_meter_is_not_believed(
    export_w: int, age: int, may_shine: bool, why: str | None
) -> None:
    found = Measured(export_w, NOON - age * MINUTE)

    assert doubt(found, 8_000, may_shine, NOON) == why


def test_a_meter_that_never_spoke_is_old() -> None:
    assert doubt(NOTHING, 8_000, True, NOON) == "old"
