"""What Stripe tells by itself: signed events, each a hint to fetch what it is about.

A new kind of event is a line in `_LOOKS`, and its fact one in `flow.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from chargehub.errors import Conflict
from chargehub.payments.facts import (
    AccountChanged,
    Fact,
    HoldGone,
    MethodGone,
    Notice,
    NoticeRefused,
    OwnersBankRefused,
    PageEnded,
    PayoutReversed,
    RefundReturned,
)
from chargehub.payments.rail import RailUnreachable, Refusal
from chargehub.rails.stripe import amounts, disputes
from chargehub.rails.stripe.intents import metadata, refunded
from chargehub.rails.stripe.line import PAGE, Line, check_signature
from chargehub.units import Money

Look = Callable[[Line, Notice], Awaitable[Fact | None]]


class NoticesUnheard(Conflict):
    """The hub was not given the secret by which it would know the rail's signature."""

    code = "notices_unheard"


class StripeNotices:
    """Stripe as a rail that tells by itself: `GivesNotice`. `secret`: of the endpoint at Stripe."""

    def __init__(self, line: Line, secret: str) -> None:
        self._line = line
        self._secret = secret

    @property
    def kinds(self) -> Collection[str]:
        return _LOOKS.keys()

    async def read(self, body: bytes, signature: str) -> Notice:
        if not self._secret:
            raise NoticesUnheard(
                "Set CHARGEHUB_STRIPE_WEBHOOK_SECRET to the secret that Stripe shows for this "
                "address."
            )
        await asyncio.to_thread(check_signature, body, signature, self._secret)
        try:
            return _notice(orjson.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeRefused("This is no event of Stripe's.") from error

    async def look(self, notice: Notice) -> Fact | None:
        look = _LOOKS.get(notice.kind)
        return None if look is None else await look(self._line, notice)

    async def told(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[Notice]]:
        """Of the hub's own account, of the last 30 days; what owners' accounts tell is not there.

        Source: Stripe's API reference, "List all events".
        """
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params: dict[str, Any] = {"created": created, "types": sorted(_LOOKS), "limit": PAGE}
        while True:
            found: Any = await self._line.ask(
                lambda v1, asked=dict(params): v1.events.list(asked)  # type: ignore[misc]
            )
            if isinstance(found, Refusal):
                raise RailUnreachable(f"Stripe does not list what it told: {found.detail}")
            if found.data:
                yield [_notice(one.to_dict()) for one in found.data]
            if not found.has_more or not found.data:
                return
            params["starting_after"] = found.data[-1].id


def _notice(told: Any) -> Notice:
    """An event of Stripe's. Raises what a body that is none raises."""
    return Notice(
        str(told["id"])[:100],
        str(told["type"])[:60],
        str(told["data"]["object"].get("id", ""))[:200],
        told.get("account"),
    )


async def _hold_gone(line: Line, notice: Notice) -> Fact | None:
    intent = await line.ask(lambda v1: v1.payment_intents.retrieve(notice.reference))
    if isinstance(intent, Refusal) or intent.status != "canceled":
        return None
    return HoldGone(metadata(intent).get("purpose", ""))


async def _refund_returned(line: Line, notice: Notice) -> Fact | None:
    params = {"expand": ["payment_intent"]}
    refund = await line.ask(lambda v1: v1.refunds.retrieve(notice.reference, params))
    if isinstance(refund, Refusal) or refund.payment_intent is None:
        return None
    outcome = refunded(refund)
    if not isinstance(outcome, Refusal):
        return None
    return RefundReturned(metadata(refund.payment_intent).get("purpose", ""), refund.id, outcome)


async def _page_ended(_line: Line, notice: Notice) -> Fact | None:
    return PageEnded(notice.reference)  # who opened it asks what became of it


async def _account_changed(_line: Line, notice: Notice) -> Fact | None:
    return AccountChanged(notice.reference)


async def _owners_bank_refused(line: Line, notice: Notice) -> Fact | None:
    """A payout of a connected account: the hub's own to its bank is a line of the books alone."""
    if notice.account is None:
        return None
    whose: Any = {"stripe_account": notice.account}
    payout = await line.ask(lambda v1: v1.payouts.retrieve(notice.reference, {}, whose))
    if isinstance(payout, Refusal) or payout.status != "failed":
        return None
    currency = payout.currency.upper()
    amount = Money(amounts.read(payout.amount, currency), currency)
    why = payout.failure_message or f"{payout.failure_code or 'No reason was given'}."
    return OwnersBankRefused(notice.account, amount, why)


async def _payout_reversed(line: Line, notice: Notice) -> Fact | None:
    """Of what somebody took back at Stripe by hand, whole; what the hub itself did it knows."""
    transfer = await line.ask(lambda v1: v1.transfers.retrieve(notice.reference))
    if isinstance(transfer, Refusal) or not transfer.reversed:
        return None
    is_ours = any("key" in metadata(one) for one in transfer.reversals.data)
    return None if is_ours else PayoutReversed(transfer.id)


_STEPS = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")


async def _method_gone(line: Line, notice: Notice) -> Fact | None:
    card = await line.ask(lambda v1: v1.payment_methods.retrieve(notice.reference))
    if isinstance(card, Refusal):
        is_gone = card.code == "resource_missing"
    else:
        is_gone = card.customer is None
    return MethodGone(notice.reference) if is_gone else None


_LOOKS: Mapping[str, Look] = {
    "account.updated": _account_changed,
    **dict.fromkeys((f"charge.dispute.{step}" for step in _STEPS), disputes.look),
    "checkout.session.completed": _page_ended,
    "checkout.session.expired": _page_ended,
    "payment_intent.canceled": _hold_gone,
    "payout.failed": _owners_bank_refused,
    "payment_method.detached": _method_gone,
    "refund.failed": _refund_returned,
    "refund.updated": _refund_returned,
    "transfer.reversed": _payout_reversed,
}
