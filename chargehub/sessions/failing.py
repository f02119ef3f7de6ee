"""Booked sessions that their station did not start, or broke off before anything flowed."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import col

from chargehub.bookings import failing
from chargehub.bookings import tables as bookings
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.bookings.tables import BookingView
from chargehub.events import SessionClosed, SessionFailed
from chargehub.sessions import cdr as records
from chargehub.sessions import rules, tables
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.stations.schema import CommandRow
from chargehub.store.work import Reads, Work

_START = (
    select(col(CommandRow.state))
    .where(col(CommandRow.kind) == "start_session")
    .order_by(col(CommandRow.id).desc())
    .limit(1)
)
_OWNERS = select(col(CommandRow.body)).where(
    col(CommandRow.station_id) == bindparam("station_id"),
    col(CommandRow.kind) == bindparam("kind"),
    col(CommandRow.is_owners),
    col(CommandRow.state) == "answered",
    col(CommandRow.sent_at) >= bindparam("since"),
)
_COMMANDED = {  # what ends a session, by the command that a station does so for
    **dict.fromkeys(("hard_reset", "immediate_reset", "reboot", "soft_reset"), "reset"),
    "unlock_command": "unlock",
}


def follow_failed(work: Work, event: SessionFailed, now: datetime) -> None:
    """A session that was asked for never began: did the station fail its booked driver, or did its
    owner call the start off?"""
    session = tables.session(work, event.session_id)
    booking = bookings.booking(work, session.booking_id or "") if session else None
    if session is None or booking is None or booking.status != "confirmed":
        return
    if rules.STOPPED_BY_OWNER in session.flags:
        failing.fail(work, booking, "stopped", now)
        return
    if _would_not_start(work, session, now) and _had_a_car(work, booking):
        failing.fail(work, booking, "start_failed", now)


def follow_closed(
    work: Work, event: SessionClosed, now: datetime, promises: Promises = PROMISES
) -> None:
    """A session is over: did the station break it off at once, before anything flowed, or did its
    owner stop it within the driver's slot?"""
    booking = bookings.by_session(work, event.session_id)
    if booking is None or booking.status != "active":
        return
    work.flush()
    cdr = tables.cdr(work, event.cdr_id)
    session = tables.session(work, event.session_id)
    if cdr is None or session is None:
        return
    if _is_stopped_by_owner(work, session, booking):
        failing.fail(work, booking, "stopped", now)
        return
    is_short = cdr.ended_at - cdr.started_at <= promises.start_fails_within
    if is_short and records.is_broken_off(session.stop_reason, cdr.energy_wh):
        failing.fail(work, booking, "start_failed", now)


def _is_stopped_by_owner(reads: Reads, session: SessionView, booking: BookingView) -> bool:
    """The station did as its owner asked, while the driver's slot was running."""
    if session.ended_at is None or session.ended_at >= booking.ends_at:
        return False
    if session.stop_reason == "remote":
        return rules.STOPPED_BY_OWNER in session.flags
    kind = _COMMANDED.get(session.stop_reason or "")
    if kind is None or booking.driver_id == booking.owner_id:
        return False
    about = {"station_id": session.station_id, "kind": kind, "since": session.started_at}
    bodies = (row.body for row in reads.all(_OWNERS, **about))
    return any(body.get("evse") in (None, session.evse_number) for body in bodies)


def _would_not_start(reads: Reads, session: SessionView, now: datetime) -> bool:
    """The station refused, did not answer, or said yes and began nothing in its time.

    A driver who took the wish back proves nothing.
    """
    if session.requested_at is None:
        return False
    state = reads.value(
        _START.where(
            col(CommandRow.station_id) == session.station_id,
            col(CommandRow.session_id) == session.id,
        )
    )
    is_late = now >= session.requested_at + rules.PLUG_IN_WITHIN
    return state in ("refused", "failed", "expired") or (state == "answered" and is_late)


def _had_a_car(reads: Reads, booking: BookingView) -> bool:
    """The station itself says that a car was plugged in in the booked time, or that it broke.

    Many stations refuse a start without a car, and from afar nobody has one there.
    """
    evse = stations.evse(reads, booking.evse_id)
    if evse is None or evse.status_at is None or evse.status_at < booking.opens_at:
        return False
    return evse.status in ("occupied", *failing.BROKEN)
