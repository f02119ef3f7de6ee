"""Cars that stay after their booking: what that costs, and the word to their drivers before."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, exists, func, or_, select

from chargehub.bookings import notices, overstay, policies
from chargehub.bookings import tables as bookings
from chargehub.bookings.notices import NOTICE
from chargehub.bookings.overstay import Stay
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.sessions import stays
from chargehub.sessions.bound import TOO_FAST
from chargehub.sessions.cdr import Priced
from chargehub.sessions.tables import SessionView
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs.pricing import Tariff, vat_within

# Who was there to come: a booking that was given up before it opened kept nobody waiting, nor does
# one that was made when the car was overdue already, or the owner's own, which costs its owner
# nothing.
_WAITED = or_(
    BOOKING.c.status.in_(("confirmed", "active", "completed", "no_show", "failed")),
    (BOOKING.c.status == "cancelled") & (BOOKING.c.ended_at >= BOOKING.c.opens_at),
)
_NEXT = select(func.min(BOOKING.c.starts_at, type_=BOOKING.c.starts_at.type)).where(
    BOOKING.c.evse_id == bindparam("evse_id"),
    BOOKING.c.blocked_until > bindparam("after", type_=BOOKING.c.starts_at.type),
    BOOKING.c.starts_at >= bindparam("after", type_=BOOKING.c.starts_at.type),
    BOOKING.c.starts_at < bindparam("before", type_=BOOKING.c.starts_at.type),
    BOOKING.c.driver_id != bindparam("driver_id"),
    BOOKING.c.driver_id != BOOKING.c.owner_id,
    BOOKING.c.created_at <= bindparam("after", type_=BOOKING.c.starts_at.type),
    _WAITED,
)
_OVER = (
    select(BOOKING)
    .where(
        BOOKING.c.status == "active",
        BOOKING.c.opens_at <= bindparam("now"),
        BOOKING.c.ends_at <= bindparam("now"),
        ~exists().where(NOTICE.c.booking_id == BOOKING.c.id, NOTICE.c.kind == "overstay"),
    )
    .order_by(BOOKING.c.opens_at)
)


def with_overstay(
    reads: Reads, session: SessionView, priced: Priced, tariff: Tariff | None, left_at: datetime
) -> Priced:
    """The price of a session with what staying after its booking costs, by the booking's formula.

    `left_at`: when the session ended; a car that is known to have stood there for longer counts
    until it was gone. Nothing is added for what nobody is billed for.
    """
    booking = bookings.booking(reads, session.booking_id) if session.booking_id else None
    if booking is None or tariff is None or session.is_free:
        return priced
    if priced.unbilled_reason not in (None, TOO_FAST):
        return priced
    terms = policies.of_booking(booking).overstay
    if terms is None or session.verdict != "accepted":
        return priced
    stood = stays.stay(reads, session.id)
    if stood is not None and stood.left_at is not None:
        left_at = max(left_at, stood.left_at)
    if left_at <= booking.ends_at:
        return priced
    evse = stations.evse(reads, booking.evse_id)
    stay = Stay(
        booking.ends_at,
        left_at,
        _waited_for_at(reads, booking, left_at),
        evse.time_zone if evse else "UTC",
        tariff.currency,
        stood.unknown if stood is not None else (),
    )
    added = overstay.lines(terms, stay)
    cost_minor = priced.cost_minor + sum(line.amount_minor for line in added)
    return replace(
        priced,
        cost_minor=cost_minor,
        vat_minor=vat_within(cost_minor, tariff.vat_percent),
        lines=[*priced.lines, *(line.stored() for line in added)],
    )


def _waited_for_at(reads: Reads, booking: BookingView, left_at: datetime) -> datetime | None:
    """When the next booking of another driver began while the car stood there."""
    found: datetime | None = reads.value(
        _NEXT,
        evse_id=booking.evse_id,
        after=booking.ends_at,
        before=left_at,
        driver_id=booking.driver_id,
    )
    return found


# --- the clock ---------------------------------------------------------------------------------


def warn_overstaying(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write to drivers whose booking is over and whose car still charges or stands there, before
    that costs; each once, at most 50. How many."""
    rows = work.all(_OVER.limit(chunk.limit), now=now)
    due = tuple(BookingView(*row) for row in rows)
    return chunk.each(work, due, attrgetter("id"), partial(_warn, now=now))


def _warn(work: Work, booking: BookingView, now: datetime) -> None:
    notices.note(work, booking.id, "overstay", booking.session_id or "", now)
    terms = policies.of_booking(booking).overstay
    driver = people.account(work, booking.driver_id)
    if terms is None or driver is None:
        return
    ended = local_times.at_station(work, booking.station_id, booking.ends_at)
    text = (
        "Hello,\n\n"
        f"your booking ended at {ended} and your car is still there.\n"
        f"{overstay.sentence(terms, booking.currency)}\n"
        "End the session and take your car away in time, please.\n"
    )
    mails.write_mail(work, driver.email, "Your booking is over: please leave", text, now)
