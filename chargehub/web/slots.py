"""Times that can be booked, as pages show them: days with their stretches, the next free one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chargehub.web.languages import instant, local

NEED_KWH = Decimal(20)  # what is priced where nobody said how much they need: some 100 km
QUARTER = timedelta(minutes=15)
SHORTEST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day in which one thing is true; `left`, `width` in thousandths of the day."""

    starts_at: datetime
    ends_at: datetime
    availability: str
    left: int
    width: int
    local_start: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day there."""

    starts_at: datetime
    stretches: Sequence[Stretch]


def written(at: datetime) -> str:
    """An instant as REST reads it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def next_quarter(now: datetime) -> datetime:
    """The next quarter of an hour: where most policies let a slot begin."""
    over = timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now if not over else now - over + QUARTER


def for_field(at: datetime, zone: str) -> str:
    """An instant as a field for a local time has it."""
    return local(at, zone).strftime("%Y-%m-%dT%H:%M")


def first_free(calendar: Iterable[Mapping[str, Any]], now: datetime, zone: str) -> str:
    """When a slot could begin soonest, as a field has it; empty if there is none."""
    for each in calendar:
        start = next_quarter(max(instant(each["starts_at"]), now))
        if each["availability"] == "free" and instant(each["ends_at"]) - start >= SHORTEST:
            return for_field(start, zone)
    return ""


def days(calendar: Iterable[Mapping[str, Any]], zone: str) -> Sequence[Day]:
    """A calendar cut at the midnights there."""
    cut: dict[datetime, list[Stretch]] = {}
    for each in calendar:
        start, end = instant(each["starts_at"]), instant(each["ends_at"])
        while start < end:
            midnight = local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
            tomorrow = (midnight + timedelta(days=1)).astimezone(UTC)
            stop = min(end, tomorrow)
            begin = midnight.astimezone(UTC)
            cut.setdefault(begin, []).append(
                _stretch(start, stop, each["availability"], (begin, tomorrow), zone)
            )
            start = stop
    return [Day(begin, stretches) for begin, stretches in sorted(cut.items())]


def _stretch(
    start: datetime, end: datetime, availability: str, day: tuple[datetime, datetime], zone: str
) -> Stretch:
    whole = day[1] - day[0]  # 23 or 25 hours where clocks are changed
    left, right = (1_000 * (at - day[0]) // whole for at in (start, end))
    return Stretch(
        start, end, availability, left, right - left, for_field(next_quarter(start), zone)
    )
