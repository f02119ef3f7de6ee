"""When an owner keeps an EVSE: blackouts, and times for the own car. Pure.

A block is once or every week, by the wall clock where the EVSE stands; for the own car it may also
be the need of a car that must be ready by then. Source: design page of the market, 3.4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from chargehub.errors import Conflict, Invalid
from chargehub.listings.rules import Hours, Window, open_spans, read_hours, write_hours
from chargehub.units import Span

Kind = Literal["blackout", "own_car"]
"""A blackout keeps strangers out while it lasts; the own car also wants them gone before."""

LONGEST = timedelta(days=366)  # of a block that is once
LONGEST_CHARGE = timedelta(hours=24)  # of a need; more would be no car's
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class BadBlock(Invalid):
    """A block that cannot be meant."""

    code = "bad_block"


class KeptByOwner(Conflict):
    """The owner keeps the EVSE for a part of the slot."""

    code = "kept_by_owner"


class BookingsInTheWay(Conflict):
    """Bookings lie in the time that the owner wants to keep; `obstacles` has them."""

    code = "bookings_in_the_way"


class TooManyBlocks(Conflict):
    """A station has as many blocks as it may have."""

    code = "too_many_blocks"


@dataclass(frozen=True, slots=True)
class Once:
    """From one instant until another, excluded."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week in this window of local time."""

    window: Window


@dataclass(frozen=True, slots=True)
class NeedOnce:
    """The own car needs so much energy and is to be ready at an instant."""

    energy_wh: int
    ready_by: datetime


@dataclass(frozen=True, slots=True)
class NeedWeekly:
    """The own car needs so much and is to be ready on these weekdays (0 is Monday) at a local
    time, in minutes of the day. Of two readings of a wall clock the earlier one counts."""

    energy_wh: int
    weekdays: frozenset[int]
    ready_by: int


Times = Once | Weekly | NeedOnce | NeedWeekly


@dataclass(frozen=True, slots=True)
class Kept:
    """A time in which an EVSE is its owner's, by which block."""

    span: Span
    kind: Kind
    block_id: str


def keeps_out(kept: Kept, slot: Span, buffer: timedelta) -> bool:
    """May a slot with this buffer after it not be booked, for the owner's sake?"""
    until = slot.end + buffer if kept.kind == "own_car" else slot.end
    return kept.span.overlaps(Span(slot.start, until))


def spans(times: Times, time_zone: str, power_w: int, during: Span) -> tuple[Span, ...]:
    """The times of a block within `during`: in order, apart from each other, cut to it."""
    match times:
        case Once():
            found: Iterable[Span] = (Span(times.starts_at, times.ends_at),)
        case Weekly():
            return open_spans(Hours((times.window,)), time_zone, during)
        case NeedOnce():
            found = (_ending(times.ready_by, charging_time(times.energy_wh, power_w)),)
        case NeedWeekly():
            found = _weekly_needs(times, time_zone, power_w, during)
    cut = (one.intersection(during) for one in found)
    return merged([one for one in cut if one is not None])


def merged(some: Sequence[Span]) -> tuple[Span, ...]:
    """The same time, in order and apart from each other."""
    found: list[Span] = []
    for one in sorted(some, key=lambda span: span.start):
        if found and one.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return tuple(found)


def charging_time(energy_wh: int, power_w: int) -> timedelta:
    """How long a need takes with full power, in whole minutes, rounded up."""
    assert energy_wh > 0 and power_w > 0, (energy_wh, power_w)
    return -(-energy_wh * 60 // power_w) * _MINUTE


def _weekly_needs(times: NeedWeekly, time_zone: str, power_w: int, during: Span) -> Iterator[Span]:
    zone = ZoneInfo(time_zone)
    lasts = charging_time(times.energy_wh, power_w)
    at = time(times.ready_by // 60, times.ready_by % 60)
    day = during.start.astimezone(zone).date() - _DAY
    last = (during.end + lasts).astimezone(zone).date() + _DAY
    while day <= last:
        if day.weekday() in times.weekdays:
            local = datetime.combine(day, at, zone)
            readings = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
            yield _ending(min(readings), lasts)
        day += _DAY


def _ending(ready_by: datetime, lasts: timedelta) -> Span:
    return Span(ready_by - lasts, ready_by)


def check(kind: Kind, times: Times, powers_w: Iterable[int], now: datetime) -> None:
    """Raises BadBlock for what cannot be meant at EVSEs of this power."""
    ends_at = last_instant(times)
    if ends_at is not None and ends_at <= now:
        raise BadBlock("This time is over already. Choose one that is still to come.")
    if isinstance(times, Once):
        if times.ends_at <= times.starts_at:
            raise BadBlock("A block must end after it starts.")
        if times.ends_at - times.starts_at > LONGEST:
            raise BadBlock(f"A block lasts {LONGEST.days} days at most. Make two of it.")
    if isinstance(times, NeedOnce | NeedWeekly):
        _check_need(kind, times, powers_w)


def _check_need(kind: Kind, times: NeedOnce | NeedWeekly, powers_w: Iterable[int]) -> None:
    if kind != "own_car":
        raise BadBlock("Only the own car needs energy. Give a blackout its times.")
    for power_w in powers_w:
        if power_w <= 0:
            raise BadBlock("The EVSE's power is not known. Say from when to when you need it.")
        if charging_time(times.energy_wh, power_w) > LONGEST_CHARGE:
            raise BadBlock(
                f"With {power_w} W that much energy takes more than a day. Ask for less, or say"
                " from when to when you need the EVSE."
            )


def last_instant(times: Times) -> datetime | None:
    """When a block is over; None: it comes every week."""
    match times:
        case Once():
            return times.ends_at
        case NeedOnce():
            return times.ready_by
        case _:
            return None


def read_times(given: Mapping[str, Any]) -> Times:
    """The times of a block from the JSON that `write_times` writes. Raises BadHours."""
    if "starts_at" in given:
        return Once(_instant(given["starts_at"]), _instant(given["ends_at"]))
    if "energy_wh" not in given:
        windows = read_hours([dict(given)]).windows
        assert windows is not None, given
        return Weekly(windows[0])
    if "weekdays" not in given:
        return NeedOnce(given["energy_wh"], _instant(given["ready_by"]))
    hour, minute = given["ready_by"].split(":")
    at = int(hour) * 60 + int(minute)
    return NeedWeekly(given["energy_wh"], frozenset(given["weekdays"]), at)


def write_times(times: Times) -> dict[str, Any]:
    """The times of a block as JSON; what is stored and shown."""
    match times:
        case Once():
            return {"starts_at": _text(times.starts_at), "ends_at": _text(times.ends_at)}
        case Weekly():
            (window,) = write_hours(Hours((times.window,)))
            return dict(window)
        case NeedOnce():
            return {"energy_wh": times.energy_wh, "ready_by": _text(times.ready_by)}
        case NeedWeekly():
            return {
                "energy_wh": times.energy_wh,
                "weekdays": sorted(times.weekdays),
                "ready_by": f"{times.ready_by // 60:02d}:{times.ready_by % 60:02d}",
            }


def _instant(given: str | datetime) -> datetime:
    return datetime.fromisoformat(given) if isinstance(given, str) else given


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
