"""When a price holds: hours of the week in a station's own time, right across DST changes. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from chargehub.tariffs.fields import DAY_MINUTES, MinuteText, minute_text
from chargehub.units import Span

WEEKDAYS = (0, 1, 2, 3, 4, 5, 6)
WEEK_MINUTES = 7 * DAY_MINUTES
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = timedelta(days=1)
# Zones change at most twice a year, and never back within this time.
_PROBE = timedelta(hours=6)
_SECOND = timedelta(seconds=1)

Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]
Weekdays = Annotated[tuple[Weekday, ...], Field(strict=False, min_length=1, max_length=7)]


@dataclass(frozen=True, slots=True)
class Window:
    """Every instant whose local weekday and time of day lie from `start` up to, not at, `end`.

    Minutes of the day, 0 to 1440; Monday is weekday 0. A window that ends no later than it
    starts runs past midnight into the next day and belongs to the weekday it starts on. What the
    clock shows counts: an hour that DST skips is in no window, one that comes twice is in twice.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=False)

    start: Annotated[MinuteText, Field(alias="from")]
    end: Annotated[MinuteText, Field(alias="to")]
    weekdays: Weekdays = WEEKDAYS

    def __post_init__(self) -> None:
        if not 0 <= self.start < DAY_MINUTES or not 0 < self.end <= DAY_MINUTES:
            raise ValueError("a window starts from 00:00 to 23:59 and ends from 00:01 to 24:00")
        if self.start == self.end:
            raise ValueError("a window of no length: for a whole day say 00:00 to 24:00")
        if not self.weekdays or not set(self.weekdays) <= set(WEEKDAYS):
            raise ValueError("a window names weekdays from 0 (Monday) to 6 (Sunday)")
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))

    @property
    def length(self) -> int:
        """Minutes by the clock, 1 to 1440."""
        return (self.end - self.start) % DAY_MINUTES or DAY_MINUTES

    def covers(self, minute: int) -> bool:
        """Whether a minute of the week, from Monday 00:00, lies in the window."""
        starts = (day * DAY_MINUTES + self.start for day in self.weekdays)
        return any((minute - start) % WEEK_MINUTES < self.length for start in starts)

    def __str__(self) -> str:
        times = f"{minute_text(self.start)}-{minute_text(self.end)}"
        if self.weekdays == WEEKDAYS:
            return times
        return f"{' '.join(_NAMES[day] for day in self.weekdays)} {times}"


Windows = Annotated[tuple[Window, ...], Field(strict=False)]
"""No window at all means: always."""


def covered(windows: Sequence[Window], span: Span, time_zone: str) -> tuple[Span, ...]:
    """The parts of a span that lie in any of the windows, in order, apart from each other.

    An empty span is covered by itself if its instant lies in a window.
    """
    if not windows:
        return (span,)
    if span.start == span.end:
        # The shortest time that can be told stands for the instant.
        longer = Span(span.start, span.start + timedelta.resolution)
        return (span,) if covered(windows, longer, time_zone) else ()
    found = [
        part
        for stretch, offset in _stretches(span, ZoneInfo(time_zone))
        for window in windows
        for part in _parts(window, stretch, offset)
    ]
    return tuple(merged(sorted(found, key=lambda part: part.start)))


def merged(parts: Iterable[Span]) -> Iterator[Span]:
    """Spans in order of their start, those that touch or overlap as one."""
    current: Span | None = None
    for part in parts:
        if current is None:
            current = part
        elif part.start <= current.end:
            current = Span(current.start, max(current.end, part.end))
        else:
            yield current
            current = part
    if current is not None:
        yield current


def _parts(window: Window, stretch: Span, offset: timedelta) -> Iterator[Span]:
    """The window's parts in a stretch of one UTC offset, where wall time is plain arithmetic."""
    day = (stretch.start + offset).replace(hour=0, minute=0, second=0, microsecond=0) - _DAY
    while day - offset < stretch.end:
        if day.weekday() in window.weekdays:
            start = day - offset + timedelta(minutes=window.start)
            part = Span(start, start + timedelta(minutes=window.length)).intersection(stretch)
            if part is not None:
                yield part
        day += _DAY


def _stretches(span: Span, zone: ZoneInfo) -> Iterator[tuple[Span, timedelta]]:
    """A span cut where the zone's UTC offset changes, each part with its offset."""
    start, probe = span.start, span.start
    while probe < span.end:
        following = min(probe + _PROBE, span.end)
        before = _offset(probe, zone)
        if _offset(following, zone) != before:
            following = _change(probe, following, zone)
            yield Span(start, following), before
            start = following
        probe = following
    if start < span.end:
        yield Span(start, span.end), _offset(start, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second with the new offset; changes happen on whole seconds."""
    old, first = _offset(before, zone), before.replace(microsecond=0)
    seconds = range((after - first) // _SECOND + 2)
    index = bisect_left(seconds, True, key=lambda n: _offset(first + n * _SECOND, zone) != old)
    return min(first + index * _SECOND, after)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None and moment.tzinfo is UTC, moment
    return offset
