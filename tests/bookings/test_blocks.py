"""When a block keeps an EVSE: by the wall clock of the place, through every change of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings import blocks
from chargehub.bookings.blocks import (
    BadBlock,
    Kept,
    Kind,
    NeedOnce,
    NeedWeekly,
    Once,
    Times,
    Weekly,
    keeps_out,
)
from chargehub.listings.rules import Window
from chargehub.units import Span

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe")
CHANGES = {  # a day of each zone on which its clock is moved, in spring and in autumn
    "Europe/Oslo": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
}
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)

zones = st.sampled_from(ZONES)
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
minutes = st.integers(0, 1439)
windows = st.builds(Window, weekdays, minutes, st.integers(1, 1440)).filter(
    lambda window: window.start != window.until
)


@st.composite
def days(draw: st.DrawFn, zone: str) -> Span:
    """Two days around a change of the zone's clock."""
    day = draw(st.sampled_from(CHANGES[zone])) - DAY
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    start += draw(st.integers(0, 1439)) * MINUTE
    return Span(start, start + 2 * DAY)


@given(st.data(), zones, windows)
def test_a_weekly_block_is_what_the_clock_on_the_wall_says(
    data: st.DataObject, zone: str, window: Window
) -> None:
    """Of every minute; in the hour that comes twice both count, the missing one is nothing."""
    during = data.draw(days(zone))

    found = blocks.spans(Weekly(window), zone, 11_000, during)

    for step in range(0, during.duration // MINUTE, 7):
        at = during.start + step * MINUTE
        local = at.astimezone(ZoneInfo(zone))
        is_meant = window.contains(local.weekday(), local.hour * 60 + local.minute)
        assert any(span.contains(at) for span in found) == is_meant, at


@given(st.data(), zones, weekdays, minutes, st.integers(1, 200_000))
def test_the_own_car_is_ready_when_the_clock_on_the_wall_says_so(
    data: st.DataObject, zone: str, on: frozenset[int], minute: int, energy_wh: int
) -> None:
    """It has the time its need takes in real hours, however the clock is moved meanwhile."""
    during = data.draw(days(zone))
    lasts = blocks.charging_time(energy_wh, 11_000)

    found = blocks.spans(NeedWeekly(energy_wh, on, minute), zone, 11_000, during)

    for span in found:
        assert during.start <= span.start < span.end <= during.end
        if during.start < span.start and span.end < during.end:
            assert span.duration >= lasts  # two needs that meet are one time
    for day in (during.start + step * DAY for step in range(4)):
        local = day.astimezone(ZoneInfo(zone)).date()
        if local.weekday() not in on:
            continue
        wall = datetime(
            local.year, local.month, local.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone)
        )
        ready_by = min(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        need = Span(ready_by - lasts, ready_by).intersection(during)
        assert need is None or any(
            span.start <= need.start and need.end <= span.end for span in found
        )


def test_a_need_in_the_night_of_a_change_takes_its_real_hours() -> None:
    """22 kWh at 11 kW are two hours: from 05:00, 04:00 or 06:00 of the clock that is moved at 3."""
    need = NeedWeekly(33_000, frozenset(range(7)), 4 * 60)
    starts = [
        span.start.astimezone(ZoneInfo("Europe/Oslo")).strftime("%d %H:%M")
        for day in CHANGES["Europe/Oslo"]
        for span in blocks.spans(
            need,
            "Europe/Oslo",
            11_000,
            Span(
                datetime(day.year, day.month, day.day, tzinfo=UTC) - 3 * HOUR,
                datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            ),
        )
    ]

    assert starts == ["29 00:00", "25 02:00"]


@pytest.mark.parametrize(
    ("energy_wh", "power_w", "lasts"),
    [(22_000, 11_000, 120), (1, 11_000, 1), (11_001, 11_000, 61), (50_000, 3_700, 811)],
)
def test_a_need_takes_whole_minutes(energy_wh: int, power_w: int, lasts: int) -> None:
    assert blocks.charging_time(energy_wh, power_w) == lasts * MINUTE


@pytest.mark.parametrize(("kind", "is_out"), [("blackout", False), ("own_car", True)])
def test_only_the_own_car_wants_the_one_before_gone_in_time(kind: Kind, is_out: bool) -> None:
    kept = Kept(Span(NOW + HOUR, NOW + 2 * HOUR), kind, "b")

    assert keeps_out(kept, Span(NOW, NOW + HOUR), 10 * MINUTE) == is_out
    assert keeps_out(kept, Span(NOW, NOW + HOUR + MINUTE), timedelta())
    assert not keeps_out(kept, Span(NOW + 2 * HOUR, NOW + 3 * HOUR), 10 * MINUTE)


@pytest.mark.parametrize(
    "times",
    [
        Once(NOW, NOW + DAY),
        Weekly(Window(frozenset({0, 6}), 22 * 60, 7 * 60)),
        NeedOnce(22_000, NOW + DAY),
        NeedWeekly(22_000, frozenset({0, 4}), 7 * 60),
    ],
)
def test_what_is_written_is_read_again(times: Times) -> None:
    assert blocks.read_times(blocks.write_times(times)) == times


@pytest.mark.parametrize(
    ("kind", "times", "power_w", "why"),
    [
        ("blackout", Once(NOW - DAY, NOW), 11_000, "over already"),
        ("blackout", Once(NOW + DAY, NOW + HOUR), 11_000, "must end after"),
        ("blackout", Once(NOW, NOW + 367 * DAY), 11_000, "366 days"),
        ("blackout", NeedOnce(1_000, NOW + DAY), 11_000, "Only the own car"),
        ("own_car", NeedOnce(1_000, NOW), 11_000, "over already"),
        ("own_car", NeedWeekly(300_000, frozenset({0}), 0), 11_000, "more than a day"),
        ("own_car", NeedWeekly(1_000, frozenset({0}), 0), 0, "power is not known"),
    ],
)
def test_what_cannot_be_meant_is_refused(kind: Kind, times: Times, power_w: int, why: str) -> None:
    with pytest.raises(BadBlock, match=why):
        blocks.check(kind, times, [power_w], NOW)
