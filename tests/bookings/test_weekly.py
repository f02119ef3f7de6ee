"""The same slot every week: by the clock on the wall, through every change of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings import weekly
from chargehub.units import Span

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 365 * 24 * 4),
    st.integers(1, 24 * 4),
    st.integers(2, weekly.MOST_WEEKS),
)
def test_every_week_has_the_local_times_of_the_first(
    zone: str, quarter: int, quarters: int, weeks: int
) -> None:
    """Or, where the clock skips them, none. The slots do not overlap."""
    start = YEAR + quarter * 15 * MINUTE
    first = Span(start, start + quarters * 15 * MINUTE)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in (first.start, first.end)]

    found = weekly.occurrences(first, zone, weeks)

    assert [one.day for one in found] == [local[0].date() + week * 7 * DAY for week in range(weeks)]
    last = first
    for one in found[1:]:
        if one.slot is None:
            continue
        assert last.end <= one.slot.start < one.slot.end
        assert first.duration - 60 * MINUTE <= one.slot.duration <= first.duration + 60 * MINUTE
        for moment, wall in zip((one.slot.start, one.slot.end), local, strict=True):
            said = moment.astimezone(ZoneInfo(zone))
            assert (said.weekday(), said.time()) == (wall.weekday(), wall.time())
        last = one.slot


@pytest.mark.parametrize(
    ("zone", "start", "lasts", "then"),
    [
        # The clock goes from 02:00 to 03:00: an hour earlier by UTC.
        ("Europe/Oslo", "2026-03-24T07:00", 60, ("2026-03-31T06:00", "2026-03-31T07:00")),
        ("Europe/Oslo", "2026-03-22T01:30", 30, None),
        # In the night of autumn an hour comes twice: the first 02:30, and 04:00 an hour later.
        ("Europe/Oslo", "2026-10-18T00:30", 90, ("2026-10-25T00:30", "2026-10-25T03:00")),
        ("America/New_York", "2026-03-03T13:00", 60, ("2026-03-10T12:00", "2026-03-10T13:00")),
        ("Australia/Lord_Howe", "2026-03-31T00:00", 60, ("2026-04-07T00:30", "2026-04-07T01:30")),
        ("Australia/Lord_Howe", "2026-09-26T15:45", 30, None),
    ],
)
def test_a_week_over_a_change_of_the_clock(
    zone: str, start: str, lasts: int, then: tuple[str, str] | None
) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)

    _, second = weekly.occurrences(Span(at, at + lasts * MINUTE), zone, 2)

    if then is None:
        assert second.slot is None
        return
    assert second.slot is not None
    told = tuple(
        moment.strftime("%Y-%m-%dT%H:%M") for moment in (second.slot.start, second.slot.end)
    )
    assert told == then
