"""Whoever has a booking's code starts its session, without an account; the driver has the code."""

from dataclasses import dataclass
from datetime import datetime

from chargehub.bookings import cancelling
from chargehub.bookings import tables as bookings
from chargehub.bookings.tables import BookingView
from chargehub.people.rules import Actor
from chargehub.sessions import access_codes, code_turns, remote
from chargehub.sessions.tables import SessionView
from chargehub.store.work import Reads, Work


@dataclass(frozen=True, slots=True)
class Code:
    """A booking's code that counts, and the booking it is of."""

    code: str
    booking: BookingView


def code_of(reads: Reads, actor: Actor, booking_id: str, secret: bytes, now: datetime) -> Code:
    """The code of a booking that one made. Raises NotFound, NotYours, NoCode."""
    booking = cancelling.seen_by(actor, bookings.booking(reads, booking_id))
    if actor.account_id != booking.driver_id:
        raise access_codes.NotYours
    if booking.status != "confirmed" or booking.arrive_by <= now:
        raise access_codes.NoCode
    turn = code_turns.turn(reads, booking.id)
    return Code(access_codes.access_code(secret, booking.id, booking.evse_id, turn), booking)


def renew_code(work: Work, actor: Actor, booking_id: str, secret: bytes, now: datetime) -> Code:
    """Make the code void that was given to somebody, and have another.

    Raises NotFound, NotYours, NoCode.
    """
    code_of(work, actor, booking_id, secret, now)
    code_turns.make_void(work, booking_id, code_turns.turn(work, booking_id))
    return code_of(work, actor, booking_id, secret, now)


def start_with_code(
    work: Work, evse_id: str, given: str, secret: bytes, now: datetime
) -> SessionView:
    """Ask an EVSE to start for who booked it for now; the code is void then, car or no car.

    Whether there is such an EVSE is not told to who guesses. Raises WrongCode; StationOffline and
    MayNotStart, after which it still counts.
    """
    booking = bookings.covering(work, evse_id, now)
    if booking is None or booking.status != "confirmed":
        raise access_codes.WrongCode
    turn = code_turns.turn(work, booking.id)
    code = access_codes.access_code(secret, booking.id, evse_id, turn)
    if not access_codes.is_code(given, code) or not code_turns.make_void(work, booking.id, turn):
        raise access_codes.WrongCode
    return remote.start_booked(work, booking, now)
