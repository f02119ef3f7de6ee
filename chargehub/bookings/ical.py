"""A calendar as a file that calendar programs subscribe to. Pure. Source: RFC 5545 and RFC 7986.

Times stand in the zone of the place. Its changes of the clock are written from the zone's own data,
each with the local time that was shown before it, as section 3.6.5 asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vText

from chargehub.units import Span

LOOK_AGAIN = timedelta(minutes=15)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One time in a calendar. `key`: the same for the same thing; `is_firm`: it will not lapse."""

    key: str
    span: Span
    title: str
    changed_at: datetime
    is_firm: bool = True


def calendar_file(name: str, time_zone: str, entries: Sequence[Entry], known: Span) -> bytes:
    """The file. Equal values give equal bytes; all entries lie within `known`."""
    zone = ZoneInfo(time_zone)
    file = Calendar()
    file.add("prodid", "-//ChargeHub//Calendar of a station//EN")
    file.add("version", "2.0")
    file.add("name", vText(name))  # the library takes what it does not know as written already
    file.add("x-wr-calname", vText(name))  # what programs read that do not know RFC 7986
    file.add("refresh-interval", LOOK_AGAIN, {"VALUE": "DURATION"})
    file.add_component(_zone(time_zone, zone, known))
    for entry in entries:
        file.add_component(_event(entry, zone))
    content: bytes = file.to_ical()
    return content


def _event(entry: Entry, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@chargehub")
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", _written(entry.span.start, zone))
    event.add("dtend", _written(entry.span.end, zone))
    event.add("summary", entry.title)
    event.add("status", "CONFIRMED" if entry.is_firm else "TENTATIVE")
    return event


def _written(moment: datetime, zone: ZoneInfo) -> datetime:
    """By the clock of the place; in UTC where the clock shows that time for the second time, which
    section 3.3.5 can say in no other way."""
    local = moment.astimezone(zone)
    is_second = local.fold == 1 and local.utcoffset() != local.replace(fold=0).utcoffset()
    return moment.astimezone(UTC) if is_second else local


def _zone(time_zone: str, zone: ZoneInfo, known: Span) -> Timezone:
    """The zone's definition for that time."""
    written = Timezone()
    written.add("tzid", time_zone)
    start = known.start - _DAY
    written.add_component(_observance(start, start.astimezone(zone), zone))
    for moment in _changes(start, known.end + _DAY, zone):
        written.add_component(_observance(moment, (moment - _SECOND).astimezone(zone), zone))
    return written


def _observance(
    moment: datetime, before: datetime, zone: ZoneInfo
) -> TimezoneStandard | TimezoneDaylight:
    """What the clock shows from a moment on, where it showed `before` until then."""
    after, was = moment.astimezone(zone), before.utcoffset()
    offset, saved = after.utcoffset(), after.dst()
    assert was is not None and offset is not None, zone
    kind = TimezoneDaylight() if saved else TimezoneStandard()
    kind.add("dtstart", (moment.astimezone(UTC) + was).replace(tzinfo=None))
    kind.add("tzoffsetfrom", was)
    kind.add("tzoffsetto", offset)
    kind.add("tzname", after.tzname() or "")
    return kind


def _changes(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants in that time at which the zone's offset changes."""
    days = [start + step * _DAY for step in range((end - start) // _DAY + 2)]
    for early, late in pairwise(days):
        low, high = early, late
        was = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() == was:
            continue
        while high - low > _SECOND:
            middle = low + (high - low) // 2
            if middle.astimezone(zone).utcoffset() == was:
                low = middle
            else:
                high = middle
        yield high.replace(microsecond=0)
