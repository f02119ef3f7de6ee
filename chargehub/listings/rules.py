"""Opening hours: when a published station may be used, by the wall clock where it stands. Pure.

Open is what the clock on the wall says. In the hour that comes twice in autumn a window counts in
both; of the hour that is missing in spring nothing is open and nothing is closed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from chargehub.errors import Conflict, Invalid
from chargehub.units import Span

ALWAYS = "24/7"
MAX_WINDOWS = 50
_DAY_MINUTES = 24 * 60
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
# Hours repeat every week, and no minute of the week falls into a missing hour twice in a row:
# what is open for this long is open for ever.
_LONG_ENOUGH = timedelta(days=16)


Access = Literal["public", "members"]
"""For whom a station is on the market."""


class BadAudience(Invalid):
    """A group of members is named for a station that is there for everybody."""

    code = "bad_audience"


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a station is there: everybody, or members alone, who see, book and start it.

    `group_id` None: the members of any group of its owner. Raises BadAudience.
    """

    access: Access = "public"
    group_id: str | None = None

    def __post_init__(self) -> None:
        if self.access == "public" and self.group_id is not None:
            raise BadAudience("Leave the group out, or offer the station to `members` alone.")


EVERYBODY = Audience()


class StationSuspended(Conflict):
    """The station is off the market for a while, for its owner cancelled too often."""

    code = "station_suspended"


class CheckupNeeded(Conflict):
    """The station has not passed a check-up with the grade that this hub asks for."""

    code = "checkup_needed"


def check_grade(grade: str | None, is_lapsed: bool, is_enough: bool, least: str) -> None:
    """Raises CheckupNeeded. `grade`: of its last check-up, None: it had none."""
    if is_enough:
        return
    had = "It was not checked yet." if grade is None else f"Its last check-up gave it {grade}."
    if is_lapsed:
        had += " It was asked for a new one, and had none in time that it passed."
    raise CheckupNeeded(
        f"To be listed for everybody a station needs a check-up with grade {least} or better. {had}"
        " Begin one with POST /stations/{station_id}/checkups, or offer it to `members` alone."
    )


class BadHours(Invalid):
    """Opening hours that cannot be meant."""

    code = "bad_opening_hours"


@dataclass(frozen=True, slots=True)
class Window:
    """Open on these weekdays (0 is Monday) from a minute of the day until another, excluded.

    `until` up to 1440 (midnight) ends the same day; `until` at or before `start` ends on the next
    day, and the weekday is the one on which it began.
    """

    weekdays: frozenset[int]
    start: int
    until: int

    def contains(self, weekday: int, minute: int) -> bool:
        """Is this minute of the week inside?"""
        if self.start < self.until:
            return weekday in self.weekdays and self.start <= minute < self.until
        yesterday = (weekday - 1) % 7
        return (weekday in self.weekdays and minute >= self.start) or (
            yesterday in self.weekdays and minute < self.until
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by local time. `windows` None: always open."""

    windows: tuple[Window, ...] | None = None

    def is_open_at(self, local: datetime) -> bool:
        """Open at this local date and time?"""
        if self.windows is None:
            return True
        weekday, minute = local.weekday(), local.hour * 60 + local.minute
        return any(window.contains(weekday, minute) for window in self.windows)


def is_open(hours: Hours, time_zone: str, at: datetime) -> bool:
    """Is it open at this instant?"""
    assert at.tzinfo is not None
    return hours.is_open_at(at.astimezone(ZoneInfo(time_zone)))


def is_open_between(hours: Hours, time_zone: str, start: datetime, end: datetime) -> bool:
    """Is it open at every instant from `start` until `end`, excluded? True of no time at all."""
    assert start.tzinfo is not None
    assert end.tzinfo is not None
    if hours.windows is None or end <= start:
        return True
    zone = ZoneInfo(time_zone)
    moments = _turns(hours.windows, zone, start, min(end, start + _LONG_ENOUGH))
    return all(hours.is_open_at(moment.astimezone(zone)) for moment in moments)


def open_spans(hours: Hours, time_zone: str, during: Span) -> tuple[Span, ...]:
    """When it is open within that time: in order, apart from each other, cut to it."""
    if hours.windows is None:
        return (during,) if during.duration else ()
    zone = ZoneInfo(time_zone)
    turns = sorted({*_turns(hours.windows, zone, during.start, during.end), during.end})
    found: list[Span] = []
    for start, end in pairwise(turns):
        if not hours.is_open_at(start.astimezone(zone)):
            continue
        is_joined = bool(found) and found[-1].end == start
        found[-1:] = [Span(found[-1].start, end)] if is_joined else [*found[-1:], Span(start, end)]
    return tuple(found)


def _turns(
    windows: tuple[Window, ...], zone: tzinfo, start: datetime, end: datetime
) -> Iterator[datetime]:
    """`start`, and every later instant before `end` at which the answer may change."""
    yield start
    minutes = {0} | {
        minute % _DAY_MINUTES for each in windows for minute in (each.start, each.until)
    }
    day = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        midnight = datetime.combine(day, time(), zone)
        for minute in minutes:
            for fold in (0, 1):
                local = midnight.replace(hour=minute // 60, minute=minute % 60, fold=fold)
                moment = local.astimezone(UTC)
                if start < moment < end:
                    yield moment
        turn = _clock_change(midnight.astimezone(UTC), zone)
        if turn is not None and start < turn < end:
            yield turn
        day += timedelta(days=1)


def _clock_change(start: datetime, zone: tzinfo) -> datetime | None:
    """The instant in the next 26 hours at which the zone's offset changes; None: it does not."""
    end = start + timedelta(hours=26)  # a local day has 25 hours at most, half-hour zones 24.5
    before, after = (moment.astimezone(zone).utcoffset() for moment in (start, end))
    if before == after:
        return None
    while end - start > timedelta(seconds=1):
        middle = start + (end - start) // 2
        if middle.astimezone(zone).utcoffset() == before:
            start = middle
        else:
            end = middle
    return end.replace(microsecond=0)


def read_hours(given: Any) -> Hours:
    """Hours from their JSON: "24/7" or a list of {weekdays: [0..6], from: "07:00", to: "22:00"}.

    "24:00" is the end of a day; `to` at or before `from` is on the next day. Raises BadHours.
    """
    if given == ALWAYS:
        return Hours()
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_WINDOWS:
        raise BadHours(f'Opening hours are "24/7" or a list of 1 to {MAX_WINDOWS} windows.')
    return Hours(tuple(_read_window(each) for each in given))


def _read_window(given: Any) -> Window:
    if not isinstance(given, dict) or given.keys() != {"weekdays", "from", "to"}:
        raise BadHours('A window has "weekdays", "from" and "to", and nothing else.')
    weekdays = _read_weekdays(given["weekdays"])
    start, until = _read_minute(given["from"]), _read_minute(given["to"])
    if start in (until, _DAY_MINUTES):
        raise BadHours('A window has some length; a whole day is from "00:00" to "24:00".')
    return Window(weekdays, start, until)


def _read_weekdays(given: Any) -> frozenset[int]:
    are_days = isinstance(given, list) and all(type(day) is int and 0 <= day <= 6 for day in given)
    if not are_days or not given or len(set(given)) != len(given):
        raise BadHours("Weekdays are numbers from 0 (Monday) to 6 (Sunday), each once.")
    return frozenset(given)


def _read_minute(given: Any) -> int:
    if not isinstance(given, str) or not _TIME_OF_DAY.fullmatch(given):
        raise BadHours(
            f'{str(given)[:20]!r} is no time of day. Write it as "07:00", up to "24:00".'
        )
    return int(given[:2]) * 60 + int(given[3:])


def write_hours(hours: Hours) -> Any:
    """The JSON that `read_hours` reads; what is stored and shown."""
    if hours.windows is None:
        return ALWAYS
    return [
        {
            "weekdays": sorted(window.weekdays),
            "from": f"{window.start // 60:02d}:{window.start % 60:02d}",
            "to": f"{window.until // 60:02d}:{window.until % 60:02d}",
        }
        for window in hours.windows
    ]
