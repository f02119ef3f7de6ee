"""Drivers whose deposits and fees are refused again and again: they keep no slot without a hold.

A far booking stands on the kept means of payment alone. Whoever makes a habit of one without money
could keep slots from others for nothing; whoever it happens to once or twice loses nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update

from chargehub.bookings import deposits
from chargehub.bookings.tables import BOOKING
from chargehub.errors import Forbidden
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work

COUNTED = timedelta(days=90)
HABIT = 3  # a card can expire, and an account be empty at a month's end

_ENDED_UNPAID = (
    select(BOOKING.c.ended_at)
    .where(
        BOOKING.c.driver_id == bindparam("driver_id"),
        BOOKING.c.deposit_state == "missing",
        BOOKING.c.status.in_(("cancelled", "expired", "no_show")),
        func.coalesce(BOOKING.c.cancelled_by, "driver") == "driver",
        BOOKING.c.ended_at > bindparam("since", type_=Instant()),
    )
    .order_by(BOOKING.c.ended_at.desc())
    .limit(HABIT)
)


class HeldAtOnceOnly(Forbidden):
    """A driver whose deposits were refused too often books what is held for at once."""

    code = "held_at_once_only"

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"{HABIT} of your deposits or fees were refused lately. Until {until:%Y-%m-%d} book"
            " what begins within a day: its deposit is held at once."
        )


def check(reads: Reads, driver_id: str, starts_at: datetime, now: datetime) -> None:
    """May this driver have a slot whose deposit is held later? Raises HeldAtOnceOnly."""
    if deposits.held_from(starts_at) <= now:
        return
    found = reads.all(_ENDED_UNPAID, driver_id=driver_id, since=now - COUNTED)
    if len(found) >= HABIT:
        raise HeldAtOnceOnly(found[-1].ended_at + COUNTED)


def note_fee_refused(work: Work, booking_id: str) -> None:
    """What was to be taken for a booking's end could not be, and nothing was held for it."""
    missing: deposits.Deposit = "missing"
    work.execute(update(BOOKING).where(BOOKING.c.id == booking_id).values(deposit_state=missing))
