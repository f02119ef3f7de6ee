"""How much of a usage each component bills."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.components import (
    COMPONENTS,
    EnergyPrice,
    FlatPrice,
    IdlePrice,
    Segment,
    TimePrice,
    Usage,
)
from chargehub.tariffs.windows import WEEKDAYS, Window
from tests.tariffs.strategies import usages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday, 13:00 in Oslo
PRICE = Decimal("0.45")
MINUTE = timedelta(minutes=1)


def usage(*segments: tuple[float, float, int, str], zone: str = "Europe/Oslo") -> Usage:
    """Segments as (start, end, Wh, state), in minutes after noon."""
    return Usage(
        zone,
        tuple(
            Segment(NOON + start * MINUTE, NOON + end * MINUTE, wh, state)  # type: ignore[arg-type]
            for start, end, wh, state in segments
        ),
    )


@st.composite
def days_cut(draw: st.DrawFn) -> tuple[Window, ...]:
    """Windows that share out the whole week."""
    cuts = sorted({0, 1440, *draw(st.sets(st.integers(1, 1439), max_size=6))})
    first = draw(st.integers(0, 6))
    weekdays = (tuple(range(first)), tuple(range(first, 7)))
    return tuple(
        Window(start, end, days) for days in weekdays if days for start, end in pairwise(cuts)
    )


@given(usages(), days_cut())
def test_energy_shared_out_over_windows_sums_to_what_was_metered(
    usage: Usage, windows: tuple[Window, ...]
) -> None:
    """Also in the missing and in the doubled hour, and whatever the cuts."""
    pieces = [EnergyPrice(PRICE, (window,)).quantity(usage) for window in windows]

    assert sum(pieces) * 1000 == usage.energy_wh


@given(usages(), days_cut())
def test_windows_of_the_whole_week_are_as_none(usage: Usage, windows: tuple[Window, ...]) -> None:
    for always, limited in (
        (EnergyPrice(PRICE), EnergyPrice(PRICE, windows)),
        (TimePrice(PRICE), TimePrice(PRICE, windows)),
        (IdlePrice(PRICE), IdlePrice(PRICE, windows=windows)),
        (FlatPrice(PRICE), FlatPrice(PRICE, windows)),
    ):
        assert always.quantity(usage) == limited.quantity(usage)


@given(usages())
def test_charging_and_idle_minutes_are_the_time_of_the_session(usage: Usage) -> None:
    """Each is started minutes, so together they are at most two minutes longer."""
    billed = int(TimePrice(PRICE).quantity(usage) + IdlePrice(PRICE).quantity(usage))

    lasted = usage.ended_at - usage.started_at
    assert lasted <= billed * MINUTE < lasted + 2 * MINUTE


@given(usages(has_free=True), days_cut())
def test_free_energy_is_the_first_and_of_no_window_twice(
    usage: Usage, windows: tuple[Window, ...]
) -> None:
    pieces = [EnergyPrice(PRICE, (window,)).quantity(usage) for window in windows]

    assert EnergyPrice(PRICE).quantity(usage) * 1000 == usage.energy_wh - usage.free_wh
    assert sum(pieces) * 1000 == usage.energy_wh - usage.free_wh


def test_the_first_energy_is_free_by_the_clock() -> None:
    """4 kWh in 4 hours from 13:00 in Oslo, 1.5 of them free: 14:30 to 15:00 is half a kWh."""
    charged = replace(usage((0, 240, 4000, "charging")), free_wh=1500)

    assert EnergyPrice(PRICE, (Window(0, 15 * 60),)).quantity(charged) == Decimal("0.500")
    assert EnergyPrice(PRICE, (Window(15 * 60, 1440),)).quantity(charged) == Decimal("2.000")
    assert TimePrice(PRICE).quantity(charged) == 240


def test_no_more_is_free_than_was_taken() -> None:
    with pytest.raises(ValueError, match="a part of what was taken"):
        replace(usage((0, 240, 4000, "charging")), free_wh=4001)


def test_energy_is_spread_evenly_over_its_segment() -> None:
    charged = usage((0, 60, 1000, "charging"))
    until_quarter_past = Window(0, 13 * 60 + 15)  # by the clock in Oslo

    assert EnergyPrice(PRICE, (until_quarter_past,)).quantity(charged) == Decimal("0.250")


def test_energy_in_the_doubled_hour_counts_in_both_of_them() -> None:
    start = datetime(2026, 10, 24, 23, tzinfo=UTC)  # 01:00 in Oslo, in summer time
    segments = (Segment(start, start + timedelta(hours=4), 4000, "charging"),)
    two_to_three = EnergyPrice(PRICE, (Window(120, 180),))

    assert two_to_three.quantity(Usage("Europe/Oslo", segments)) == Decimal("2.000")


def test_energy_in_the_missing_hour_is_none() -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Oslo
    segments = (Segment(start, start + timedelta(hours=4), 4000, "charging"),)
    two_to_three = EnergyPrice(PRICE, (Window(120, 180),))

    assert two_to_three.quantity(Usage("Europe/Oslo", segments)) == 0


def test_energy_of_a_session_of_no_length_belongs_to_its_instant() -> None:
    """Real recordings have sessions that start and end in the same minute."""
    flash = usage((0, 0, 500, "charging"))

    assert EnergyPrice(PRICE).quantity(flash) == Decimal("0.500")
    assert EnergyPrice(PRICE, (Window(13 * 60, 14 * 60),)).quantity(flash) == Decimal("0.500")
    assert EnergyPrice(PRICE, (Window(12 * 60, 13 * 60),)).quantity(flash) == 0


@pytest.mark.parametrize(
    ("minutes", "billed"), [(0, 0), (0.001, 1), (1, 1), (59.99, 60), (60, 60), (60.01, 61)]
)
def test_a_started_minute_of_charging_is_a_whole_one(minutes: float, billed: int) -> None:
    assert TimePrice(PRICE).quantity(usage((0, minutes, 100, "charging"))) == billed


def test_minutes_are_counted_over_the_session_not_by_segment() -> None:
    """A reading every ten seconds must not make a minute of each."""
    segments = [(step / 6, (step + 1) / 6, 30, "charging") for step in range(60)]

    assert TimePrice(PRICE).quantity(usage(*segments)) == 10


@pytest.mark.parametrize(("grace_min", "billed"), [(0, 45), (15, 30), (30, 15), (45, 0), (60, 0)])
def test_idle_time_costs_past_the_grace(grace_min: int, billed: int) -> None:
    stayed = usage((0, 60, 5000, "charging"), (60, 105, 0, "idle"))

    assert IdlePrice(PRICE, grace_min * MINUTE).quantity(stayed) == billed


def test_grace_is_the_first_idle_time_of_the_session() -> None:
    stayed = usage((0, 10, 0, "idle"), (10, 60, 5000, "charging"), (60, 80, 0, "idle"))

    assert IdlePrice(PRICE, 15 * MINUTE).quantity(stayed) == 15
    assert TimePrice(PRICE).quantity(stayed) == 50


def test_idle_time_at_night_is_free_if_only_the_day_has_a_price() -> None:
    evening = usage((8 * 60, 10 * 60, 5000, "charging"), (10 * 60, 20 * 60, 0, "idle"))
    by_day = IdlePrice(PRICE, windows=(Window(7 * 60, 23 * 60 + 30),))

    # Noon is 13:00 in Oslo: idle from 23:00 to 09:00, of which 23:00-23:30 and 07:00-09:00.
    assert by_day.quantity(evening) == 30 + 120


def test_a_flat_price_holds_if_the_session_starts_in_its_window() -> None:
    session = usage((0, 600, 5000, "charging"))
    from_one = Window(13 * 60, 14 * 60)
    from_two = Window(14 * 60, 15 * 60, WEEKDAYS)

    assert FlatPrice(PRICE, (from_one,)).quantity(session) == 1
    assert FlatPrice(PRICE, (from_two,)).quantity(session) == 0


def test_kinds_are_those_of_the_classes() -> None:
    assert [component(PRICE).kind for component in COMPONENTS] == ["energy", "time", "idle", "flat"]


@pytest.mark.parametrize(
    "price",
    ["-0.01", "-0", "NaN", "Infinity", "sNaN", "0.0000001", "1E+999999", "1E-999999", "1000000000"],
)
@pytest.mark.parametrize("component", COMPONENTS)
def test_an_impossible_price_is_refused(component: type[EnergyPrice], price: str) -> None:
    with pytest.raises(ValueError, match="a price is"):
        component(Decimal(price))


def test_too_many_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 50 windows"):
        EnergyPrice(PRICE, tuple(Window(minute, minute + 1) for minute in range(51)))


@pytest.mark.parametrize("grace", [-1, 86_401, 0.5])
def test_an_impossible_grace_is_refused(grace: float) -> None:
    with pytest.raises(ValueError, match="grace is whole seconds, up to a day"):
        IdlePrice(PRICE, timedelta(seconds=grace))


def test_a_segment_goes_forwards() -> None:
    with pytest.raises(ValueError, match="goes forwards"):
        Segment(NOON, NOON - MINUTE, 0, "idle")
    with pytest.raises(ValueError, match="goes forwards"):
        Segment(NOON, NOON + MINUTE, -1, "charging")


def test_segments_follow_one_another() -> None:
    with pytest.raises(ValueError, match="segments overlap"):
        usage((0, 10, 5, "charging"), (9, 20, 5, "charging"))
    with pytest.raises(ValueError, match="at least one segment"):
        usage()


def test_a_usage_knows_its_whole() -> None:
    session = usage((0, 10, 5, "charging"), (12, 20, 7, "charging"), (20, 30, 0, "idle"))

    assert (session.started_at, session.ended_at) == (NOON, NOON + 30 * MINUTE)
    assert session.energy_wh == 12
