"""Owners keep EVSEs for themselves: state a block, take it back; and nobody books into one.

Bookings that are there already are not overrun: they are named, or cancelled where the owner says
so, for what it costs an owner to cancel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from chargehub import events
from chargehub.bookings import approving, cancelling, kept, lapsing, rules, tables
from chargehub.bookings.blocks import (
    BookingsInTheWay,
    Kept,
    KeptByOwner,
    Kind,
    Times,
    TooManyBlocks,
    check,
    keeps_out,
    last_instant,
    write_times,
)
from chargehub.bookings.kept import BLOCK, MOST_BLOCKS, Asked, BlockView, EvseBlockRow
from chargehub.bookings.rules import Policy
from chargehub.bookings.tables import BookingView
from chargehub.errors import NotFound, Obstacle
from chargehub.people.rules import Actor, fold_id_token
from chargehub.stations import tables as stations
from chargehub.stations.registration import owned_station
from chargehub.stations.schema import Station
from chargehub.stations.views import EvseView
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Money, Span

CANCELLED_AT_ONCE = 50
_STATION = table_of(Station)


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A time to keep. `evse_id` None: all EVSEs of the station.

    `cancels`: bookings that are in the way are cancelled.
    """

    evse_id: str | None
    kind: Kind
    times: Times
    note: str = ""
    cancels: bool = False


def keep(work: Work, actor: Actor, station_id: str, wanted: NewBlock, now: datetime) -> BlockView:
    """Keep EVSEs of one's own station. Own bookings and those of the household may stay.

    Raises NotFound, BadBlock, TooManyBlocks, BookingsInTheWay.
    """
    owned_station(work, actor.account_id, station_id)
    evses = _meant(work, station_id, wanted.evse_id)
    check(wanted.kind, wanted.times, [evse.power_w for evse in evses], now)
    if kept.count(work, station_id, now) >= MOST_BLOCKS:
        raise TooManyBlocks(f"A station has {MOST_BLOCKS} blocks at most. Delete one first.")
    _wait_for_bookings(work, station_id)
    block = BlockView(
        new_id(), station_id, wanted.evse_id, wanted.kind, wanted.times, wanted.note, now
    )
    there = [one for evse in evses for one in _in_the_way(work, evse, block, now)]
    _make_room(work, actor, there, wanted.cancels, now)
    work.add(
        EvseBlockRow(
            id=block.id,
            station_id=station_id,
            evse_id=block.evse_id,
            kind=block.kind,
            times=write_times(block.times),
            note=block.note,
            ends_at=last_instant(block.times),
            created_at=now,
        )
    )
    return block


def give_back(work: Work, actor: Actor, station_id: str, block_id: str, now: datetime) -> None:
    """End a block; twice is once. Raises NotFound where the station is not the actor's."""
    owned_station(work, actor.account_id, station_id)
    is_it = (BLOCK.c.id == block_id) & (BLOCK.c.station_id == station_id)
    stands = is_it & BLOCK.c.lifted_at.is_(None)
    if work.execute(update(BLOCK).where(stands).values(lifted_at=now)):
        work.record(events.BlockLifted(block_id, station_id))


def _meant(reads: Reads, station_id: str, evse_id: str | None) -> Sequence[EvseView]:
    evses = stations.evses_of_station(reads, station_id)
    if evse_id is None:
        return evses
    found = [evse for evse in evses if evse.id == evse_id]
    if not found:
        raise NotFound("This station has no EVSE with this id.")
    return found


# --- bookings that are there -------------------------------------------------------------------


def _make_room(
    work: Work, actor: Actor, there: Sequence[BookingView], cancels: bool, now: datetime
) -> None:
    if not there:
        return
    running = [one for one in there if one.status == "active"]
    if running or not cancels or len(there) > CANCELLED_AT_ONCE:
        raise _refusal(work, actor, there, bool(running), now)
    for booking in there:
        if booking.status == "requested":
            approving.decline(work, actor, booking.id, now)
        else:
            cancelling.cancel(work, actor, booking.id, now)


def _in_the_way(
    work: Work, evse: EvseView, block: BlockView, now: datetime
) -> Iterator[BookingView]:
    there = tables.to_come(work, evse.id, now)
    if not there:
        return
    until = max(booking.blocked_until for booking in there)
    times = kept.kept_by([block], evse, Span(now, until))
    for time in times:  # money that comes late must not make a booking of a hold within it
        lapsing.give_way(work, evse.id, time.span, now)
    for booking in there:
        is_own = booking.driver_id == evse.owner_id or stations.is_household(
            work, evse.id, fold_id_token(booking.id_token)
        )
        if not is_own and not rules.has_lapsed(booking, now) and _overruns(booking, times):
            yield booking


def _overruns(booking: BookingView, times: Sequence[Kept]) -> bool:
    slot = Span(booking.starts_at, booking.ends_at)
    buffer = booking.blocked_until - booking.ends_at
    return any(keeps_out(time, slot, buffer) for time in times)


def _refusal(
    work: Work, actor: Actor, there: Sequence[BookingView], is_running: bool, now: datetime
) -> BookingsInTheWay:
    what = f"Bookings are in the way ({len(there)})."
    if is_running:
        text = f"{what} One of them is being used: wait until it is over, or stop its session."
    elif len(there) > CANCELLED_AT_ONCE:
        text = f"{what} That is more than {CANCELLED_AT_ONCE} at once: keep a shorter time first."
    else:
        text = f"{what} Choose another time, or send `cancel_bookings` true and owe the penalties."
    error = BookingsInTheWay(text)
    shown = there[:CANCELLED_AT_ONCE]
    error.obstacles = [_obstacle(work, actor, booking, now) for booking in shown]
    return error


def _obstacle(work: Work, actor: Actor, booking: BookingView, now: datetime) -> Obstacle:
    penalty_minor = 0
    if booking.status != "active":
        penalty_minor = cancelling.price_of_cancelling(work, actor, booking, now).penalty_minor
    penalty = Money(penalty_minor, booking.currency)
    text = f"Cancelling it costs you {penalty}." if penalty_minor else "Cancelling it is free."
    if booking.status == "active":
        text = "It is being used."
    return Obstacle(booking.id, booking.starts_at, booking.ends_at, booking.status, text)


# --- bookings to be made -----------------------------------------------------------------------


def check_not_kept(reads: Reads, evse: EvseView, slot: Span, policy: Policy) -> None:
    """A stranger's slot must not run into its owner's time. Raises KeptByOwner."""
    _wait_for_blocks(reads, evse.station_id)
    found = kept.in_the_way(reads, evse, Asked(slot, policy.buffer))
    if found is not None:
        raise KeptByOwner(
            f"The owner keeps this EVSE from {found.span.start:%Y-%m-%dT%H:%MZ}"
            f" until {found.span.end:%Y-%m-%dT%H:%MZ} or longer. Choose another time or EVSE."
        )


def opens_at(reads: Reads, evse: EvseView, earliest: datetime, starts_at: datetime) -> datetime:
    """From when on a booked driver may come early: not in the time of the EVSE's owner."""
    if earliest >= starts_at:
        return earliest
    before = kept.kept_spans(reads, evse, Span(earliest, starts_at))
    return max([earliest, *(time.span.end for time in before)])


def _wait_for_bookings(work: Work, station_id: str) -> None:
    """Two nodes must not make a booking and a block of the same time at once; SQLite has one."""
    work.one(select(_STATION.c.id).where(_STATION.c.id == station_id).with_for_update())


def _wait_for_blocks(reads: Reads, station_id: str) -> None:
    """As above, while bookings of several EVSEs do not wait for each other. Who only looks, locks
    nothing."""
    if not isinstance(reads, Work):
        return
    lock = select(_STATION.c.id).where(_STATION.c.id == station_id)
    reads.one(lock.with_for_update(read=True, key_share=True))
