"""Deposits of bookings that ended without a session: given back, but for what their end costs."""

from datetime import datetime

import structlog

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.bookings.rules import RELEASED
from chargehub.payments import tables
from chargehub.payments.collect import square
from chargehub.payments.rail import Captured, RailBroken, Refusal
from chargehub.payments.rules import to_capture
from chargehub.payments.steps import move, note_hold_ended, release, told
from chargehub.payments.views import PaymentView
from chargehub.store.work import Work

log = structlog.get_logger(__name__)


def end_booking(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking ended without a session: its fee is taken from the hold, the rest goes back.

    Where nothing is held yet, nothing is taken: a fee is a part of a deposit, never a debt.
    """
    payment = tables.live_of_booking(work, event.booking_id)
    if payment is None or payment.session_id is not None:
        return
    booking = bookings.booking(work, event.booking_id)
    fee_minor = booking.fee_minor if booking else 0
    ask_minor = to_capture(fee_minor, payment.capturable_minor, payment.currency)
    if booking is None or ask_minor == 0 or payment.state != "authorised":
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


def record_fee(
    work: Work, event: events.FeeRequested, outcome: Captured | Refusal | None, now: datetime
) -> None:
    """Note what the rail took. After a refusal the whole hold goes back."""
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or payment.state != "capture_requested":
        return
    if isinstance(outcome, Refusal):
        log.warning("fee refused", payment=payment.id, booking=event.booking_id, code=outcome.code)
        move(work, payment, now, state="failed", due_minor=0, **told(outcome))
        work.record(events.ReleaseRequested(payment.id))
        return
    payment = _captured(work, payment, outcome, now)
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


def _captured(work: Work, payment: PaymentView, captured: Captured, now: datetime) -> PaymentView:
    if not 0 < captured.amount_minor <= payment.ask_minor:
        raise RailBroken(f"{payment.rail} was asked for {payment.ask_minor} and said {captured}")
    note_hold_ended(work, payment, now)
    return move(
        work,
        payment,
        now,
        state="captured",
        captured_minor=captured.amount_minor,
        rail_reference=captured.reference,
    )
