"""What every step of a booking is made of: the compare-and-set, its end, the station's part."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update

from chargehub import events
from chargehub.bookings import rules, tables
from chargehub.bookings.rules import Status
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.stations import actions as station_actions
from chargehub.stations.commands import CancelReservation
from chargehub.store.work import Work

CANCEL_WITHIN = timedelta(hours=1)  # by then every reservation has run out at the station itself

_MOVE = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), BOOKING.c.status == bindparam("was"))
    .values(status=bindparam("becomes"))
)
_END = _MOVE.values(
    ended_at=bindparam("now"),
    cancelled_by=bindparam("by"),
    fee_minor=bindparam("fee"),
    penalty_minor=bindparam("penalty"),
)
_NOTE_RESERVATION = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), BOOKING.c.reservation == bindparam("was"))
    .values(reservation=bindparam("becomes"), reserved_at=bindparam("since"))
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a booking ends, and what that costs in minor units of its currency.

    `fee_minor` is kept of the deposit; `penalty_minor` is what the owner owes.
    """

    becomes: Status
    by: str | None = None
    fee_minor: int = 0
    penalty_minor: int = 0


def found(work: Work, booking_id: str) -> BookingView:
    """The booking, which must be there."""
    booking = tables.booking(work, booking_id)
    assert booking is not None, booking_id
    return booking


def moved(work: Work, booking_id: str, was: Status, becomes: Status) -> bool:
    """Change the status, if it still is as it was read."""
    return work.execute(_MOVE, booking_id=booking_id, was=was, becomes=becomes) == 1


def ended(work: Work, booking: BookingView, was: str, ending: Ending, now: datetime) -> bool:
    """End a booking, if its status still is as it was read."""
    work.notify(f"station:{booking.station_id}")
    values = {"by": ending.by, "fee": ending.fee_minor, "penalty": ending.penalty_minor}
    return (
        work.execute(
            _END, booking_id=booking.id, was=was, becomes=ending.becomes, now=now, **values
        )
        == 1
    )


def noted(
    work: Work, booking_id: str, was: str, becomes: rules.Reservation, since: datetime | None
) -> bool:
    """Note what the station keeps, if that still is as it was read."""
    values: dict[str, Any] = {"was": was, "becomes": becomes, "since": since}
    return work.execute(_NOTE_RESERVATION, booking_id=booking_id, **values) == 1


def release(work: Work, booking: BookingView, ending: Ending, now: datetime) -> None:
    """End a booking without a session: the slot is free, the money and the EVSE are let go."""
    if not ended(work, booking, booking.status, ending, now):
        return
    work.record(events.BookingReleased(booking.id, ending.becomes))
    cancel_reservation(work, booking, now)


def cancel_reservation(work: Work, booking: BookingView, now: datetime) -> None:
    """Take back what the station keeps. While its answer is awaited, `follow_command` will."""
    if booking.reservation not in ("made", "unsure"):
        return
    noted(work, booking.id, booking.reservation, "ended", booking.reserved_at)
    station_actions.command(
        work,
        booking.station_id,
        CancelReservation(booking.reservation_id),
        now,
        expires_in=CANCEL_WITHIN,
        booking_id=booking.id,
    )
