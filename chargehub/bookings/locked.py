"""Terms that were promised before a booking is made, and why a promise may not count. Pure.

Source: design page of the market, section 3, item 13.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehub.bookings.rules import Policy
from chargehub.errors import Conflict, Invalid, NotFound
from chargehub.units import Span

QUOTE_LASTS = timedelta(minutes=10)  # to read it and to book; an owner is bound no longer
OPEN_QUOTES = 20  # of one account: whoever compares more has found nothing to book
UNUSED_KEPT = timedelta(days=1)  # so that who comes late is told why


class NoSuchQuote(NotFound):
    """There is no such quote, or it was given to somebody else."""

    code = "no_such_quote"

    def __init__(self) -> None:
        super().__init__("You have no such quote. Ask for one, then book on it.")


class QuoteExpired(Conflict):
    """The quote is stale: its price and rules are promised no longer."""

    code = "quote_expired"

    def __init__(self) -> None:
        super().__init__("The quote is too old. Ask for a new one; the price may be another.")


class QuoteUsed(Conflict):
    """A quote makes one booking."""

    code = "quote_used"

    def __init__(self) -> None:
        super().__init__("A booking was made on this quote. Ask for a new one.")


class QuoteDiffers(Invalid):
    """The booking is not of the EVSE and the slot that were quoted."""

    code = "quote_differs"

    def __init__(self) -> None:
        super().__init__("The quote is for another EVSE or slot. Book what it names, or ask anew.")


class TooManyQuotes(Conflict):
    """The driver has as many quotes that still count as one may have."""

    code = "too_many_quotes"

    def __init__(self) -> None:
        super().__init__(
            f"You have {OPEN_QUOTES} quotes that still count. Book on one, or wait ten minutes."
        )


@dataclass(frozen=True, slots=True)
class Locked:
    """A price list and a policy that count for a booking, whatever the owner states meanwhile."""

    snapshot_id: str
    policy: Policy
    policy_version: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What a quote was given for, and whether it was used."""

    evse_id: str
    slot: Span
    valid_until: datetime
    is_used: bool


def check_promise(promise: Promise, evse_id: str, slot: Span, now: datetime) -> None:
    """Raises QuoteUsed, QuoteExpired, QuoteDiffers."""
    if promise.is_used:
        raise QuoteUsed
    if promise.valid_until <= now:
        raise QuoteExpired
    if (promise.evse_id, promise.slot) != (evse_id, slot):
        raise QuoteDiffers
