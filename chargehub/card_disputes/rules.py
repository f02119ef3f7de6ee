"""Who bears a charge that a bank took back, when the hub answers, and the entries. Pure.

Source: money.md 1.4, the rows of disputes; Stripe's documentation, "Dispute categories".
"""

from datetime import datetime, timedelta

from chargehub.ledger.rules import Entry, moved
from chargehub.payments.facts import CardDisputed, CardDisputeState
from chargehub.settlement.contest import Bearer

ANSWER_BEFORE = timedelta(days=2)  # the bank's time is up: until then an operator may add words
_OF_SERVICE = frozenset({"credit_not_processed", "product_not_received", "product_unacceptable"})
_RANK = ("inquiry", "needs_response", "under_review", "closed", "lost", "won")


def bearer(reason: str) -> Bearer:
    """Owners answer for what they gave, the hub for cards: fraud, and its own mistakes."""
    return "owner" if reason in _OF_SERVICE else "hub"


def is_news(before: CardDisputeState, after: CardDisputeState) -> bool:
    """False for a look that is older than what is known. A bank's decision is final."""
    return before not in ("won", "lost") and _RANK.index(after) >= _RANK.index(before)


def answer_at(fact: CardDisputed, now: datetime) -> datetime | None:
    """When the evidence is to be sent; None: it was, nobody asks for it, or it is too late."""
    is_asked = fact.state == "needs_response" or (fact.state == "inquiry" and not fact.is_answered)
    if not is_asked or (fact.due_by is not None and fact.due_by <= now):
        return None
    return now if fact.due_by is None else max(now, fact.due_by - ANSWER_BEFORE)


def withdrawn_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The bank has the amount until it decides."""
    return moved(amount_minor, currency, "psp:disputed", "psp:pending")


def given_back_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """It is with the rail again; or gone for good, as what is posted next says."""
    return moved(amount_minor, currency, "psp:pending", "psp:disputed")


def beyond_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """What was lost and nobody bears: it was owed to the driver, or an operator must say."""
    return moved(amount_minor, currency, "psp:suspense", "psp:pending")
