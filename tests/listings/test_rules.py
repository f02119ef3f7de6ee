"""Opening hours are what the clock on the wall says, also when the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargehub.listings.rules import (
    BadHours,
    Hours,
    Window,
    is_open,
    is_open_between,
    open_spans,
    read_hours,
    write_hours,
)
from chargehub.units import Span

OSLO, NEW_YORK = "Europe/Oslo", "America/New_York"
ZONES = (OSLO, NEW_YORK, "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Kolkata")
EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
# Around these dates of 2026 one of the zones above changes its clocks.
CHANGES = (
    *("2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-09-06"),
    *("2026-10-04", "2026-10-25", "2026-10-29", "2026-11-01"),
)

windows = st.builds(
    Window,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.integers(0, 47).map(lambda half_hours: half_hours * 30),
    until=st.integers(0, 48).map(lambda half_hours: half_hours * 30),
).filter(lambda window: window.start != window.until)
all_hours = st.lists(windows, min_size=1, max_size=4).map(lambda some: Hours(tuple(some)))
moments = st.builds(
    lambda day, minutes: datetime.fromisoformat(f"{day}T00:00Z") + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-2_000, 3_000),
)


def hours(*windows: tuple[str, str], weekdays: list[int] = EVERY_DAY) -> Hours:
    return read_hours([{"weekdays": weekdays, "from": a, "to": b} for a, b in windows])


def local(zone: str, text: str, fold: int = 0) -> datetime:
    """The instant at which the wall in the zone shows this; `fold` 1: the second time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T06:59:59", False),
        ("2026-03-02T07:00", True),
        ("2026-03-02T21:59:59", True),
        ("2026-03-02T22:00", False),
    ],
)
def test_a_window_contains_its_start_and_not_its_end(at: str, expected: bool) -> None:
    by_day = hours(("07:00", "22:00"))

    found = is_open(by_day, OSLO, local(OSLO, at))

    assert found is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-06T21:59", False),  # Friday
        ("2026-03-06T22:00", True),
        ("2026-03-07T05:59", True),  # Saturday morning belongs to Friday's window
        ("2026-03-07T06:00", False),
        ("2026-03-07T22:00", False),
        ("2026-03-06T03:00", False),  # Friday morning would be Thursday's
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_began(at: str, expected: bool) -> None:
    friday_night = hours(("22:00", "06:00"), weekdays=[4])

    found = is_open(friday_night, NEW_YORK, local(NEW_YORK, at))

    assert found is expected


def test_the_time_zone_of_the_location_counts() -> None:
    by_day = hours(("07:00", "22:00"))
    at = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)

    assert is_open(by_day, OSLO, at)
    assert not is_open(by_day, NEW_YORK, at)


def test_around_the_clock_is_always_open() -> None:
    always = read_hours("24/7")
    start = local(OSLO, "2026-03-28T00:00")

    assert is_open_between(always, OSLO, start, start + timedelta(days=4_000))


def test_a_slot_may_end_when_the_window_ends() -> None:
    by_day = hours(("07:00", "22:00"))
    closing = local(OSLO, "2026-03-02T22:00")

    assert is_open_between(by_day, OSLO, closing - timedelta(hours=2), closing)
    assert not is_open_between(
        by_day, OSLO, closing - timedelta(hours=2), closing + timedelta(microseconds=1)
    )


def test_windows_that_touch_make_one() -> None:
    round_the_clock = hours(("00:00", "08:00"), ("08:00", "24:00"))
    start = local(OSLO, "2026-03-02T05:00")

    assert is_open_between(round_the_clock, OSLO, start, start + timedelta(days=300))


def test_a_night_in_spring_is_an_hour_shorter() -> None:
    """Oslo goes from 02:00 to 03:00 on 2026-03-29: 22:00 to 06:00 lasts seven hours."""
    night = hours(("22:00", "06:00"))
    start = local(OSLO, "2026-03-28T22:00")

    assert is_open_between(night, OSLO, start, start + timedelta(hours=7))
    assert not is_open_between(night, OSLO, start, start + timedelta(hours=7, seconds=1))


def test_a_night_in_autumn_is_an_hour_longer() -> None:
    """New York goes from 02:00 back to 01:00 on 2026-11-01: 22:00 to 06:00 lasts nine hours."""
    night = hours(("22:00", "06:00"))
    start = local(NEW_YORK, "2026-10-31T22:00")

    assert is_open_between(night, NEW_YORK, start, start + timedelta(hours=9))
    assert not is_open_between(night, NEW_YORK, start, start + timedelta(hours=9, seconds=1))


def test_a_window_inside_the_missing_hour_does_not_open() -> None:
    short = hours(("02:00", "03:00"))
    before = local(OSLO, "2026-03-29T01:59")

    assert not is_open(short, OSLO, before + timedelta(minutes=1))
    assert is_open(short, OSLO, local(OSLO, "2026-03-28T02:00"))


def test_a_window_inside_the_doubled_hour_opens_twice() -> None:
    short = hours(("02:00", "02:30"))
    first, second = (local(OSLO, "2026-10-25T02:00", fold=fold) for fold in (0, 1))

    assert second - first == timedelta(hours=1)
    assert is_open_between(short, OSLO, first, first + timedelta(minutes=30))
    assert is_open_between(short, OSLO, second, second + timedelta(minutes=30))
    assert not is_open_between(short, OSLO, first, second)


def test_closing_hidden_by_the_missing_hour_does_not_close() -> None:
    """Closed only from 02:00 to 03:00: in the night that has no such hour, open throughout."""
    nearly_always = hours(("03:00", "24:00"), ("00:00", "02:00"))
    start = local(OSLO, "2026-03-28T12:00")

    assert is_open_between(nearly_always, OSLO, start, start + timedelta(hours=24))
    assert not is_open_between(nearly_always, OSLO, start, start + timedelta(hours=48))


@settings(max_examples=300)
@given(
    hours=all_hours,
    zone=st.sampled_from(ZONES),
    start=moments,
    length=st.integers(1, 3_000),
)
def test_open_between_means_open_at_every_minute(
    hours: Hours, zone: str, start: datetime, length: int
) -> None:
    """The windows here begin and end on whole minutes, as do all zones' changes of the clock."""
    end = start + timedelta(minutes=length)

    found = is_open_between(hours, zone, start, end)

    every = (start + timedelta(minutes=passed) for passed in range(length))
    assert found == all(is_open(hours, zone, moment) for moment in every)


@given(hours=all_hours, zone=st.sampled_from(ZONES), start=moments, parts=st.integers(1, 2_000))
def test_two_open_times_that_touch_are_one(
    hours: Hours, zone: str, start: datetime, parts: int
) -> None:
    middle = start + timedelta(minutes=parts / 2)
    end = middle + timedelta(minutes=parts)

    halves = [
        is_open_between(hours, zone, start, middle),
        is_open_between(hours, zone, middle, end),
    ]

    assert is_open_between(hours, zone, start, end) == all(halves)


@given(hours=all_hours)
def test_what_is_written_is_read_again(hours: Hours) -> None:
    assert read_hours(write_hours(hours)) == hours
    assert read_hours(write_hours(Hours())) == Hours()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("always", "Opening hours are"),
        ([], "Opening hours are"),
        ([{"weekdays": [0], "from": "07:00", "to": "22:00"}] * 51, "1 to 50 windows"),
        ([{"weekdays": [0], "from": "07:00"}], "nothing else"),
        ([{"weekdays": [], "from": "07:00", "to": "22:00"}], "Weekdays are numbers"),
        ([{"weekdays": [7], "from": "07:00", "to": "22:00"}], "Weekdays are numbers"),
        ([{"weekdays": [1, 1], "from": "07:00", "to": "22:00"}], "each once"),
        ([{"weekdays": [True], "from": "07:00", "to": "22:00"}], "Weekdays are numbers"),
        ([{"weekdays": [0], "from": "7:00", "to": "22:00"}], "no time of day"),
        ([{"weekdays": [0], "from": "07:60", "to": "22:00"}], "no time of day"),
        ([{"weekdays": [0], "from": "07:00", "to": "24:01"}], "no time of day"),
        ([{"weekdays": [0], "from": 7, "to": "22:00"}], "no time of day"),
        ([{"weekdays": [0], "from": "24:00", "to": "06:00"}], "some length"),
        ([{"weekdays": [0], "from": "07:00", "to": "07:00"}], "some length"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(given: object, sentence: str) -> None:
    with pytest.raises(BadHours, match=sentence):
        read_hours(given)


@settings(max_examples=60)
@given(hours=all_hours, zone=st.sampled_from(ZONES), start=moments, length=st.integers(0, 3_000))
def test_open_spans_are_the_minutes_that_are_open(
    hours: Hours, zone: str, start: datetime, length: int
) -> None:
    """In order, none touches the next, and every minute outside is closed."""
    spans = open_spans(hours, zone, Span(start, start + timedelta(minutes=length)))

    every = [start + timedelta(minutes=passed) for passed in range(length)]
    inside = [moment for moment in every if any(span.contains(moment) for span in spans)]
    assert inside == [moment for moment in every if is_open(hours, zone, moment)]
    assert all(one.end < other.start for one, other in pairwise(spans))
