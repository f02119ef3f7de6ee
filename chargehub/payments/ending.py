"""Deposits of bookings that ended without a session: given back, but for what their end costs.

A booking that ends before its deposit is held costs what it would have cost with it: the fee is
taken of what its driver pays with. Who keeps bookings to the end pays nothing for those who do
not, and the slot was the owner's loss all the same.
"""

from datetime import datetime

import structlog

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.bookings import unpaid
from chargehub.bookings.rules import RELEASED
from chargehub.bookings.tables import BookingView
from chargehub.payments import tables
from chargehub.payments.collect import NO_METHOD, square
from chargehub.payments.rail import NO_DESTINATION, Captured, Refusal
from chargehub.payments.rules import payable, to_capture
from chargehub.payments.steps import captured, move, release, told
from chargehub.payments.tables import PaymentRow
from chargehub.payments.views import PaymentView
from chargehub.store.columns import derived_id
from chargehub.store.work import Work

log = structlog.get_logger(__name__)


def end_booking(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking ended without a session: its fee is taken from the hold, the rest goes back.

    Where nothing is held it is taken at once; while the rail is asked for a hold, its answer
    decides (`return_late`, `take_late`).
    """
    payment = tables.live_of_booking(work, event.booking_id)
    booking = bookings.booking(work, event.booking_id)
    fee_minor = booking.fee_minor if booking else 0
    if payment is None and booking is not None and fee_minor:
        _take(work, booking, now)
    if payment is None or payment.session_id is not None:
        return
    if booking is None or fee_minor == 0:
        release(work, payment, now)
        return
    if payment.state != "authorised":
        return
    ask_minor = to_capture(fee_minor, payment.capturable_minor, payment.currency)
    if ask_minor == 0:
        release(work, payment, now)
        return
    values = {"ask_minor": ask_minor, "due_minor": booking.fee_minor}
    move(work, payment, now, state="capture_requested", wish=None, **values)
    work.record(events.FeeRequested(payment.id, booking.id))


def return_late(work: Work, event: events.PaymentAuthorised, now: datetime) -> None:
    """Money was held for a booking that had ended by then: it goes back, but for a fee."""
    booking = bookings.booking(work, event.booking_id) if event.booking_id else None
    if booking is not None and booking.status in RELEASED:
        end_booking(work, events.BookingReleased(booking.id, booking.status), now)


def take_late(work: Work, event: events.PaymentRefused, now: datetime) -> None:
    """The deposit of a booking that has ended was refused: its fee is taken without it."""
    booking = bookings.booking(work, event.booking_id) if event.booking_id else None
    if booking is not None and booking.status in RELEASED:
        end_booking(work, events.BookingReleased(booking.id, booking.status), now)


def _take(work: Work, booking: BookingView, now: datetime) -> None:
    """Take a fee, once, of what the driver pays with now."""
    payment_id = derived_id("fee", booking.id)
    if tables.payment(work, payment_id) is not None:
        return
    method = tables.default_method(work, booking.driver_id)
    ask_minor = payable(booking.fee_minor, booking.currency) if method else 0
    if method is not None and ask_minor == 0:
        return  # less than any card can pay
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=booking.driver_id,
        booking_id=booking.id,
        rail=method.rail if method else "",
        method=method.reference if method else "",
        currency=booking.currency,
        capturable_minor=ask_minor,
        ask_minor=ask_minor,
        due_minor=ask_minor,
        state="capture_requested" if method else "failed",
        created_at=now,
        changed_at=now,
        **({} if method else told(NO_METHOD)),
    )
    if method:
        work.record(events.FeeRequested(payment_id, booking.id))
    else:
        unpaid.note_fee_refused(work, booking.id)


def record_fee(
    work: Work, event: events.FeeRequested, outcome: Captured | Refusal | None, now: datetime
) -> None:
    """Note what the rail took. After a refusal the whole hold goes back, if there is one."""
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or payment.state != "capture_requested":
        return
    if isinstance(outcome, Refusal):
        log.warning("fee refused", payment=payment.id, booking=event.booking_id, code=outcome.code)
        move(work, payment, now, state="failed", due_minor=0, **told(outcome))
        if payment.rail_reference is not None:
            work.record(events.ReleaseRequested(payment.id))
        booking = bookings.booking(work, event.booking_id)
        if outcome.code == NO_DESTINATION and booking is not None:
            _take(work, booking, now)  # it is the owner's account that is unfit, not the card
        elif payment.rail_reference is None:
            unpaid.note_fee_refused(work, event.booking_id)
        return
    payment = captured(work, payment, outcome, now)
    work.record(events.FeeCaptured(payment.id, event.booking_id, payment.captured_minor))
    _return_if_used(work, payment, event.booking_id, now)


def return_fee(work: Work, event: events.SessionOpened, now: datetime) -> None:
    """Whoever was taken for a no-show did come: the fee goes back, the session pays for itself.

    Where the rail is still busy with the fee, `record_fee` sees to it.
    """
    payment = tables.live_of_booking(work, event.booking_id) if event.booking_id else None
    if payment is not None and event.booking_id is not None and payment.state == "captured":
        _return_if_used(work, payment, event.booking_id, now)


def _return_if_used(work: Work, payment: PaymentView, booking_id: str, now: datetime) -> None:
    booking = bookings.booking(work, booking_id)
    is_fee = payment.session_id is None and payment.due_minor > 0
    if is_fee and booking is not None and booking.fee_minor == 0:
        square(work, move(work, payment, now, due_minor=0), now)
