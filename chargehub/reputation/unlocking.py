"""What a station's tier, and an owner's time on the hub, unlock: when earnings are the owner's."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.reputation import tables
from chargehub.reputation.tiers import NEW_OWNER, Tier, maturity
from chargehub.sessions import tables as sessions
from chargehub.settlement import tables as settlements
from chargehub.settlement.split import Terms
from chargehub.store.work import Reads


def of_session(reads: Reads, event: events.PaymentCaptured, terms: Terms, now: datetime) -> Terms:
    """The terms on which a session is settled; as they are where nobody knows it."""
    cdr = sessions.cdr(reads, event.cdr_id)
    return terms if cdr is None else _unlocked(reads, cdr.station_id, cdr.owner_id, terms, now)


def of_fee(reads: Reads, event: events.FeeCaptured, terms: Terms, now: datetime) -> Terms:
    """The same of a fee for a booking's early end."""
    found = bookings.booking(reads, event.booking_id)
    return (
        terms if found is None else _unlocked(reads, found.station_id, found.owner_id, terms, now)
    )


def _unlocked(reads: Reads, station_id: str, owner_id: str, terms: Terms, now: datetime) -> Terms:
    standing = tables.standing(reads, station_id)
    tier = cast(Tier, standing.tier) if standing else "new"
    is_new = not settlements.has_settled(reads, owner_id, now - NEW_OWNER)
    after = maturity(tier, is_new, terms.maturity, terms.new_owner_maturity)
    return replace(terms, maturity=after)
