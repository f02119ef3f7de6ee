"""Drivers' cards by Stripe: holds by payment intents that are captured by hand.

A means of payment is "customer/payment method"; a hold is a payment intent. Each bears the key of
its order and what it was for, so that an order can be found when Stripe has forgotten its key.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    CollectOrder,
    CollectOutcome,
    Held,
    HoldOrder,
    KeyReused,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.line import Line

MOST_LOOKED_AT = 100  # of one customer's newest payments, where an order's traces are looked for
UNFIT = Refusal("no_such_method", "This means of payment does not exist any more. Add it anew.")
_MORE = dict.fromkeys(
    ("request_extended_authorization", "request_incremental_authorization", "request_overcapture"),
    "if_available",
)
_WITH_CHARGE = {"expand": ["latest_charge"]}

T = TypeVar("T")


class StripeCards:
    """Stripe as a rail that brings money in: `Collects`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def describe(self, method: str) -> str | Refusal:
        customer, card_id = _parts(method)
        found = await self._line.ask(lambda v1: v1.payment_methods.retrieve(card_id))
        if isinstance(found, Refusal) or found.customer != customer:
            return UNFIT
        return label_of(found.card)

    async def authorise(self, order: HoldOrder, key: str) -> Held | Refusal:
        found = await self._pay(order, key, {"capture_method": "manual", **wider()})
        return found if isinstance(found, Refusal) else _expected(_paid(found), Held)

    async def take(self, order: TakeOrder, key: str) -> Captured | Refusal:
        found = await self._pay(order, key, {"capture_method": "automatic"})
        return found if isinstance(found, Refusal) else _expected(_paid(found), Captured)

    async def _pay(
        self, order: HoldOrder | TakeOrder, key: str, how: Mapping[str, Any]
    ) -> Any | Refusal:
        customer, card_id = _parts(order.method)
        try:
            amount = amounts.told(order.amount_minor, order.currency)
        except amounts.Unpayable as error:
            return Refusal("amount", f"{error}.")
        params = {
            "amount": amount,
            "currency": order.currency.lower(),
            "customer": customer,
            "payment_method": card_id,
            "confirm": True,
            "off_session": True,
            "metadata": {"key": key, "purpose": order.purpose},
            "transfer_group": order.purpose,
            **_WITH_CHARGE,
            **how,
        }
        return await self._line.ask(lambda v1: v1.payment_intents.create(params, _key(key)))

    async def capture(self, order: CaptureOrder, key: str) -> Captured | Refusal:
        intent = await self._intent(order.hold, order.currency)
        if isinstance(intent, Refusal):
            return intent
        params = {
            "amount_to_capture": amounts.told(order.amount_minor, order.currency),
            "metadata": {"capture_key": key},
            **_WITH_CHARGE,
        }
        deed = await self._line.ask(
            lambda v1: v1.payment_intents.capture(order.hold, params, _key(key))
        )
        return deed if isinstance(deed, Refusal) else _expected(_paid(deed), Captured)

    async def release(self, order: ReleaseOrder, key: str) -> Released | Refusal:
        done = await self._line.ask(lambda v1: v1.payment_intents.cancel(order.hold, {}, _key(key)))
        return done if isinstance(done, Refusal) else Released(order.hold)

    async def refund(self, order: RefundOrder, key: str) -> Refunded | Refusal:
        intent = await self._intent(order.hold, order.currency)
        if isinstance(intent, Refusal):
            return intent
        params = {
            "payment_intent": order.hold,
            "amount": amounts.told(order.amount_minor, order.currency),
            "metadata": {"key": key},
        }
        done = await self._line.ask(lambda v1: v1.refunds.create(params, _key(key)))
        return done if isinstance(done, Refusal) else _refunded(done)

    async def read_back(self, order: CollectOrder, key: str) -> CollectOutcome | None:
        match order:
            case HoldOrder() | TakeOrder():
                return await self._paid_before(order, key)
            case RefundOrder():
                return await self._refunded_before(order, key)
            case CaptureOrder() | ReleaseOrder():
                return await self._ended_before(order, key)

    async def _paid_before(self, order: HoldOrder | TakeOrder, key: str) -> Held | Captured | None:
        customer, _ = _parts(order.method)
        params = {"customer": customer, "limit": MOST_LOOKED_AT, "expand": ["data.latest_charge"]}
        found = await self._line.ask(lambda v1: v1.payment_intents.list(params))
        for intent in () if isinstance(found, Refusal) else found.data:
            if _metadata(intent).get("key") == key and intent.latest_charge is not None:
                _same(order, key, _order_of(intent))
                outcome = _paid(intent)
                return None if isinstance(outcome, Refusal) else outcome
        return None

    async def _refunded_before(self, order: RefundOrder, key: str) -> Refunded | None:
        params = {"payment_intent": order.hold, "limit": MOST_LOOKED_AT}
        found = await self._line.ask(lambda v1: v1.refunds.list(params))
        for refund in () if isinstance(found, Refusal) else found.data:
            if _metadata(refund).get("key") == key:
                outcome = _refunded(refund)
                _same(order.amount_minor, key, outcome.amount_minor)
                return outcome
        return None

    async def _ended_before(
        self, order: CaptureOrder | ReleaseOrder, key: str
    ) -> Captured | Released | None:
        """A hold that was let go of is released, by whomever."""
        params = dict(_WITH_CHARGE)
        intent = await self._line.ask(lambda v1: v1.payment_intents.retrieve(order.hold, params))
        if isinstance(intent, Refusal):
            return None
        if isinstance(order, ReleaseOrder):
            return Released(order.hold) if intent.status == "canceled" else None
        if _metadata(intent).get("capture_key") != key or intent.status != "succeeded":
            return None
        taken = _expected(_paid(intent), Captured)
        assert isinstance(taken, Captured)
        _same(order.amount_minor, key, taken.amount_minor)
        return taken

    async def _intent(self, hold: str, currency: str) -> Any | Refusal:
        """The payment intent, if it is in this currency."""
        found = await self._line.ask(lambda v1: v1.payment_intents.retrieve(hold))
        if not isinstance(found, Refusal) and found.currency.upper() != currency:
            return Refusal("currency", f"This was paid in {found.currency.upper()}.")
        return found


def method_of(customer_id: str, payment_method_id: str) -> str:
    """The rail's name for a driver's card."""
    return f"{customer_id}/{payment_method_id}"


def label_of(card: Any) -> str:
    """How a driver knows a card."""
    brand = (card.display_brand or card.brand).replace("_", " ").title()
    return f"{brand} •••• {card.last4}"


def _parts(method: str) -> tuple[str, str]:
    customer, _, card = method.partition("/")
    return customer, card or "pm_none"


def _key(key: str) -> dict[str, str]:
    return {"idempotency_key": key}


def wider() -> dict[str, Any]:
    """A hold that may last longer, grow, or give more than it keeps, where the card can."""
    return {"payment_method_options": {"card": dict(_MORE)}}


def _metadata(thing: Any) -> dict[str, str]:
    found: dict[str, str] = thing.metadata.to_dict() if thing.metadata else {}
    return found


def _paid(intent: Any) -> Held | Captured | Refusal:
    """What an intent has come to."""
    currency = intent.currency.upper()
    if intent.status == "succeeded":
        return Captured(intent.id, amounts.read(intent.amount_received, currency))
    if intent.status != "requires_capture":
        return Refusal(intent.status, "The card was not charged.")
    return hold_of(intent)


def hold_of(intent: Any) -> Held:
    """What an intent holds, its latest charge being with it; what is over has nothing left."""
    currency = intent.currency.upper()
    card = intent.latest_charge.payment_method_details.card
    before = getattr(card, "capture_before", None)
    return Held(
        intent.id,
        amounts.read(intent.amount, currency),
        amounts.read(intent.amount_capturable, currency),
        datetime.fromtimestamp(before, UTC) if before else None,
    )


def _order_of(intent: Any) -> HoldOrder | TakeOrder:
    """The order that an intent was made by."""
    kind = HoldOrder if intent.capture_method == "manual" else TakeOrder
    currency = intent.currency.upper()
    method = method_of(intent.customer, intent.payment_method)
    amount_minor = amounts.read(intent.amount, currency)
    return kind(method, amount_minor, currency, _metadata(intent)["purpose"])


def _refunded(refund: Any) -> Refunded:
    return Refunded(refund.id, amounts.read(refund.amount, refund.currency.upper()))


def _same(order: Any, key: str, sent: Any) -> None:
    if order != sent:
        raise KeyReused(f"{key} was sent with another order")


def _expected(outcome: Any, kind: type[T]) -> T | Refusal:
    assert isinstance(outcome, kind | Refusal), outcome
    return outcome
