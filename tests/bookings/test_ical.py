"""What calendar programs read is the instant that was meant, through every change of the clock."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings.ical import Entry, calendar_file
from chargehub.units import Span

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = Span(START, START + 366 * DAY)
ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def written(zone: str, *entries: Entry) -> str:
    return calendar_file("Yard, 'left'; right\nBEGIN:VEVENT", zone, entries, KNOWN).decode()


def entry(start: datetime, lasts: timedelta, is_firm: bool = True) -> Entry:
    return Entry("booking-1", Span(start, start + lasts), "EVSE 1: booked", START, is_firm)


def as_read(text: str, name: str) -> datetime:
    """An instant of the only event, read with the zone that the file itself defines."""
    event: Any = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]
    value = event[name].dt
    zone = event[name].params.get("TZID")
    if zone is None:
        return value
    defined = tzical(io.StringIO(text)).get(zone)
    return value.replace(tzinfo=None).replace(tzinfo=defined).astimezone(UTC)


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 365 * 24 * 60),
    lasts=st.integers(15, 24 * 60),
)
def test_an_event_is_read_as_the_instants_that_were_meant(
    zone: str, minute: int, lasts: int
) -> None:
    booked = entry(START + minute * MINUTE, lasts * MINUTE)

    text = written(zone, booked)

    assert as_read(text, "DTSTART") == booked.span.start
    assert as_read(text, "DTEND") == booked.span.end


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Oslo", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Europe/Oslo", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, tzinfo=UTC)),
    ],
)
def test_so_it_is_in_every_quarter_of_an_hour_in_which_the_clock_is_moved(
    zone: str, day: datetime
) -> None:
    for step in range(0, 24 * 60, 15):
        booked = entry(day + step * MINUTE, 45 * MINUTE)
        text = written(zone, booked)
        assert as_read(text, "DTSTART") == booked.span.start, step
        assert as_read(text, "DTEND") == booked.span.end, step


def test_a_zone_begins_a_change_at_the_time_that_was_shown_before_it() -> None:
    """Section 3.6.5: at two the clock is put on, at three it is put back."""
    text = written("Europe/Oslo").replace("\r\n", "\n")

    assert "BEGIN:DAYLIGHT\nDTSTART:20260329T020000\n" in text
    assert "BEGIN:STANDARD\nDTSTART:20261025T030000\n" in text
    assert "TZNAME:CEST\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n" in text


def test_equal_calendars_are_equal_bytes_and_the_name_is_escaped() -> None:
    one = [written("Europe/Oslo", entry(START + DAY, HOUR, is_firm=False)) for _ in range(2)]

    assert one[0] == one[1]
    assert "\r\nNAME:Yard\\, 'left'\\; right\\nBEGIN:VEVENT\r\n" in one[0]
    assert "STATUS:TENTATIVE" in one[0]
    assert ZoneInfo("Europe/Oslo").key in one[0]
