"""Sessions without a booking that run on until somebody's booking opens at their EVSE.

Whoever charges there is told in time, and stopped where the owner's policy says so. Who has booked
and came early goes on charging: the session becomes that of the booking.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import Select, bindparam, exists, select

from chargehub.bookings import notices, policies
from chargehub.bookings.notices import NOTICE, Notice
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.events import SessionOpened
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.sessions import advancing, rules, stopping
from chargehub.sessions.schema import SESSION
from chargehub.sessions.tables import SessionView
from chargehub.stations import local_times
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work

TOLD_BEFORE = timedelta(minutes=15)  # before the EVSE is kept for the booked driver
_COLUMNS = len(BOOKING.columns)

_MEETING = (
    select(BOOKING, SESSION)
    .join(SESSION, SESSION.c.evse_id == BOOKING.c.evse_id)
    .where(
        SESSION.c.station_id == BOOKING.c.station_id,
        SESSION.c.status == "active",
        SESSION.c.verdict == "accepted",
        SESSION.c.booking_id.is_(None),
        BOOKING.c.status == "confirmed",
        BOOKING.c.opens_at <= bindparam("by"),
    )
    .order_by(BOOKING.c.opens_at, BOOKING.c.id)
)
_OWN = _MEETING.where(SESSION.c.driver_id == BOOKING.c.driver_id)
_ANOTHERS = _MEETING.where(
    SESSION.c.driver_id != BOOKING.c.driver_id, SESSION.c.free_reason.is_(None)
)


def _untold(kind: Notice) -> Select[tuple[object, ...]]:
    told = exists().where(NOTICE.c.booking_id == BOOKING.c.id, NOTICE.c.kind == kind)
    return _ANOTHERS.where(~told)


_UNTOLD, _UNSTOPPED = _untold("walk_up"), _untold("walk_up_end")


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A booking, and the session that runs where it is to begin."""

    booking: BookingView
    session: SessionView


def take_up_early(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let sessions of drivers who came before their booking opened be those of the booking; how
    many. Their price stays; the hold of the booking goes back, for the session has its own."""
    return _each(work, _OWN, now, chunk, partial(_take_up, now=now))


def _take_up(work: Work, meeting: _Meeting, now: datetime) -> None:
    session = meeting.session
    advancing.save(work, session, replace(session, booking_id=meeting.booking.id))
    work.record(SessionOpened(session.id, meeting.booking.id))


def warn_walk_ups(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write to drivers that somebody's booking opens soon where they charge, each once."""
    return _each(work, _UNTOLD, now + TOLD_BEFORE, chunk, partial(_warn, now=now))


def _warn(work: Work, meeting: _Meeting, now: datetime) -> None:
    booking, session = meeting.booking, meeting.session
    notices.note(work, booking.id, "walk_up", session.id, now)
    driver = people.account(work, session.driver_id or "")
    if driver is None:
        return
    is_ended = policies.of_booking(booking).ends_walk_ups
    then = "Your session is ended then." if is_ended else "Please end your session by then."
    opens_at = local_times.at_station(work, booking.station_id, booking.opens_at)
    text = (
        "Hello,\n\n"
        "the charger that you use is kept for somebody who booked it from"
        f" {opens_at} on.\n{then} Take your car away, please.\n"
    )
    mails.write_mail(work, driver.email, "The charger that you use is booked", text, now)


def end_walk_ups(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have sessions stopped where a booking opens whose policy says so, each looked at once."""
    return _each(work, _UNSTOPPED, now, chunk, partial(_end, now=now))


def _end(work: Work, meeting: _Meeting, now: datetime) -> None:
    booking, session = meeting.booking, meeting.session
    notices.note(work, booking.id, "walk_up_end", session.id, now)
    if policies.of_booking(booking).ends_walk_ups:
        stopping.ask_once(work, stopping.flagged(session, rules.EVSE_BOOKED), now)


def _each(
    work: Work,
    statement: Select[tuple[object, ...]],
    by: datetime,
    chunk: Chunk,
    deed: Callable[[Work, _Meeting], None],
) -> int:
    rows = work.all(statement.limit(chunk.limit), by=by)
    found = [_Meeting(BookingView(*row[:_COLUMNS]), SessionView(*row[_COLUMNS:])) for row in rows]
    return chunk.each(work, found, attrgetter("booking.id"), deed)
