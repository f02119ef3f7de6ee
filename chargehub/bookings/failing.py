"""Bookings that their station fails. Only what stations tell of themselves decides it.

A driver who pulls the plug, or says that it did not work, changes nothing here.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import select
from sqlmodel import col

from chargehub.bookings import blame, reliability
from chargehub.bookings.cancellation import owner_penalty
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.bookings.reliability import Failure
from chargehub.bookings.steps import Ending, cancel_reservation, ended
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.events import BookingReleased
from chargehub.stations import tables as stations
from chargehub.stations.schema import Evse, Station
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work

BROKEN = ("faulted", "unavailable")

_BROKEN_AT_SLOT = (
    select(BOOKING)
    .join(Evse, col(Evse.id) == BOOKING.c.evse_id)
    .join(Station, col(Station.id) == col(Evse.station_id))
    .where(
        BOOKING.c.status == "confirmed",
        col(Station.connection) != 0,
        col(Evse.status).in_(BROKEN),
    )
    .order_by(BOOKING.c.starts_at, BOOKING.c.id)
)


def fail(work: Work, booking: BookingView, why: Failure, now: datetime) -> None:
    """The station failed its booked driver: all that was held goes back, and it is remembered.

    Where its owner did it, that counts as the owner's cancellation, and costs as much.
    """
    if why not in blame.BY_OWNER and blame.took_away(work, booking, why):
        why = "taken_away"
    ending = Ending("failed")
    if why in blame.BY_OWNER:
        ending = Ending("failed", "owner", penalty_minor=owner_penalty(booking, now))
    if not ended(work, booking, booking.status, ending, now):
        return
    reliability.note(work, booking, why, now)
    work.record(BookingReleased(booking.id, "failed"))
    cancel_reservation(work, booking, now)


def why_missed(reads: Reads, booking: BookingView) -> Failure | None:
    """How the station failed a driver who had not come when the grace was over. None: not at all.

    A line that was lost after the slot began is no failure: the driver may have been there.
    """
    station = stations.station(reads, booking.station_id)
    evse = stations.evse(reads, booking.evse_id)
    if station is None or evse is None:
        return "offline"
    if not station.is_connected:
        gone_at = station.disconnected_at
        return "offline" if gone_at is None or gone_at <= booking.starts_at else None
    is_told = evse.status_at is not None
    return "out_of_order" if is_told and evse.status in BROKEN else None


# --- the clock ---------------------------------------------------------------------------------


def fail_broken(
    work: Work, now: datetime, promises: Promises = PROMISES, chunk: Chunk = ALL
) -> int:
    """End bookings whose slot has begun at an EVSE that is out of order, at most 50; how many.

    Both for as long as a start may fail: nobody has to stand there until the grace is over.
    """
    since = now - promises.start_fails_within
    statement = _BROKEN_AT_SLOT.where(
        BOOKING.c.opens_at <= now, BOOKING.c.starts_at <= since, col(Evse.status_at) <= since
    )
    due = tuple(BookingView(*row) for row in work.all(statement.limit(chunk.limit)))
    return chunk.each(work, due, attrgetter("id"), partial(_fail_broken, now=now))


def _fail_broken(work: Work, booking: BookingView, now: datetime) -> None:
    fail(work, booking, "out_of_order", now)
