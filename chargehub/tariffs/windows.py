"""When a price holds: hours of the week and days of the year in a station's own time, right across
DST changes; and at which power. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from chargehub.tariffs.fields import DAY_MINUTES, DateText, MinuteText, is_none, minute_text
from chargehub.units import Span

WEEKDAYS = (0, 1, 2, 3, 4, 5, 6)
WEEK_MINUTES = 7 * DAY_MINUTES
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = timedelta(days=1)
# Zones change at most twice a year, and never back within this time.
_PROBE = timedelta(hours=6)
_SECOND = timedelta(seconds=1)

MAX_POWER_W = 1_000_000  # the largest plugs of today, and no car takes as much
_HOUR = timedelta(hours=1) // timedelta.resolution

Watts = Annotated[int | None, Field(strict=True, ge=1, le=MAX_POWER_W, exclude_if=is_none)]
Day = Annotated[DateText | None, Field(exclude_if=is_none)]
Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]
Weekdays = Annotated[tuple[Weekday, ...], Field(strict=False, min_length=1, max_length=7)]


@dataclass(frozen=True, slots=True)
class Window:
    """Every instant whose local weekday and time of day lie from `start` up to, not at, `end`.

    Minutes of the day, 0 to 1440; Monday is weekday 0. A window that ends no later than it
    starts runs past midnight into the next day and belongs to the weekday it starts on. What the
    clock shows counts: an hour that DST skips is in no window, one that comes twice is in twice.
    `from_date` and `to_date` bound the local day it starts on; it does not start on `to_date`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=False)

    start: Annotated[MinuteText, Field(alias="from")]
    end: Annotated[MinuteText, Field(alias="to")]
    weekdays: Weekdays = WEEKDAYS
    from_date: Day = None
    to_date: Day = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < DAY_MINUTES or not 0 < self.end <= DAY_MINUTES:
            raise ValueError("a window starts from 00:00 to 23:59 and ends from 00:01 to 24:00")
        if self.start == self.end:
            raise ValueError("a window of no length: for a whole day say 00:00 to 24:00")
        if not self.weekdays or not set(self.weekdays) <= set(WEEKDAYS):
            raise ValueError("a window names weekdays from 0 (Monday) to 6 (Sunday)")
        if self.from_date and self.to_date and self.to_date <= self.from_date:
            raise ValueError("a window's to_date, which is not within it, lies after its from_date")
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))

    @property
    def length(self) -> int:
        """Minutes by the clock, 1 to 1440."""
        return (self.end - self.start) % DAY_MINUTES or DAY_MINUTES

    def starts_on(self, day: date) -> bool:
        """Whether the window starts on a local day, by its dates and weekdays."""
        return day.weekday() in self.weekdays and self.is_in_season(day)

    def is_in_season(self, day: date) -> bool:
        """Whether a local day lies within its dates."""
        is_begun = self.from_date is None or self.from_date <= day
        return is_begun and (self.to_date is None or day < self.to_date)

    def covers(self, minute: int) -> bool:
        """Whether a minute of the week, from Monday 00:00, lies in the window, on any date."""
        starts = (day * DAY_MINUTES + self.start for day in self.weekdays)
        return any((minute - start) % WEEK_MINUTES < self.length for start in starts)

    def __str__(self) -> str:
        text = f"{minute_text(self.start)}-{minute_text(self.end)}"
        if self.weekdays != WEEKDAYS:
            text = f"{' '.join(_NAMES[day] for day in self.weekdays)} {text}"
        if self.from_date:
            text += f" from {self.from_date}"
        return f"{text} until {self.to_date - _DAY}" if self.to_date else text


@dataclass(frozen=True, slots=True)
class PowerStep:
    """A range of charging power in W that contains its start and not its end; None: no bound."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=False)

    from_w: Watts = None
    to_w: Watts = None

    def __post_init__(self) -> None:
        if self.from_w is None and self.to_w is None:
            raise ValueError("a power step has a bound: from_w, to_w or both")
        if self.from_w is not None and self.to_w is not None and self.to_w <= self.from_w:
            raise ValueError("a power step's to_w, which is not within it, is above its from_w")

    def covers(self, energy_wh: int, duration: timedelta) -> bool:
        """Whether so much energy in so much time lies in it, by its mean power.

        Energy in no time at all has no power that anybody knows; it counts as the lowest.
        """
        micros = duration // timedelta.resolution
        joules = energy_wh * _HOUR if micros else 0
        is_above = self.from_w is None or (bool(micros) and joules >= self.from_w * micros)
        return is_above and (self.to_w is None or not micros or joules < self.to_w * micros)

    def __str__(self) -> str:
        bounds = (("from", self.from_w), ("below", self.to_w))
        return " ".join(f"{word} {watts} W" for word, watts in bounds if watts is not None)


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


def minute_of_week_text(minute: int) -> str:
    """A minute of the week, from Monday 00:00: 1500 is 'Tue 01:00'."""
    day, of_day = divmod(minute, DAY_MINUTES)
    return f"{_NAMES[day]} {minute_text(of_day)}"


def month(moment: datetime, time_zone: str) -> Span:
    """The calendar month in which an instant lies by the local calendar."""
    zone = ZoneInfo(time_zone)
    first = moment.astimezone(zone).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    following = (first + 32 * _DAY).replace(day=1)
    return Span(first, following)


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
        if window.starts_on(day.date()):
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
