"""What of bookings and sessions counts for the standing of stations: noted when it happens."""

from datetime import datetime, timedelta

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.bookings.tables import BookingView
from chargehub.reputation import tables
from chargehub.reputation.measuring import look_again, look_again_at_all
from chargehub.reputation.schema import BookingConduct
from chargehub.reputation.uptime import measure
from chargehub.sessions import tables as sessions
from chargehub.stations import tables as stations
from chargehub.stations import timeline
from chargehub.store.work import Reads, Work
from chargehub.units import Span

SECOND = timedelta(seconds=1)


def note_answer(
    work: Work, event: events.BookingHeld | events.BookingConfirmed, now: datetime
) -> None:
    """The owner agreed to a request: how long that took is noted once."""
    booking = bookings.booking(work, event.booking_id)
    if booking is not None and booking.approve_by is not None:
        _note(work, booking, now, answer_s=(now - booking.created_at) // SECOND)


def note_end(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking ended without a session: what that says of its owner, or its driver."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None:
        return
    if event.reason == "declined" and booking.approve_by is not None:
        _note_no(work, booking, booking.approve_by, now)
    elif event.reason == "no_show":
        _note(work, booking, now, is_excused=not _could_be_used(work, booking))
    if booking.cancelled_by == "owner":
        look_again_at_all(work, booking.owner_id, now)
    look_again(work, booking.station_id, now)


def note_session(
    work: Work, event: events.SessionClosed | events.SessionFailed, now: datetime
) -> None:
    """A session is over, or never began."""
    session = sessions.session(work, event.session_id)
    if session is not None:
        look_again(work, session.station_id, now)


def _note_no(work: Work, booking: BookingView, approve_by: datetime, now: datetime) -> None:
    """The owner said no, or nothing at all; a deposit that was refused after a yes is neither."""
    if booking.cancelled_by == "owner":
        answered_at = booking.ended_at or now
    elif now >= approve_by:
        answered_at = approve_by
    else:
        return
    _note(work, booking, now, answer_s=(answered_at - booking.created_at) // SECOND)


def _note(
    work: Work,
    booking: BookingView,
    now: datetime,
    answer_s: int | None = None,
    is_excused: bool = False,
) -> None:
    if tables.is_noted(work, booking.id):
        if is_excused:
            work.execute(tables.EXCUSE, of_booking=booking.id)
        return
    work.add(
        BookingConduct(
            booking_id=booking.id,
            station_id=booking.station_id,
            at=now,
            answer_s=answer_s,
            is_excused=is_excused,
        )
    )
    look_again(work, booking.station_id, now)


def _could_be_used(reads: Reads, booking: BookingView) -> bool:
    """The station had its line and the EVSE was in order all the time the driver was awaited."""
    evse = stations.evse(reads, booking.evse_id)
    if evse is None:
        return False
    wait = Span(booking.starts_at, max(booking.arrive_by, booking.starts_at))
    line = timeline.during(reads, evse.station_id, timeline.LINE, wait)
    statuses = timeline.during(reads, evse.station_id, evse.number, wait)
    if not statuses or statuses[0].at > wait.start:
        return False
    return measure(wait, [wait], statuses, line).outage_s == 0
