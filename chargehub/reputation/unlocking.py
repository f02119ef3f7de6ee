"""What a station's tier, and an owner's time on the hub, unlock: when earnings are the owner's."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.payments import funds, top_ups
from chargehub.payments import tables as payments
from chargehub.payments.views import PaymentView
from chargehub.reputation import tables
from chargehub.reputation.tiers import NEW_OWNER, Tier, maturity
from chargehub.sessions import tables as sessions
from chargehub.settlement import kin
from chargehub.settlement import tables as settlements
from chargehub.settlement.split import Terms
from chargehub.store.work import Reads


def of_session(reads: Reads, event: events.PaymentCaptured, terms: Terms, now: datetime) -> Terms:
    """The terms on which a session is settled; as they are where nobody knows it."""
    cdr = sessions.cdr(reads, event.cdr_id)
    if cdr is None:
        return terms
    unlocked = _unlocked(reads, cdr.station_id, cdr.owner_id, terms, now)
    payment = payments.payment(reads, event.payment_id)
    if payment is None or not (payment.rail == funds.RAIL or event.credit_minor):
        return unlocked
    return _waiting(reads, payment, cdr.station_id, cdr.owner_id, unlocked, now)


def of_fee(reads: Reads, event: events.FeeCaptured, terms: Terms, now: datetime) -> Terms:
    """The same of a fee for a booking's early end."""
    found = bookings.booking(reads, event.booking_id)
    if found is None:
        return terms
    unlocked = _unlocked(reads, found.station_id, found.owner_id, terms, now)
    payment = payments.payment(reads, event.payment_id)
    if payment is None or payment.rail != funds.RAIL:
        return unlocked
    return _waiting(reads, payment, found.station_id, found.owner_id, unlocked, now)


def _waiting(
    reads: Reads,
    payment: PaymentView,
    station_id: str,
    owner_id: str,
    terms: Terms,
    now: datetime,
) -> Terms:
    """What drivers spend of a balance at a station of their own is theirs to be paid when no bank
    can take back what filled it. Decision 29."""
    who = payment.driver_id
    if who is None or not kin.is_kin(reads, who, station_id, owner_id, now):
        return terms
    since = top_ups.newest_taken(reads, who, payment.currency) or now
    return replace(terms, maturity=max(terms.maturity, since + terms.dispute_window - now))


def _unlocked(reads: Reads, station_id: str, owner_id: str, terms: Terms, now: datetime) -> Terms:
    standing = tables.standing(reads, station_id)
    tier = cast(Tier, standing.tier) if standing else "new"
    is_new = not settlements.has_settled(reads, owner_id, now - NEW_OWNER)
    after = maturity(tier, is_new, terms.maturity, terms.new_owner_maturity)
    return replace(terms, maturity=after)
