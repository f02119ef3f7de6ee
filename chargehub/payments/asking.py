"""Deposits of bookings that stand already, whose time has come or whose driver has mended them."""

from datetime import datetime

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.payments import tables
from chargehub.payments.collect import Need, open_hold
from chargehub.store.work import Work
from chargehub.units import Money


def open_for_deposit(work: Work, event: events.DepositDue, now: datetime) -> None:
    """Ask for the deposit to be held; one that was refused before has a payment of its own."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or (booking.status, booking.deposit_state) != ("confirmed", "asked"):
        return
    if tables.payment(work, event.payment_id) or tables.live_of_booking(work, booking.id):
        return
    deposit = Money(booking.deposit_minor, booking.currency)
    need = Need(booking.driver_id, deposit, booking_id=booking.id)
    open_hold(work, need, now, event.payment_id)
