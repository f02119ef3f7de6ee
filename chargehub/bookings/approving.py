"""Bookings that their owner agrees to: asked, approved, declined, or not answered in time.

Nothing is held before the owner agrees. Both sides are told by mail.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, update

from chargehub import events
from chargehub.bookings import deposits, rules, tables
from chargehub.bookings.cancelling import role, seen_by
from chargehub.bookings.rules import DEFAULTS
from chargehub.bookings.steps import Ending, found, release
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.errors import Forbidden
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.stations import local_times
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.units import Span

_APPROVE = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), BOOKING.c.status == "requested")
    .values(status=bindparam("becomes"), pay_by=bindparam("by"), deposit_state=bindparam("deposit"))
)


def ask_owner(work: Work, booking: BookingView, now: datetime) -> None:
    """A driver wants a slot: its owner is told until when to answer."""
    assert booking.approve_by is not None, booking.id
    work.record(events.BookingRequested(booking.id))
    by = local_times.at_station(work, booking.station_id, booking.approve_by)
    text = (
        f"Somebody asks for your charger {when(work, booking)}.\n\n"
        f"Approve or decline booking {booking.id} by {by}.\n"
        "Without your answer it is declined then.\n"
    )
    mail_account(work, booking.owner_id, "Somebody asks for your charger", text, now)


def approve(work: Work, actor: Actor, booking_id: str, now: datetime) -> BookingView:
    """The owner agrees: the deposit is asked for now, or the slot is the driver's where there is
    none, or none yet. Again changes nothing. Raises NotFound, Forbidden, BookingOver.
    """
    booking = _asked(work, actor, booking_id)
    if booking.status in ("held", "confirmed"):
        return booking
    if booking.status != "requested" or rules.has_lapsed(booking, now):
        raise rules.BookingOver("This booking is over, or was not answered in time.")
    deposit = deposits.at_first(booking.deposit_minor, booking.starts_at, now)
    is_paid = deposit == "asked"
    becomes = "held" if is_paid else "confirmed"
    pay_by = now + DEFAULTS.hold if is_paid else None
    work.execute(_APPROVE, booking_id=booking.id, becomes=becomes, by=pay_by, deposit=deposit)
    work.record(events.BookingHeld(booking.id) if is_paid else events.BookingConfirmed(booking.id))
    text = f"The owner agreed to your booking {when(work, booking)}.\n"
    mail_account(work, booking.driver_id, "Your booking is approved", text, now)
    return found(work, booking.id)


def decline(work: Work, actor: Actor, booking_id: str, now: datetime) -> BookingView:
    """The owner says no: the slot is free. Again changes nothing.

    Raises NotFound, Forbidden, BookingOver (agreed to before, or over).
    """
    booking = _asked(work, actor, booking_id)
    if booking.status == "declined":
        return booking
    if booking.status != "requested":
        raise rules.BookingOver("Only a request can be declined; cancel a booking instead.")
    _decline(work, booking, now, by="owner")
    return found(work, booking.id)


def decline_overdue(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Decline requests that were not answered in time, at most 50; how many."""
    due = tables.unanswered(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(decline_unanswered, now=now))


def decline_unanswered(work: Work, booking: BookingView, now: datetime) -> None:
    """The time for the owner's answer is over."""
    _decline(work, booking, now, by=None)


def _decline(work: Work, booking: BookingView, now: datetime, by: str | None) -> None:
    release(work, booking, Ending("declined", by), now)
    why = "said no to" if by else "did not answer"
    text = f"The owner {why} your booking {when(work, booking)}. Nothing was charged.\n"
    mail_account(work, booking.driver_id, "Your booking is declined", text, now)


def _asked(work: Work, actor: Actor, booking_id: str) -> BookingView:
    booking = seen_by(actor, tables.booking(work, booking_id))
    if role(actor, booking) != "owner":
        raise Forbidden("Only the owner of the EVSE answers a request.")
    return booking


def when(reads: Reads, booking: BookingView) -> str:
    """The slot as it stands in mails, by the clock there."""
    return local_times.during(reads, booking.station_id, Span(booking.starts_at, booking.ends_at))


def mail_account(work: Work, account_id: str, subject: str, text: str, now: datetime) -> None:
    """Write to somebody, if there still is such an account."""
    account = people.account(work, account_id)
    if account is not None:
        mails.write_mail(work, account.email, subject, text, now)
