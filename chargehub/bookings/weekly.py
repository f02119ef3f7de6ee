"""The same slot every week, by the wall clock where the EVSE stands. Pure."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chargehub.errors import Conflict, NotFound
from chargehub.units import Span

MOST_WEEKS = 13  # a horizon of 90 days has no more
_WEEK = timedelta(days=7)


class SeriesInTheWay(Conflict):
    """Some weeks of a series cannot be had; `obstacles` has them, and nothing was booked."""

    code = "series_in_the_way"


class NoSuchSeries(NotFound):
    """There is no such series, or it is somebody else's."""

    code = "not_found"


class Occurrence(NamedTuple):
    """The slot of one week, from one local day on. None: the clock skips its start or end."""

    day: date
    slot: Span | None


def occurrences(first: Span, time_zone: str, weeks: int) -> tuple[Occurrence, ...]:
    """The first slot and those of the weeks after it, at the same local times.

    Of two readings of a wall clock the first one counts, for the end the first after the start.
    """
    assert 1 <= weeks <= MOST_WEEKS, weeks
    zone = ZoneInfo(time_zone)
    start, end = (moment.astimezone(zone) for moment in (first.start, first.end))
    found = [Occurrence(start.date(), first)]
    for week in range(1, weeks):
        later = _readings(start + week * _WEEK), _readings(end + week * _WEEK)
        found.append(Occurrence((start + week * _WEEK).date(), _slot(*later)))
    return tuple(found)


def _slot(starts: tuple[datetime, ...], ends: tuple[datetime, ...]) -> Span | None:
    later = [end for end in ends if starts and end > starts[0]]
    return Span(starts[0], later[0]) if later else None


def _readings(local: datetime) -> tuple[datetime, ...]:
    """The instants at which the clock on the wall says this: one, two, or none."""
    wall = local.replace(tzinfo=None)
    moments = sorted({local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})
    said = (moment.astimezone(local.tzinfo).replace(tzinfo=None, fold=0) for moment in moments)
    return tuple(moment for moment, says in zip(moments, said, strict=True) if says == wall)
