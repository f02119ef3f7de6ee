"""Credit for drivers whom a booking failed; it pays for what they charge next, before the card.

The hub gives it as goodwill: owners have their whole share, and a credit is never paid out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chargehub import events
from chargehub.bookings import cancelling, reliability, retirements
from chargehub.bookings import tables as bookings
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.bookings.tables import BookingView
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, moved, transfer_id
from chargehub.payments import credits
from chargehub.payments.credits import CreditRow, Kind, Reason
from chargehub.sessions.cdr import CdrView
from chargehub.stations import tables as stations
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Money

COUNTED = timedelta(days=30)
WEIGHED = timedelta(days=365)  # an owner's credits against the fees of the same time
GOODWILL = "expense:goodwill"


FeesOf = Callable[[Reads, str, str, datetime], int]
"""What the hub has of an owner's sessions in a currency since then, in minor units."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is given. `fees_of` None: an owner's fees bound nothing."""

    promises: Promises = PROMISES
    fees_of: FeesOf | None = None


USUAL = Bounds()


def credit_spoilt(
    work: Work, event: events.BookingReleased, now: datetime, bounds: Bounds = USUAL
) -> None:
    """The station failed a booking, another's car stood in its way, or the station was taken out
    of service: its driver gets a credit.

    Not for a booking that nothing was held for, nor for a station that was out of order already
    when it was booked: whoever books that one waits for the credit.
    """
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.deposit_minor == 0:
        return
    if booking.status == "failed" and _was_there_when_booked(work, booking):
        give(work, booking, "station_failed", now, bounds)
    is_given_up = booking.status == "no_show" or booking.cancelled_by == "driver"
    if is_given_up and cancelling.is_blocked(work, booking):
        give(work, booking, "blocked_by_another", now, bounds)
    was_paid_for = booking.penalty_minor > 0  # of a confirmed booking alone
    if was_paid_for and retirements.has_ended(work, booking):
        give(work, booking, "station_retired", now, bounds)


def give(work: Work, booking: BookingView, reason: Reason, now: datetime, bounds: Bounds) -> None:
    """Credit the driver of a booking, once for it, as often as the hub promises."""
    promises = bounds.promises
    amount_minor = promises.credit_minor(booking.currency)
    if amount_minor == 0 or credits.of_booking(work, booking.id, "given") is not None:
        return
    lately = credits.given_since(work, booking.driver_id, now - COUNTED)
    if len(lately) >= promises.credits_in_30_days or booking.station_id in lately:
        return
    at_owner = credits.given_at_owner(work, booking.owner_id, now - COUNTED)
    if at_owner >= promises.credits_of_owner_in_30_days:
        return
    if not _has_room(work, booking, amount_minor, bounds, now):
        return
    entries = moved(amount_minor, booking.currency, GOODWILL, _credit(booking.driver_id))
    _post(work, booking.id, "credit", entries, now)
    _note(
        work,
        "given",
        amount_minor,
        now,
        driver_id=booking.driver_id,
        currency=booking.currency,
        booking_id=booking.id,
        station_id=booking.station_id,
        reason=reason,
    )


def _has_room(
    reads: Work, booking: BookingView, amount_minor: int, bounds: Bounds, now: datetime
) -> bool:
    """Does the owner bring the hub what its stations cost it, this credit with it?"""
    if bounds.fees_of is None:
        return True
    owner_id, currency, since = booking.owner_id, booking.currency, now - WEIGHED
    start_minor = bounds.promises.owner_start_minor(currency)
    most_minor = start_minor + bounds.fees_of(reads, owner_id, currency, since)
    return credits.borne_for_owner(reads, owner_id, currency, since) + amount_minor <= most_minor


def withdraw(work: Work, event: events.SessionOpened, now: datetime) -> None:
    """Whoever was credited for a failed booking did charge in it: the credit goes back, as much
    of it as is left. Who was stopped by the owner and begins anew keeps it."""
    if event.booking_id is None or reliability.of_booking(work, event.booking_id) == "stopped":
        return
    given = credits.of_booking(work, event.booking_id, "given")
    if given is None or credits.of_booking(work, event.booking_id, "withdrawn") is not None:
        return
    amount_minor = min(given.amount_minor, available(work, given.driver_id, given.currency))
    if amount_minor == 0:
        return
    entries = moved(amount_minor, given.currency, _credit(given.driver_id), GOODWILL)
    _post(work, event.booking_id, "credit_withdrawn", entries, now)
    _note(
        work,
        "withdrawn",
        -amount_minor,
        now,
        driver_id=given.driver_id,
        currency=given.currency,
        booking_id=given.booking_id,
    )


def spend(work: Work, cdr: CdrView, now: datetime) -> int:
    """How much of a CDR's cost the driver's credit pays, in minor units; reckoned once for each.

    A correction takes more of it where there is more, or gives back what is now too much.
    """
    before = credits.spent_on(work, cdr.session_id)
    if cdr.driver_id is None or credits.is_reckoned(work, cdr.id):
        return before
    left_minor = available(work, cdr.driver_id, cdr.currency) if cdr.cost_minor else 0
    spent = min(cdr.cost_minor, before + left_minor)
    if spent == before:
        return spent
    used = f"driver:credit_used:{cdr.driver_id}"
    transfer = Transfer(
        id=transfer_id("session", cdr.session_id, "credit_spent", cdr.version),
        kind="credit_spent",
        entries=moved(spent - before, cdr.currency, _credit(cdr.driver_id), used),
        effective_at=now,
        session_id=cdr.session_id,
    )
    ledger.post(work, transfer)
    _note(
        work,
        "spent",
        before - spent,
        now,
        driver_id=cdr.driver_id,
        currency=cdr.currency,
        session_id=cdr.session_id,
        cdr_id=cdr.id,
    )
    return spent


def give_up(work: Work, driver_id: str, now: datetime) -> None:
    """A driver leaves for good: what credit there is goes back to the hub, once."""
    for left in credits.balances(work, driver_id):
        transfer = Transfer(
            id=transfer_id("driver", driver_id, "credit_given_up", left.currency),
            kind="credit_given_up",
            entries=moved(left.amount_minor, left.currency, _credit(driver_id), GOODWILL),
            effective_at=now,
        )
        ledger.post(work, transfer)
        of = {"driver_id": driver_id, "currency": left.currency}
        _note(work, "withdrawn", -left.amount_minor, now, **of)


def pass_on(work: Work, from_id: str, to_id: str, key: str, now: datetime) -> tuple[Money, ...]:
    """All the credit of a guest becomes somebody else's, once for a key; how much by currency."""
    held = credits.balances(work, from_id)
    for amount in held:
        minor, currency = amount.amount_minor, amount.currency
        transfer = Transfer(
            id=transfer_id("driver", from_id, "credit_passed_on", currency, key),
            kind="credit_passed_on",
            entries=moved(minor, currency, _credit(from_id), _credit(to_id)),
            effective_at=now,
        )
        ledger.post(work, transfer)
        _note(work, "passed_on", -minor, now, driver_id=from_id, currency=currency)
        _note(work, "redeemed", minor, now, driver_id=to_id, currency=currency)
    return held


def _was_there_when_booked(reads: Reads, booking: BookingView) -> bool:
    """True if the hub heard of the fault after the booking was made."""
    why = reliability.of_booking(reads, booking.id)
    if why == "offline":
        station = stations.station(reads, booking.station_id)
        gone_at = station.disconnected_at if station else None
        return gone_at is not None and gone_at >= booking.created_at
    if why == "out_of_order":
        evse = stations.evse(reads, booking.evse_id)
        told_at = evse.status_at if evse else None
        return told_at is not None and told_at >= booking.created_at
    return why is not None


def available(reads: Reads, driver_id: str, currency: str) -> int:
    """A driver's credit that is left, in minor units."""
    return -accounts.balance(reads, _credit(driver_id), currency)


def _credit(driver_id: str) -> str:
    return f"driver:credit:{driver_id}"


def _post(work: Work, booking_id: str, step: str, entries: tuple[Entry, ...], at: datetime) -> None:
    transfer = Transfer(
        id=transfer_id("booking", booking_id, step),
        kind=step,
        entries=entries,
        effective_at=at,
        booking_id=booking_id,
    )
    ledger.post(work, transfer)


def _note(work: Work, kind: Kind, amount_minor: int, now: datetime, **of: Any) -> None:
    work.insert(CreditRow, id=new_id(), kind=kind, amount_minor=amount_minor, at=now, **of)
