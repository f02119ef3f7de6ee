"""Deposits of bookings that stand already: asked for a day before, mended, or missing in the end.

What was confirmed without a hold is not lost at its first refusal: its driver is told, and has
until two hours before the start. Nobody loses a booking because a rail is silent.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, select, update

from chargehub import events
from chargehub.bookings import deposits, rules, tables
from chargehub.bookings.approving import mail_account, when
from chargehub.bookings.cancelling import role, seen_by
from chargehub.bookings.steps import Ending, found, release
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.errors import Forbidden
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.stations import local_times
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Money

MISSING_SUBJECT = "The deposit of your booking could not be held"
LAPSED_SUBJECT = "A booking of your charger does not stand any more"
_ID = attrgetter("id")

_NOTE = (
    update(BOOKING)
    .where(
        BOOKING.c.id == bindparam("booking_id"),
        BOOKING.c.status == "confirmed",
        BOOKING.c.deposit_state == bindparam("was"),
    )
    .values(deposit_state=bindparam("becomes"))
)
_DUE = (
    select(BOOKING)
    .where(
        BOOKING.c.deposit_state == bindparam("state"),
        BOOKING.c.status == "confirmed",
        BOOKING.c.starts_at <= bindparam("until", type_=Instant()),
    )
    .order_by(BOOKING.c.starts_at)
    .limit(bindparam("limit"))
)
_MISSING_OF = (
    select(BOOKING)
    .where(
        BOOKING.c.driver_id == bindparam("driver_id"),
        BOOKING.c.deposit_state == "missing",
        BOOKING.c.status == "confirmed",
    )
    .order_by(BOOKING.c.starts_at)
    .limit(rules.DEFAULTS.open_bookings)
)


def due(
    reads: Reads, state: deposits.Deposit, until: datetime, limit: int
) -> tuple[BookingView, ...]:
    """Bookings that stand, with a deposit in this state, and begin by then; at most `limit`."""
    rows = reads.all(_DUE, state=state, until=until, limit=limit)
    return tuple(BookingView(*row) for row in rows)


def missing_of(reads: Reads, driver_id: str) -> tuple[BookingView, ...]:
    """A driver's bookings whose deposits were refused and may be mended."""
    return tuple(BookingView(*row) for row in reads.all(_MISSING_OF, driver_id=driver_id))


def ask_again(work: Work, actor: Actor, booking_id: str, now: datetime) -> BookingView:
    """Ask once more for a deposit that was refused, of what the driver pays with now.

    Where none is missing nothing changes. Raises NotFound, Forbidden, BookingOver.
    """
    booking = seen_by(actor, tables.booking(work, booking_id))
    if role(actor, booking) != "driver":
        raise Forbidden("Only who booked the slot can pay its deposit.")
    if booking.status not in rules.LIVE:
        raise rules.BookingOver("The booking is over. Book another slot.")
    if booking.status == "confirmed" and booking.deposit_state == "missing":
        if deposits.mend_by(booking.starts_at) <= now:
            raise rules.BookingOver("It is too late to pay the deposit. Book another slot.")
        _ask(work, booking)
    return found(work, booking_id)


def _ask(work: Work, booking: BookingView) -> None:
    if _noted(work, booking.id, booking.deposit_state, "asked"):
        work.record(events.DepositDue(booking.id, new_id()))


def _noted(work: Work, booking_id: str, was: str, becomes: deposits.Deposit) -> bool:
    return work.execute(_NOTE, booking_id=booking_id, was=was, becomes=becomes) == 1


# --- what follows from events ------------------------------------------------------------------


def ask_with_new_method(work: Work, event: events.PaymentMethodChanged, now: datetime) -> None:
    """Who pays with something else now has mended what was refused, or will hear that it is not."""
    for booking in missing_of(work, event.account_id):
        if deposits.mend_by(booking.starts_at) > now:
            _ask(work, booking)


def note_held(work: Work, event: events.PaymentAuthorised, now: datetime) -> None:
    """The deposit of a booking that stands is held."""
    if event.booking_id is not None:
        for was in ("asked", "missing"):
            _noted(work, event.booking_id, was, "held")


def note_refused(work: Work, event: events.PaymentRefused, now: datetime) -> None:
    """The deposit of a booking that stands was refused: its driver is told what to do."""
    if event.booking_id is None or not _noted(work, event.booking_id, "asked", "missing"):
        return
    booking = found(work, event.booking_id)
    if deposits.mend_by(booking.starts_at) <= now:
        _lapse(work, booking, now)
        return
    text = _what_to_do(work, booking)
    mail_account(work, booking.driver_id, MISSING_SUBJECT, text, now)


def _what_to_do(reads: Reads, booking: BookingView) -> str:
    by = _local(reads, booking, deposits.mend_by(booking.starts_at))
    deposit = Money(booking.deposit_minor, booking.currency)
    how = (
        "Add another means of payment, and it is asked for again by itself; or see to the one "
        f"you have, and ask by\nPOST /api/v1/bookings/{booking.id}/deposit."
    )
    if people.is_guest(reads, booking.driver_id):
        how = (
            "See to your means of payment, and have it asked for again by the credential of your "
            "booking:\nPOST /api/v1/guest-booking/deposit."
        )
    return (
        f"The deposit of {deposit} for your booking {when(reads, booking)} could not be held.\n"
        f"\n{how}\n\nWithout it the booking ends at {by}, and costs you nothing.\n"
        f"\nThe booking: {booking.id}\n"
    )


def _local(reads: Reads, booking: BookingView, moment: datetime) -> str:
    return local_times.at_station(reads, booking.station_id, moment)


# --- the clock ---------------------------------------------------------------------------------


def ask_due_deposits(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask for the deposits of bookings that begin within a day, at most 50; how many."""
    until = now + deposits.HOLD_BEFORE
    return chunk.each(work, due(work, "later", until, chunk.limit), _ID, _ask)


def lapse_unpaid(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """End bookings whose deposit is still missing two hours before, at most 50; how many."""
    until = now + deposits.MEND_BEFORE
    lapse = partial(_lapse, now=now)
    return chunk.each(work, due(work, "missing", until, chunk.limit), _ID, lapse)


def _lapse(work: Work, booking: BookingView, now: datetime) -> None:
    """It costs its driver nothing; who owns the EVSE may give the slot to somebody else."""
    release(work, booking, Ending("expired"), now)
    text = (
        f"The booking of your charger {when(work, booking)} has ended: the driver's deposit could "
        "not be held.\n\nThe time is free again, and others can book it.\n"
        f"\nThe booking: {booking.id}\n"
    )
    mail_account(work, booking.owner_id, LAPSED_SUBJECT, text, now)
