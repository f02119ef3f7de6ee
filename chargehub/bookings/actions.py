"""What becomes of a booking: by the clock, and as what follows from events.

Every change of status is a compare-and-set, so an action that comes twice or late changes
nothing the second time. What the station reserves follows the booking and never leads it.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, case, update

from chargehub import events
from chargehub.bookings import (
    depositing,
    rules,
    tables,
)
from chargehub.bookings.lapsing import EXPIRED
from chargehub.bookings.steps import (
    Ending,
    cancel_reservation,
    ended,
    found,
    moved,
    noted,
    release,
)
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.people.rules import group_token
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.commands import Fate, Reserve
from chargehub.stations.reports import Acknowledged, ReservationEnded
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work

_ID = attrgetter("id")

# Its slot may be another's by now: it keeps nothing.
_IS_MISSED = BOOKING.c.status.in_(("no_show", "failed"))
_USABLE = ("held", "confirmed", "active")  # a request gives no right yet
_USE = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), _IS_MISSED | BOOKING.c.status.in_(_USABLE))
    .values(
        status=case((_IS_MISSED, "completed"), else_="active"),
        session_id=bindparam("used_by"),
        fee_minor=0,
    )
)


# --- what follows from events ------------------------------------------------------------------


def confirm(work: Work, event: events.PaymentAuthorised, now: datetime) -> None:
    """The money is held, so the slot is the driver's.

    A booking that ended before the money came stays ended, for its driver was told so and the
    slot may be somebody else's: the money goes back.
    """
    if event.booking_id is None:
        return
    if moved(work, event.booking_id, "held", "confirmed"):
        work.record(events.BookingConfirmed(event.booking_id))
    depositing.note_held(work, event, now)


def decline(work: Work, event: events.PaymentRefused, now: datetime) -> None:
    """The money is not to be had: the slot is free again, or its driver may mend that."""
    if event.booking_id is None:
        return
    booking = found(work, event.booking_id)
    if booking.status == "held":
        release(work, booking, Ending("declined"), now)
    else:
        depositing.note_refused(work, event, now)


def mark_used(work: Work, event: events.SessionOpened, now: datetime) -> None:
    """The driver has come: the booking runs with its session, a second one takes its place.
    A no-show of whom a station tells late did come: the booking counts as used, and costs no
    fee. What was taken for it goes back. So does one that was thought to have failed."""
    if event.booking_id is not None:
        work.execute(_USE, booking_id=event.booking_id, used_by=event.session_id)


def complete(work: Work, event: events.SessionClosed, now: datetime) -> None:
    """The session is over, and so is its booking; what is left of the slot is free again."""
    booking = tables.by_session(work, event.session_id)
    if booking is None:
        return
    if not ended(work, booking, "active", Ending("completed"), now):
        return
    if now < booking.blocked_until:
        work.record(events.BookingLeft(booking.id))
    if now < booking.arrive_by:
        cancel_reservation(work, booking, now)


def follow_command(work: Work, event: events.CommandFinished, now: datetime) -> None:
    """Note whether the station keeps the EVSE; take it back if the booking is over by now."""
    if event.kind != "reserve":
        return
    command = stations.command(work, event.command_id)
    if command is None or command.booking_id is None:
        return
    unanswered: Fate = "timed_out" if command.tries else "offline"
    becomes = rules.reservation_after(command.outcome.fate if command.outcome else unanswered)
    since = now if becomes == "made" else None
    if not noted(work, command.booking_id, "asked", becomes, since):
        return
    booking = found(work, command.booking_id)
    if booking.status not in rules.LIVE:
        cancel_reservation(work, booking, now)


def reservation_ended(
    work: Work, station_id: str, report: ReservationEnded, now: datetime
) -> Acknowledged:
    """The station let a reservation go. The booking stands: authorisation still keeps it."""
    booking = tables.by_reservation(work, station_id, report.reservation_id)
    if booking is not None and booking.reservation in rules.MAY_BE_KEPT:
        noted(work, booking.id, booking.reservation, "ended", booking.reserved_at)
    return Acknowledged()


# --- the clock ---------------------------------------------------------------------------------


def expire_holds(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let go of holds that were not paid in time, at most 50; how many."""
    due = tables.unpaid_holds(work, now, chunk.limit)
    return chunk.each(work, due, _ID, partial(release, ending=EXPIRED, now=now))


def open_due_windows(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask stations to keep EVSEs for bookings whose time comes, at most 50, each once; how many.

    The station lets go by itself when the driver has not come.
    """
    due = tables.not_reserved(work, now, chunk.limit)
    return chunk.each(work, due, _ID, partial(_reserve, now=now))


def _reserve(work: Work, booking: BookingView, now: datetime) -> None:
    evse = stations.evse(work, booking.evse_id)
    assert evse is not None, booking.evse_id
    noted(work, booking.id, "none", "asked", None)
    reserve = Reserve(
        booking.reservation_id,
        evse.number,
        booking.id_token,
        booking.arrive_by,
        group_token(booking.driver_id),
    )
    station_actions.command(
        work,
        booking.station_id,
        reserve,
        now,
        expires_in=booking.arrive_by - now,
        booking_id=booking.id,
    )
