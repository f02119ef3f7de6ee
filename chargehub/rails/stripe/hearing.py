"""What Stripe tells by itself: signed events, each a hint to fetch what it is about.

A new kind of event is a line in `_LOOKS`, and its fact one in `flow.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import orjson

from chargehub.errors import Conflict
from chargehub.payments.rail import (
    Fact,
    HoldGone,
    Notice,
    NoticeRefused,
    RefundReturned,
    Refusal,
)
from chargehub.rails.stripe.intents import metadata, refunded
from chargehub.rails.stripe.line import Line, check_signature

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
            told = orjson.loads(body)
            thing = told["data"]["object"]
            return Notice(
                str(told["id"])[:100],
                str(told["type"])[:60],
                str(thing.get("id", ""))[:200],
                told.get("account"),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeRefused("This is no event of Stripe's.") from error

    async def look(self, notice: Notice) -> Fact | None:
        look = _LOOKS.get(notice.kind)
        return None if look is None else await look(self._line, notice)


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


_LOOKS: Mapping[str, Look] = {
    "payment_intent.canceled": _hold_gone,
    "refund.failed": _refund_returned,
    "refund.updated": _refund_returned,
}
