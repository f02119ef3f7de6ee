"""Notices what may have come free, for those who wait there. What follows is `noticing`.

Here nobody is told, and hardly anything is judged: an EVSE is remembered for the watches of its
cell, and what is due is looked at later, a few watches at a time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, update

from chargehub import events
from chargehub.bookings import changes, kept, policies
from chargehub.bookings import tables as bookings
from chargehub.bookings.rules import DEFAULTS
from chargehub.search import candidates, watches
from chargehub.search.watch import MOST_AHEAD, Freed, WatchKind, cell_at, concerns
from chargehub.search.watches import WATCH
from chargehub.stations import tables as stations
from chargehub.store.columns import Instant
from chargehub.store.work import Work
from chargehub.units import Span

MOST_ASKED = 500  # watches that one EVSE is looked at for: there is one EVSE for all of them
_INSTANT = timedelta(microseconds=1)
_NOW = bindparam("now", type_=Instant())
_LOOK = (
    update(WATCH)
    .where(WATCH.c.id == bindparam("watch_id"), WATCH.c.due_at.is_(None))
    .values(due_at=case((WATCH.c.quiet_until > _NOW, WATCH.c.quiet_until), else_=_NOW))
)


def follow_released(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking has ended without a session: its time is free. (Who owns it and cancelled does not
    get the time back, and a search knows that.)"""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.blocked_until <= now:
        return
    times = (Span(booking.starts_at, booking.blocked_until),)
    freed = Freed(times, is_at_once=booking.opens_at <= now)
    _spot(work, [booking.evse_id], freed, now, but=booking.driver_id)


def follow_changed(work: Work, event: events.BookingChanged, now: datetime) -> None:
    """A booking ends earlier, or is not made longer after all."""
    booking = bookings.booking(work, event.booking_id)
    newest = next(iter(changes.changes_of(work, event.booking_id)), None)
    if booking is None or newest is None or newest.state == "asked":
        return
    ends = newest.was_ends_at, newest.ends_at
    start, end = ends if newest.state == "taken_back" else reversed(ends)
    if start < end:
        times = (Span(start, end + (booking.blocked_until - booking.ends_at)),)
        _spot(work, [booking.evse_id], Freed(times), now, but=booking.driver_id)


def follow_lifted(work: Work, event: events.BlockLifted, now: datetime) -> None:
    """An owner gives back what they kept for themselves."""
    block = kept.take_lifted(work, event.block_id)
    if block is None:
        return
    for evse in stations.evses_of_station(work, block.station_id):
        during = Span(now, now + MOST_AHEAD)
        times = tuple(each.span for each in kept.kept_by([block], evse, during))
        if times:
            freed = Freed(times, is_at_once=any(time.contains(now) for time in times))
            _spot(work, [evse.id], freed, now)


def follow_left(work: Work, event: events.BookingLeft, now: datetime) -> None:
    """A driver has left before the time of the booking was over: the rest of it is free."""
    booking = bookings.booking(work, event.booking_id)
    if booking is not None and now < booking.blocked_until:
        freed = Freed((Span(now, booking.blocked_until),), is_at_once=True)
        _spot(work, [booking.evse_id], freed, now, but=booking.driver_id)


def follow_freed(work: Work, event: events.EvseFreed, now: datetime) -> None:
    """An EVSE takes a car again."""
    evse = stations.evse_by_number(work, event.station_id, event.evse_number)
    if evse is not None:
        _spot(work, [evse.id], Freed((Span(now, now + _INSTANT),), is_at_once=True), now)


def follow_listed(work: Work, event: events.StationListed, now: datetime) -> None:
    """A station is on the market for the first time, or for the first time for everybody."""
    evse_ids = [evse.id for evse in stations.evses_of_station(work, event.station_id)]
    kinds: tuple[WatchKind, ...] = ("listed", "free") if event.is_first else ("listed",)
    _spot(work, evse_ids, Freed(is_new=True), now, kinds)


def _spot(
    work: Work,
    evse_ids: Sequence[str],
    freed: Freed,
    now: datetime,
    kinds: Sequence[WatchKind] = ("free",),
    but: str = "",
) -> None:
    """Remember EVSEs of one station for the watches that they concern, of all accounts but one."""
    spots = candidates.some(work, evse_ids)
    if not spots:
        return  # they are not on the market
    places = sorted({cell_at(spot.place) for spot in spots} | {spot.evse_id for spot in spots})
    waiting = watches.at(work, places, kinds, now)
    if not waiting:
        return
    station_id = spots[0].station_id
    policy = policies.current_of(work, [station_id]).get(station_id, DEFAULTS)
    left = MOST_ASKED
    for each in waiting:
        there = [spot.evse_id for spot in spots if each.is_there(spot.evse_id, spot.place)]
        is_meant = there and each.account_id != but
        if left > 0 and is_meant and concerns(freed, each.during, policy, now):
            left -= len(there)
            watches.note(work, each.id, there)
            work.execute(_LOOK, watch_id=each.id, now=now)
