"""Booked drivers who would find somebody else's car: told before they come, and offered others.

Only a car whose session the hub knows to be another's is in the way. A car that nobody charged
yet may be that of the booked driver, who has come early.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, exists, func, select
from sqlmodel import col

from chargehub.bookings import notices
from chargehub.bookings.notices import NOTICE
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.search import offering
from chargehub.sessions.schema import SESSION
from chargehub.stations import local_times
from chargehub.stations.schema import Evse, Station
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work

_WAS_THERE = ("active", "ended", "closed")
_LAST_THERE = (
    select(SESSION)
    .where(
        SESSION.c.station_id == BOOKING.c.station_id,
        SESSION.c.evse_id == BOOKING.c.evse_id,
        SESSION.c.status.in_(_WAS_THERE),
    )
    .order_by(SESSION.c.id.desc())
    .limit(1)
)


def _last_there(column: str) -> Any:
    """A column of the last session at a booking's EVSE."""
    found = _LAST_THERE.with_only_columns(SESSION.c[column])
    return found.correlate(BOOKING).scalar_subquery()


_BLOCKED = (
    select(BOOKING, _last_there("id").label("last_session_id"))
    .join(Evse, col(Evse.id) == BOOKING.c.evse_id)
    .join(Station, col(Station.id) == col(Evse.station_id))
    .where(
        BOOKING.c.status == "confirmed",
        BOOKING.c.opens_at <= bindparam("now"),
        col(Station.connection) != 0,
        col(Evse.status) == "occupied",
        _last_there("id").is_not(None),
        func.coalesce(_last_there("driver_id"), "") != BOOKING.c.driver_id,
        ~exists().where(NOTICE.c.booking_id == BOOKING.c.id, NOTICE.c.kind == "blocked"),
    )
    .order_by(BOOKING.c.opens_at, BOOKING.c.id)
)


def tell_blocked(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Tell drivers whose booking opens at an EVSE with another's car, each once; how many."""
    rows = work.all(_BLOCKED.limit(chunk.limit), now=now)
    due = [_Blocked(BookingView(*row[:-1]), row[-1]) for row in rows]
    return chunk.each(work, due, attrgetter("booking.id"), partial(_tell, now=now))


@dataclass(frozen=True, slots=True)
class _Blocked:
    """A booking and the session whose car is in its way."""

    booking: BookingView
    session_id: str


def _tell(work: Work, blocked: _Blocked, now: datetime) -> None:
    booking = blocked.booking
    notices.note(work, booking.id, "blocked", blocked.session_id, now)
    driver = people.account(work, booking.driver_id)
    if driver is None:
        return
    text = (
        "Hello,\n\n"
        "somebody else's car still stands at the charger that you booked from"
        f" {local_times.at_station(work, booking.station_id, booking.starts_at)}.\n"
        "You can wait, or cancel for nothing while it stands there; then you get a credit too.\n\n"
    )
    text += offering.offers(work, booking, now)
    mails.write_mail(work, driver.email, "Somebody still charges where you booked", text, now)
