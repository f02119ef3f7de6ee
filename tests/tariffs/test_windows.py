"""Hours of the week by the clock on the wall, also when the clock is changed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.windows import PowerStep, Window, covered, month
from chargehub.units import Span
from tests.tariffs.strategies import NEAR_CHANGES, STARTS, ZONES, window_lists

HOUR = 60


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(window: Window, zone: str, start: str, end: str) -> list[tuple[str, str]]:
    parts = covered([window], Span(at(start), at(end)), zone)
    return [(f"{part.start:%d %H:%M}", f"{part.end:%d %H:%M}") for part in parts]


def shown_within(window: Window, moment: datetime, zone: str) -> bool:
    """What a person with a clock and a calendar would say."""
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    today = local.date()
    if window.start < window.end:
        return starts_on(window, today) and window.start <= minute < window.end
    return (starts_on(window, today) and minute >= window.start) or (
        starts_on(window, today - timedelta(days=1)) and minute < window.end
    )


def starts_on(window: Window, day: date) -> bool:
    is_late = window.to_date is not None and day >= window.to_date
    is_early = window.from_date is not None and day < window.from_date
    return day.weekday() in window.weekdays and not is_late and not is_early


@given(
    window_lists(),
    NEAR_CHANGES | STARTS,
    st.integers(1, 3 * 24 * 3600),
    st.sampled_from(ZONES),
    st.lists(st.integers(0, 10**6), min_size=5, max_size=20),
)
def test_an_instant_is_covered_if_the_wall_clock_says_so(
    windows: tuple[Window, ...], start: datetime, seconds: int, zone: str, picks: list[int]
) -> None:
    span = Span(start, start + timedelta(seconds=seconds))

    parts = covered(windows, span, zone)

    for pick in picks:
        moment = start + timedelta(seconds=pick % seconds)
        expected = not windows or any(shown_within(window, moment, zone) for window in windows)
        assert any(part.contains(moment) for part in parts) == expected, moment


@given(window_lists(), NEAR_CHANGES, st.integers(0, 10**6), st.sampled_from(ZONES))
def test_parts_lie_in_the_span_in_order_and_apart(
    windows: tuple[Window, ...], start: datetime, seconds: int, zone: str
) -> None:
    span = Span(start, start + timedelta(seconds=seconds))

    parts = covered(windows, span, zone)

    assert all(span.start <= part.start <= part.end <= span.end for part in parts)
    assert all(one.end < other.start for one, other in pairwise(parts))


@pytest.mark.parametrize(
    ("zone", "window", "start", "end", "expected"),
    [
        # Oslo skips 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
        ("Europe/Oslo", (2, 3), "2026-03-28T20:00", "2026-03-29T20:00", []),
        ("Europe/Oslo", (1, 4), "2026-03-28T20:00", "2026-03-29T20:00", [("29 00:00", "29 02:00")]),
        (
            "Europe/Oslo",
            (2.5, 4),
            "2026-03-28T20:00",
            "2026-03-29T20:00",
            [("29 01:00", "29 02:00")],
        ),
        # Oslo has 02:00 to 03:00 twice on 25 October 2026, until 01:00 UTC in summer time.
        ("Europe/Oslo", (2, 3), "2026-10-24T20:00", "2026-10-25T20:00", [("25 00:00", "25 02:00")]),
        (
            "Europe/Oslo",
            (2, 2.5),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("25 00:00", "25 00:30"), ("25 01:00", "25 01:30")],
        ),
        (
            "Europe/Oslo",
            (2.5, 3.5),
            "2026-10-24T20:00",
            "2026-10-25T20:00",
            [("25 00:30", "25 01:00"), ("25 01:30", "25 02:30")],
        ),
        # New York skips 02:00 to 03:00 on 8 March 2026, doubles 01:00 to 02:00 on 1 November.
        ("America/New_York", (2, 3), "2026-03-08T00:00", "2026-03-09T00:00", []),
        (
            "America/New_York",
            (1, 2),
            "2026-11-01T00:00",
            "2026-11-02T00:00",
            [("01 05:00", "01 07:00")],
        ),
        # Lord Howe moves by half an hour: 02:00 to 02:30 is missing on 4 October 2026, and
        # 01:30 to 02:00 comes twice on 5 April.
        (
            "Australia/Lord_Howe",
            (2, 3),
            "2026-10-03T12:00",
            "2026-10-04T00:00",
            [("03 15:30", "03 16:00")],
        ),
        (
            "Australia/Lord_Howe",
            (1.5, 2),
            "2026-04-04T06:00",
            "2026-04-05T00:00",
            [("04 14:30", "04 15:30")],
        ),
    ],
)
def test_the_missing_and_the_doubled_hour(
    zone: str,
    window: tuple[float, float],
    start: str,
    end: str,
    expected: list[tuple[str, str]],
) -> None:
    hours_of_day = Window(int(window[0] * HOUR), int(window[1] * HOUR))

    assert hours(hours_of_day, zone, start, end) == expected


def test_a_window_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    saturday_night = Window(22 * HOUR, 6 * HOUR, (5,))

    found = hours(saturday_night, "Europe/Oslo", "2026-03-06T00:00", "2026-03-10T00:00")

    assert found == [("07 21:00", "08 05:00")]


def test_windows_that_touch_are_one() -> None:
    day, night = Window(0, 12 * HOUR), Window(12 * HOUR, 24 * HOUR)
    span = Span(at("2026-03-02T00:00"), at("2026-03-09T00:00"))

    assert covered([day, night], span, "Europe/Oslo") == (span,)


def test_without_windows_everything_is_covered() -> None:
    empty = Span(at("2026-03-02T00:00"), at("2026-03-02T00:00"))

    assert covered([], empty, "Europe/Oslo") == (empty,)


def test_an_instant_is_covered_by_the_window_it_starts() -> None:
    seven = at("2026-03-02T06:00")  # in Oslo

    assert covered([Window(7 * HOUR, 8 * HOUR)], Span(seven, seven), "Europe/Oslo")
    assert not covered([Window(6 * HOUR, 7 * HOUR)], Span(seven, seven), "Europe/Oslo")


@given(window_lists(), st.integers(0, 7 * 1440 - 1))
def test_a_minute_of_the_week_is_covered_as_that_minute_of_a_plain_week(
    windows: tuple[Window, ...], minute: int
) -> None:
    monday = at("2026-03-02T00:00")
    moment = monday + timedelta(minutes=minute)

    for dated in windows:
        window = replace(dated, from_date=None, to_date=None)
        parts = covered([window], Span(moment, moment), "UTC")
        assert window.covers(minute) == bool(parts)


@pytest.mark.parametrize(
    ("start", "end", "weekdays", "sentence"),
    [
        (420, 420, (0,), "a window of no length"),
        (-1, 420, (0,), "a window starts from 00:00 to 23:59"),
        (1440, 420, (0,), "a window starts from 00:00 to 23:59"),
        (0, 0, (0,), "a window starts from 00:00 to 23:59 and ends from 00:01"),
        (0, 1441, (0,), "a window starts from 00:00 to 23:59"),
        (0, 1440, (), "a window names weekdays"),
        (0, 1440, (7,), "a window names weekdays"),
        (0, 1440, (-1,), "a window names weekdays"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(
    start: int, end: int, weekdays: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Window(start, end, weekdays)


def test_a_window_says_when_it_is() -> None:
    assert str(Window(420, 1440)) == "07:00-24:00"
    assert str(Window(1320, 360, (6, 5))) == "Sat Sun 22:00-06:00"
    assert str(Window(420, 1440, from_date=JUNE, to_date=SEPTEMBER)) == (
        "07:00-24:00 from 2026-06-01 until 2026-08-31"
    )


JUNE, SEPTEMBER = date(2026, 6, 1), date(2026, 9, 1)


def test_a_window_lies_within_its_dates_of_the_local_calendar() -> None:
    """In Oslo 1 June begins at 22:00 UTC; 31 August is the last day."""
    summer = Window(0, 24 * HOUR, from_date=JUNE, to_date=SEPTEMBER)

    assert hours(summer, "Europe/Oslo", "2026-05-31T00:00", "2026-06-01T00:00") == [
        ("31 22:00", "01 00:00")
    ]
    assert hours(summer, "Europe/Oslo", "2026-08-31T12:00", "2026-09-02T00:00") == [
        ("31 12:00", "31 22:00")
    ]


def test_a_night_belongs_to_the_date_it_starts_on() -> None:
    night = Window(22 * HOUR, 6 * HOUR, from_date=JUNE, to_date=SEPTEMBER)

    assert hours(night, "UTC", "2026-05-31T00:00", "2026-06-01T12:00") == []
    assert hours(night, "UTC", "2026-08-31T12:00", "2026-09-02T00:00") == [("31 22:00", "01 06:00")]


def test_dates_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(ValueError, match="lies after its from_date"):
        Window(0, 60, from_date=JUNE, to_date=JUNE)


@pytest.mark.parametrize(
    ("energy_wh", "minutes", "lies_in"),
    [
        (10_999, 60, False),
        (11_000, 60, True),
        (21_999, 60, True),
        (22_000, 60, False),
        (5_500, 30, True),
        (0, 60, False),
        (11_000, 0, False),
    ],
)
def test_a_power_step_contains_its_start_and_not_its_end(
    energy_wh: int, minutes: int, lies_in: bool
) -> None:
    step, duration = PowerStep(11_000, 22_000), timedelta(minutes=minutes)

    assert step.covers(energy_wh, duration) == lies_in


@given(st.integers(1, 50_000), st.integers(0, 100_000), st.integers(0, 10_000))
def test_power_steps_that_touch_share_everything_out(
    bound: int, energy_wh: int, seconds: int
) -> None:
    duration = timedelta(seconds=seconds)

    below, above = PowerStep(None, bound), PowerStep(bound, None)

    assert below.covers(energy_wh, duration) != above.covers(energy_wh, duration)


def test_power_steps_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(ValueError, match="has a bound"):
        PowerStep()
    with pytest.raises(ValueError, match="above its from_w"):
        PowerStep(11_000, 11_000)


@pytest.mark.parametrize(
    ("moment", "zone", "start", "end"),
    [
        ("2026-03-31T22:30", "Europe/Oslo", "2026-03-31T22:00", "2026-04-30T22:00"),
        ("2026-03-31T21:30", "Europe/Oslo", "2026-02-28T23:00", "2026-03-31T22:00"),
        ("2026-12-31T12:00", "Australia/Lord_Howe", "2026-11-30T13:00", "2026-12-31T13:00"),
        ("2026-11-01T05:30", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00"),
    ],
)
def test_a_month_is_that_of_the_local_calendar(
    moment: str, zone: str, start: str, end: str
) -> None:
    assert month(at(moment), zone) == Span(at(start), at(end))
