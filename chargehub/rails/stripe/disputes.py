"""Disputes of Stripe's as facts of ours, and what the hub has to say to them."""

from collections.abc import Callable, Mapping
from dataclasses import astuple
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from chargehub.payments.evidence import Evidence
from chargehub.payments.facts import CardDisputed, CardDisputeState, Notice
from chargehub.payments.rail import Refusal
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.intents import metadata
from chargehub.rails.stripe.line import Line, Once
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
NOT_OURS = Refusal("no_such_dispute", "Stripe knows no such dispute of a payment of the hub's.")
_WHOLE: Any = {"expand": ["payment_intent"]}


class StripeDisputes:
    """Stripe as a rail that takes answers to disputes: `AnswersDisputes`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def answer(self, reference: str, evidence: Evidence, key: str) -> CardDisputed | Refusal:
        """What is told is worked out at every try, so that the key names it too; whether an
        earlier one has arrived is read first."""
        params: Any = {"evidence": _fields(evidence), "submit": True, **_WHOLE}
        named = f"{key}:{sha256(repr(astuple(evidence)).encode()).hexdigest()[:16]}"
        return await self._settle(
            reference, named, lambda v1, once: v1.disputes.update(reference, params, once)
        )

    async def give_in(self, reference: str, key: str) -> CardDisputed | Refusal:
        return await self._settle(
            reference, key, lambda v1, once: v1.disputes.close(reference, _WHOLE, once)
        )

    async def _settle(
        self, reference: str, key: str, deed: Callable[[Any, Once], Any]
    ) -> CardDisputed | Refusal:
        settled = await self._settled(reference)
        if settled is not None:
            return settled
        return await self._line.once(
            key,
            deed,
            lambda dispute: told(dispute) or NOT_OURS,
            lambda: self._settled(reference),
        )

    async def _settled(self, reference: str) -> CardDisputed | Refusal | None:
        """How a dispute stands that waits for the hub no more. None: it does."""
        found = await read(self._line, reference)
        if isinstance(found, CardDisputed) and found.is_awaited:
            return None
        return found or NOT_OURS


def _fields(evidence: Evidence) -> dict[str, str]:
    """Source: Stripe's API reference, "Update a dispute"; texts alone, no files."""
    fields = {
        "product_description": evidence.product,
        "service_date": evidence.service_date,
        "access_activity_log": evidence.activity,
        "customer_name": evidence.customer_name,
        "customer_email_address": evidence.customer_email,
        "uncategorized_text": evidence.text,
    }
    return {name: value for name, value in fields.items() if value}


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
