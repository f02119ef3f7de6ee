"""When an EVSE can be had, and why not at other times; without a gap between. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from chargehub.bookings.blocks import Kept, merged
from chargehub.bookings.rules import SHORTEST_APPROVAL, Policy
from chargehub.units import Span

Availability = Literal["free", "booked", "blocked", "past", "unbookable", "closed"]
"""booked: by somebody, or too shortly before that. blocked: kept by its owner, or too shortly
before. past: over, and neither. unbookable: open, but too soon or too far ahead, or too short
between others. closed: outside opening hours."""

_FIRST = datetime(1, 1, 1, tzinfo=UTC)  # grids are counted from here, as bookings count them


@dataclass(frozen=True, slots=True)
class Taken:
    """A booking's slot with its buffer; `status` is the booking's."""

    span: Span
    booking_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one thing is true of an EVSE. `booking`: of a booked one, where the buffer
    of another does not reach beyond it."""

    span: Span
    availability: Availability
    booking: Taken | None = None


@dataclass(frozen=True, slots=True)
class Occupied:
    """What stands in the way of a stranger's booking; the spans in any order, overlapping or not.

    `is_open`: opening hours, in order and apart from each other.
    """

    is_open: Sequence[Span]
    taken: Sequence[Taken] = ()
    kept: Sequence[Kept] = ()


def shortest_slot(policy: Policy) -> timedelta:
    """How long the shortest slot on the grid is; it may be longer than `policy.longest`."""
    return -(-policy.shortest // policy.grid) * policy.grid


def looked_at(during: Span, policy: Policy) -> Span:
    """What must be known to tell of this time. Raises OverflowError at the ends of the calendar."""
    lasts = shortest_slot(policy)
    return Span(during.start - lasts, during.end + lasts + policy.buffer)


def calendar(
    during: Span, occupied: Occupied, now: datetime, policy: Policy
) -> tuple[Stretch, ...]:
    """What is true of an EVSE at every instant of that time: in order, without a gap.

    Free is each instant that lies in some slot of the shortest length which `rules.check_slot`
    and the owner's own times let a stranger book now, and no other. `occupied` must hold all that
    touches `looked_at`.
    """
    free = list(_free(looked_at(during, policy), occupied, now, policy))
    booked = [Span(one.span.start - policy.buffer, one.span.end) for one in occupied.taken]
    blocked = [_kept_out(one, policy) for one in occupied.kept]
    past = [Span(during.start, min(now, during.end))] if during.start < now else []
    layers: tuple[tuple[Availability, Sequence[Span]], ...] = (
        ("free", free),
        ("booked", merged(booked)),
        ("blocked", merged(blocked)),
        ("past", past),
        ("unbookable", occupied.is_open),
    )
    taken = sorted(occupied.taken, key=lambda one: one.span.start)
    edges = {during.start, during.end}
    spans = [*(span for _, some in layers for span in some), *(one.span for one in taken)]
    edges |= {edge for span in spans for edge in (span.start, span.end) if during.contains(edge)}
    return _joined(_stretches(sorted(edges), layers, taken))


def _stretches(
    edges: Sequence[datetime],
    layers: Sequence[tuple[Availability, Sequence[Span]]],
    taken: Sequence[Taken],
) -> Iterator[Stretch]:
    at = [_Cursor(some) for _, some in layers]
    bookings = _Cursor([one.span for one in taken])
    for start, end in pairwise(edges):
        found = [cursor.at(start) is not None for cursor in at]
        what: Availability = next(
            (name for (name, _), hit in zip(layers, found, strict=True) if hit), "closed"
        )
        index = bookings.at(start) if what == "booked" else None
        yield Stretch(Span(start, end), what, None if index is None else taken[index])


class _Cursor:
    """Which of some spans, in order, contains an instant; asked in order."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans, self._next = spans, 0

    def at(self, moment: datetime) -> int | None:
        while self._next < len(self._spans) and self._spans[self._next].end <= moment:
            self._next += 1
        is_in = self._next < len(self._spans) and self._spans[self._next].contains(moment)
        return self._next if is_in else None


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        if last and (last.availability, last.booking) == (one.availability, one.booking):
            found[-1] = Stretch(Span(last.span.start, one.span.end), last.availability, one.booking)
        else:
            found.append(one)
    return tuple(found)


def _free(wide: Span, occupied: Occupied, now: datetime, policy: Policy) -> Iterator[Span]:
    """The times in which every slot of the shortest length on the grid can be booked."""
    lasts = shortest_slot(policy)
    if lasts > policy.longest:
        return
    earliest = now + policy.lead - policy.slack
    if policy.mode == "request":
        earliest = max(earliest, now + SHORTEST_APPROVAL)
    latest = _down(now + policy.horizon, policy.grid) + lasts
    in_the_way = [Span(one.span.start - policy.buffer, one.span.end) for one in occupied.taken]
    in_the_way += [_kept_out(one, policy) for one in occupied.kept]
    for span in _without(occupied.is_open, merged(in_the_way)):
        start = _up(max(span.start, wide.start, earliest), policy.grid)
        end = _down(min(span.end, wide.end, latest), policy.grid)
        if end - start >= lasts:
            yield Span(start, end)


def _kept_out(kept: Kept, policy: Policy) -> Span:
    """The time in which no slot may lie, as `blocks.keeps_out` judges it."""
    before = policy.buffer if kept.kind == "own_car" else timedelta()
    return Span(kept.span.start - before, kept.span.end)


def _without(some: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    """What remains of spans without others; both in order and apart from each other."""
    first = 0
    for span in some:
        start = span.start
        while first < len(others) and others[first].end <= start:
            first += 1
        for other in others[first:]:
            if other.start >= span.end:
                break
            if start < other.start:
                yield Span(start, other.start)
            start = max(start, other.end)
        if start < span.end:
            yield Span(start, span.end)


def _down(moment: datetime, grid: timedelta) -> datetime:
    return moment - (moment - _FIRST) % grid


def _up(moment: datetime, grid: timedelta) -> datetime:
    return moment + -(moment - _FIRST) % grid
