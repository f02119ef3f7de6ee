"""Owners who cancel again and again: their station is off the market for a while."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from chargehub.bookings import tables
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.bookings.tables import BOOKING
from chargehub.events import BookingReleased
from chargehub.listings import suspending
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.stations import local_times
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work

COUNTED = timedelta(days=30)
_BY_OWNER = ("cancelled", "failed")  # failed: the owner took it away, or stopped the session

_CANCELS = select(func.count()).where(
    BOOKING.c.station_id == bindparam("station_id"),
    BOOKING.c.status.in_(_BY_OWNER),
    BOOKING.c.cancelled_by == "owner",
    BOOKING.c.ended_at > bindparam("since", type_=Instant()),
)


def cancels(reads: Reads, station_id: str, now: datetime) -> int:
    """How many bookings of a station its owner cancelled in the last 30 days."""
    found: int = reads.value(_CANCELS, station_id=station_id, since=now - COUNTED)
    return found


def follow_cancelled(
    work: Work, event: BookingReleased, now: datetime, promises: Promises = PROMISES
) -> None:
    """An owner cancelled: with the last one that is put up with, the station is delisted."""
    booking = tables.booking(work, event.booking_id)
    if booking is None or booking.status not in _BY_OWNER or booking.cancelled_by != "owner":
        return
    count = cancels(work, booking.station_id, now)
    if not promises.owner_cancels or count < promises.owner_cancels:
        return
    until = (booking.ended_at or now) + promises.delisted
    owner = people.account(work, booking.owner_id)
    if not suspending.suspend(work, booking.station_id, until, now) or owner is None:
        return
    text = (
        "Hello,\n\n"
        f"you cancelled or spoilt {count} bookings of a station within 30 days. Drivers rely\n"
        "on what they book, so nobody finds or books this station until\n"
        f"    {local_times.at_station(work, booking.station_id, until)}.\n"
        "Then it is listed again by itself. What is booked stays booked.\n"
        f"The station: {booking.station_id}\n"
    )
    mails.write_mail(work, owner.email, "Your station is off the market for a while", text, now)
