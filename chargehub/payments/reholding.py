"""Deposits that follow their bookings: another hold takes the place of the one there is.

As when a hold ends (`renewing.py`), the old one is given back only when the new one stands. What
was refused changes nothing of the old one; a longer booking hears of it and ends as before.
"""

from datetime import datetime

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.payments import renewing, tables
from chargehub.payments.views import PaymentView
from chargehub.store.work import Work


def follow_change(work: Work, event: events.BookingChanged, now: datetime) -> None:
    """Ask for the deposit that a booking has now, where another one is held."""
    booking = bookings.booking(work, event.booking_id)
    payment = tables.live_of_booking(work, event.booking_id)
    if booking is None or event.state not in ("asked", "made"):
        return
    if payment is None or not _can_change(payment):
        if event.state == "asked":
            work.record(events.BookingChanged(booking.id, "refused"))
        return
    if payment.session_id is not None and booking.deposit_minor < payment.hold_minor:
        return  # it has grown with what its session costs
    if 0 < booking.deposit_minor != payment.hold_minor:
        renewing.replace(work, payment, booking.deposit_minor, now)


def _can_change(payment: PaymentView) -> bool:
    """It stands, and no other hold is on the way to its place."""
    is_renewed = payment.expires_at is not None and payment.renew_at is None
    return payment.state == "authorised" and not is_renewed
