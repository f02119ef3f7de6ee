"""Disputes of Stripe's as facts of ours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chargehub.payments.facts import CardDisputed, CardDisputeState, Notice
from chargehub.payments.rail import Refusal
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.intents import metadata
from chargehub.rails.stripe.line import Line
from chargehub.units import Money

_STATES: Mapping[str, CardDisputeState] = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "closed",
    "prevented": "closed",
    "needs_response": "needs_response",
    "under_review": "under_review",
    "won": "won",
    "lost": "lost",
}
_WHOLE: Any = {"expand": ["payment_intent"]}


async def look(line: Line, notice: Notice) -> CardDisputed | None:
    """How a dispute stands now. None: it is of no payment of the hub's."""
    found = await read(line, notice.reference)
    return None if isinstance(found, Refusal) else found


async def read(line: Line, reference: str) -> CardDisputed | Refusal | None:
    """As `look`. Raises RailUnreachable."""
    dispute = await line.ask(lambda v1: v1.disputes.retrieve(reference, _WHOLE))
    return dispute if isinstance(dispute, Refusal) else told(dispute)


def told(dispute: Any) -> CardDisputed | None:
    """A dispute of Stripe's, its payment intent within."""
    intent = dispute.payment_intent
    if intent is None or isinstance(intent, str):
        return None
    currency, details = dispute.currency.upper(), dispute.evidence_details
    booked = [one.amount for one in dispute.balance_transactions]
    return CardDisputed(
        reference=dispute.id,
        purpose=metadata(intent).get("purpose", ""),
        amount=Money(amounts.read(dispute.amount, currency), currency),
        reason=dispute.reason,
        state=_STATES.get(dispute.status, "under_review"),
        due_by=datetime.fromtimestamp(details.due_by, UTC) if details.due_by else None,
        is_withdrawn=any(amount < 0 for amount in booked),
        is_reinstated=bool(booked) and sum(booked) >= 0,
        is_answered=details.submission_count > 0,
    )
