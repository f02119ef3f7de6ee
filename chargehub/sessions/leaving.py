"""Sessions without a booking that run into the time of the EVSE's owner, for the own car.

Whoever charges there is told at the start until when, written to in good time, and stopped when
that time begins: it is the owner's charger.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, exists, func, or_, select

from chargehub.bookings import kept, notices
from chargehub.bookings.kept import BLOCK
from chargehub.bookings.notices import NOTICE, Notice
from chargehub.bookings.tables import BOOKING
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.sessions import rules, stopping
from chargehub.sessions.schema import SESSION
from chargehub.sessions.tables import SessionView
from chargehub.sessions.yielding import TOLD_BEFORE
from chargehub.stations import tables as stations
from chargehub.stations.local_times import at_station
from chargehub.store.chunk import ALL, SIZE, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work
from chargehub.units import Span

LOOKS_AHEAD = timedelta(hours=24)  # no walk-up is told of what comes later
_MOST = 1_000  # sessions looked at at once, where owners keep times for their cars

_HAS_A_TIME = exists().where(
    BLOCK.c.station_id == SESSION.c.station_id,
    BLOCK.c.kind == "own_car",
    or_(BLOCK.c.evse_id.is_(None), BLOCK.c.evse_id == SESSION.c.evse_id),
    or_(BLOCK.c.ends_at.is_(None), BLOCK.c.ends_at > bindparam("now", type_=Instant())),
)
_WALK_UPS = (
    select(SESSION)
    .where(
        SESSION.c.status == "active",
        SESSION.c.verdict == "accepted",
        SESSION.c.booking_id.is_(None),
        SESSION.c.free_reason.is_(None),
        _HAS_A_TIME,
        ~exists().where(NOTICE.c.booking_id == SESSION.c.id, NOTICE.c.kind == bindparam("told")),
    )
    .order_by(SESSION.c.id)
    .limit(_MOST)
)
_NEXT_BOOKING = select(func.min(BOOKING.c.opens_at, type_=BOOKING.c.opens_at.type)).where(
    BOOKING.c.evse_id == bindparam("evse_id"),
    BOOKING.c.blocked_until > bindparam("since", type_=Instant()),
    BOOKING.c.starts_at <= bindparam("before", type_=Instant()),
    BOOKING.c.status == "confirmed",
    BOOKING.c.driver_id != bindparam("driver_id"),
)


def until(reads: Reads, session: SessionView) -> datetime | None:
    """When the EVSE of a session without a booking is another's: a booking opens there, or its
    owner's own time begins. None: neither within a day of its start, or it is over."""
    since = session.started_at or session.requested_at
    is_walk_up = session.booking_id is None and not session.is_free
    if since is None or session.status not in ("starting", "active") or not is_walk_up:
        return None
    asked = {"evse_id": session.evse_id, "driver_id": session.driver_id or "", "since": since}
    booked_at = reads.value(_NEXT_BOOKING, before=since + LOOKS_AHEAD, **asked)
    moments = [booked_at, _own_time(reads, session, Span(since, since + LOOKS_AHEAD))]
    return min((at for at in moments if at is not None), default=None)


def _own_time(reads: Reads, session: SessionView, during: Span) -> datetime | None:
    """When the owner's time for the own car begins at the EVSE of a session."""
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    if evse is None:
        return None
    spans = kept.kept_spans(reads, evse, during)
    return min((one.span.start for one in spans if one.kind == "own_car"), default=None)


@dataclass(frozen=True, slots=True)
class _Ending:
    """A session, and when its EVSE is its owner's."""

    session: SessionView
    at: datetime


# --- the clock ---------------------------------------------------------------------------------


def warn_before_owners(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write to drivers whose EVSE is its owner's soon, each once; how many."""
    due = _due(work, "own_car", now, TOLD_BEFORE)
    return chunk.each(work, due, attrgetter("session.id"), partial(_warn, now=now))


def end_before_owners(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have sessions stopped whose EVSE is its owner's now, each once; how many."""
    due = _due(work, "own_car_end", now, timedelta())
    return chunk.each(work, due, attrgetter("session.id"), partial(_end, now=now))


def _due(work: Work, kind: Notice, now: datetime, ahead: timedelta) -> list[_Ending]:
    found: list[_Ending] = []
    for row in work.all(_WALK_UPS, now=now, told=kind):
        session = SessionView(*row)
        if len(found) == SIZE:
            break
        since = session.started_at or now
        at = _own_time(work, session, Span(min(since, now), now + ahead + timedelta.resolution))
        if at is not None:
            found.append(_Ending(session, at))
    return found


def _warn(work: Work, ending: _Ending, now: datetime) -> None:
    notices.note(work, ending.session.id, "own_car", ending.session.id, now)
    driver = people.account(work, ending.session.driver_id or "")
    if driver is None:
        return
    text = (
        "Hello,\n\n"
        "the owner of the charger that you use needs it from"
        f" {at_station(work, ending.session.station_id, ending.at)} on.\n"
        "Your session is ended then. Take your car away, please.\n"
    )
    mails.write_mail(work, driver.email, "The owner needs the charger that you use", text, now)


def _end(work: Work, ending: _Ending, now: datetime) -> None:
    notices.note(work, ending.session.id, "own_car_end", ending.session.id, now)
    stopping.ask_once(work, stopping.flagged(ending.session, rules.EVSE_KEPT), now)
