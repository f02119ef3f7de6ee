"""How a booking ends without a session: by people, or because nobody came; and what that costs.

The money itself is moved by what follows from BookingReleased: the driver's fee from the
deposit, the owner's penalty as what the owner owes.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter

from chargehub.bookings import changes, failing, notices, policies, reliability, rules, tables
from chargehub.bookings.cancellation import (
    Parting,
    Reason,
    on_cancel,
    on_no_show,
    owner_penalty,
)
from chargehub.bookings.steps import Ending, found, release
from chargehub.bookings.tables import BookingView
from chargehub.errors import NotFound
from chargehub.listings import tables as listings
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs


@dataclass(frozen=True, slots=True)
class Price:
    """What cancelling costs at this moment, in minor units of the booking's currency.

    `parting` divides the deposit; `penalty_minor` is the owner's; `free_because` says why the
    policy does not count.
    """

    parting: Parting
    penalty_minor: int = 0
    free_because: Reason | None = None


def cancel(work: Work, actor: Actor, booking_id: str, now: datetime) -> BookingView:
    """End a booking before its session: by its driver, the EVSE's owner or an operator.

    A driver pays what the booking's policy says; an owner owes a penalty, and the slot stays
    blocked. Cancelling again changes nothing. Raises NotFound, BookingOver.
    """
    booking = seen_by(actor, tables.booking(work, booking_id))
    if booking.status == "cancelled":
        return booking
    price = price_of_cancelling(work, actor, booking, now)
    if booking.status == "requested" and role(actor, booking) == "owner":
        raise rules.BookingOver("You have not agreed to this booking. Decline it instead.")
    ending = Ending(
        "cancelled", role(actor, booking), price.parting.capture_minor, price.penalty_minor
    )
    release(work, booking, ending, now)
    return found(work, booking_id)


def price_of_cancelling(reads: Reads, actor: Actor, booking: BookingView, now: datetime) -> Price:
    """What it costs this actor to cancel now. Raises BookingOver."""
    if booking.status == "active":
        raise rules.BookingOver("The booking is in use. Stop its session instead.")
    if booking.status not in ("requested", "held", "confirmed"):
        raise rules.BookingOver("The booking is over already; there is nothing to cancel.")
    booking = changes.as_held(reads, booking)
    free = Parting(0, booking.deposit_minor)
    if booking.status != "confirmed" or booking.deposit_state == "missing":
        return Price(free)  # what is missing its deposit ends by itself, and costs nothing either
    by = role(actor, booking)
    if by != "driver":
        return Price(free, owner_penalty(booking, now) if by == "owner" else 0)
    reason = _why_free(reads, booking)
    if reason is not None:
        return Price(free, free_because=reason)
    return Price(on_cancel(policies.of_booking(booking), booking, now))


def seen_by(actor: Actor, booking: BookingView | None) -> BookingView:
    """The booking, if it is this actor's to see: as driver, owner or operator. Raises NotFound."""
    if booking is not None and (
        actor.is_operator or actor.account_id in (booking.driver_id, booking.owner_id)
    ):
        return booking
    raise NotFound("There is no such booking.")


def role(actor: Actor, booking: BookingView) -> str:
    """As whom this actor acts on the booking."""
    if actor.account_id == booking.driver_id:
        return "driver"
    return "owner" if actor.account_id == booking.owner_id else "operator"


def _why_free(reads: Reads, booking: BookingView) -> Reason | None:
    """Is what was booked no longer what is offered: another price, a station that is down, or one
    that has failed somebody since?"""
    listing = listings.listing(reads, booking.station_id)
    if listing is None:
        return "station"
    if not tariffs.is_offered(reads, listing.tariff_id, booking.tariff_snapshot_id):
        return "price"
    if not _is_there(reads, booking):
        return "station"
    if reliability.has_failed_since(reads, booking):
        return "quality"
    return "blocked" if is_blocked(reads, booking) else None


def is_blocked(reads: Reads, booking: BookingView) -> bool:
    """True while a car stands there that the driver was told of."""
    evse = stations.evse(reads, booking.evse_id)
    is_occupied = evse is not None and evse.status == "occupied"
    return is_occupied and notices.was_told(reads, booking.id, "blocked")


def _is_there(reads: Reads, booking: BookingView) -> bool:
    """The EVSE has a line, and does not say that it is out of order."""
    evse = stations.evse(reads, booking.evse_id)
    return evse is not None and evse.is_connected and evse.status not in failing.BROKEN


# --- the clock ---------------------------------------------------------------------------------


def release_no_shows(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let go of confirmed bookings whose driver did not come, at most 50; how many.

    Where the station was not there to come to, it is the station that failed.
    """
    due = tables.not_arrived(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_release_no_show, now=now))


def _release_no_show(work: Work, booking: BookingView, now: datetime) -> None:
    why = failing.why_missed(work, booking)
    if why is not None:
        failing.fail(work, booking, why, now)
        return
    fee_minor = 0
    if _could_be_used(work, booking):
        held = changes.as_held(work, booking)
        fee_minor = on_no_show(policies.of_booking(booking), held).capture_minor
    release(work, booking, Ending("no_show", fee_minor=fee_minor), now)


def _could_be_used(reads: Reads, booking: BookingView) -> bool:
    """The station had its line since the slot began, and nobody else's car was in the way."""
    evse = stations.evse(reads, booking.evse_id)
    station = stations.station(reads, booking.station_id)
    if evse is None or station is None or station.connected_at is None:
        return False
    is_blocked = evse.status == "occupied" or not _is_there(reads, booking)
    return not is_blocked and station.connected_at <= booking.starts_at
