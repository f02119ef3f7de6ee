"""A booking has ended without its driver's doing: the driver hears of it, and what it costs."""

from datetime import datetime

from chargehub import events
from chargehub.bookings import retirements
from chargehub.bookings import tables as bookings
from chargehub.bookings.approving import mail_account, when
from chargehub.bookings.tables import BookingView
from chargehub.search.offering import offers
from chargehub.stations import local_times
from chargehub.store.work import Reads, Work
from chargehub.units import Money

CANCELLED_SUBJECT = "Your booking is cancelled"
MISSED_SUBJECT = "You did not come: your booking is over"
UNPAID_SUBJECT = "Your booking does not stand: its deposit could not be held"


def tell_ended(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """Write to the driver whose booking was cancelled by its owner or an operator, who did not
    come, or whose deposit was not held. Of stations that failed or were taken out of service, of
    requests that were declined and of weekly bookings others tell (`offering`, `approving`,
    `repeating`).
    """
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.status != event.reason:
        return
    if _was_cancelled(work, booking):
        mail_account(
            work, booking.driver_id, CANCELLED_SUBJECT, _cancelled(work, booking, now), now
        )
    elif booking.status == "no_show":
        mail_account(work, booking.driver_id, MISSED_SUBJECT, _missed(work, booking), now)
    elif _is_unpaid(work, booking):
        text = (
            f"The deposit of your booking {when(work, booking)} could not be held, so it does "
            "not stand.\n\nLook at your means of payment, and book it anew if you need it.\n"
        )
        mail_account(work, booking.driver_id, UNPAID_SUBJECT, text, now)


def _was_cancelled(reads: Reads, booking: BookingView) -> bool:
    is_anothers = booking.status == "cancelled" and booking.cancelled_by in ("owner", "operator")
    return is_anothers and not retirements.has_ended(reads, booking)


def _is_unpaid(reads: Reads, booking: BookingView) -> bool:
    """Its deposit was asked for: a request that nobody agreed to has no time to pay by."""
    was_asked = booking.pay_by is not None or booking.deposit_state == "missing"
    return booking.status in ("declined", "expired") and was_asked


def _cancelled(reads: Reads, booking: BookingView, now: datetime) -> str:
    by = "owner of the charger" if booking.cancelled_by == "owner" else "operator of the hub"
    return (
        f"The {by} has cancelled your booking {when(reads, booking)}.\n\n"
        "It costs you nothing: what was held of your money is released in full.\n\n"
    ) + offers(reads, booking, now)


def _missed(reads: Reads, booking: BookingView) -> str:
    kept = (
        f"{Money(booking.fee_minor, booking.currency)} of what was held are kept, as its rules say."
        if booking.fee_minor
        else "It costs you nothing."
    )
    by = local_times.at_station(reads, booking.station_id, booking.arrive_by)
    return (
        f"Nobody had come for your booking {when(reads, booking)} by {by}, "
        f"so others may have the charger again.\n\n{kept}\n"
        "If you were there and could not charge, dispute it within 14 days: booking "
        f"{booking.id}.\n"
    )
