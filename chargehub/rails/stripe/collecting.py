"""Drivers' cards by Stripe: holds by payment intents that are captured by hand.

A means of payment is "customer/payment method"; a hold is a payment intent. Each bears the key of
its order and what it was for, so that an order can be found when Stripe has forgotten its key.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    CollectOrder,
    CollectOutcome,
    Held,
    HoldOrder,
    IncreaseOrder,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.intents import (
    CANNOT_GROW,
    LET_GO,
    fee_params,
    grows,
    held,
    metadata,
    of_destination,
    order_of,
    owner_minor_of,
    paid,
    refunded,
    same,
)
from chargehub.rails.stripe.intents import method_of as method_of
from chargehub.rails.stripe.line import PAGE, Line, Once
from chargehub.rails.stripe.refusals import NotEligible

UNFIT = Refusal("no_such_method", "This means of payment does not exist any more. Add it anew.")
_MORE = dict.fromkeys(
    ("request_extended_authorization", "request_incremental_authorization", "request_overcapture"),
    "if_available",
)
_WIDER: Mapping[str, Any] = {"payment_method_options": {"card": _MORE}}
_WITH_CHARGE = {"expand": ["latest_charge"]}

T = TypeVar("T")
log = structlog.get_logger(__name__)


class StripeCards:
    """Stripe as a rail that brings money in: `Collects`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._asks_more = True

    async def describe(self, method: str) -> str | Refusal:
        card = await self._card(method)
        return card if isinstance(card, Refusal) else label_of(card)

    async def _card(self, method: str) -> Any | Refusal:
        """A card as Stripe has it; one that was detached there is unfit."""
        customer, card_id = _parts(method)
        found = await self._line.ask(lambda v1: v1.payment_methods.retrieve(card_id))
        if isinstance(found, Refusal) or found.customer != customer:
            return UNFIT
        return found.card

    async def authorise(self, order: HoldOrder, key: str) -> Held | Refusal:
        """With a destination it is another request, for after NO_DESTINATION it is asked anew,
        under the same key, without one."""
        destination = order.destination
        to_owner = {"transfer_data": {"destination": destination}} if destination else {}

        async def send(more: Mapping[str, Any], sent_as: str) -> CollectOutcome:
            how = {"capture_method": "manual", **to_owner, **more}
            return await self._pay(order, key, how, sent_as)

        if destination is None:
            return _expected(await self.widely(key, send), Held)
        outcome = await self.widely(f"{key}/destination", send)
        return _expected(of_destination(outcome), Held)

    async def widely(self, key: str, send: Callable[[Mapping[str, Any], str], Awaitable[T]]) -> T:
        """Send a hold that may last longer, grow, or give more than it keeps, where the card can.

        Accounts that Stripe does not let ask for that have usual holds. They are sent under keys
        of their own, for Stripe refuses a key that comes with something else.
        """
        if self._asks_more:
            try:
                return await send(_WIDER, key)
            except NotEligible as error:
                self._asks_more = False
                log.warning("holds are the usual ones", why=str(error))
        return await send({}, f"{key}#usual")

    async def take(self, order: TakeOrder, key: str) -> Captured | Refusal:
        return _expected(await self._pay(order, key, {"capture_method": "automatic"}), Captured)

    async def _pay(
        self,
        order: HoldOrder | TakeOrder,
        key: str,
        how: Mapping[str, Any],
        sent_as: str = "",
    ) -> CollectOutcome:
        """`sent_as`: Stripe's key of it, if that is not the order's."""
        customer, card_id = _parts(order.method)
        amount = amounts.asked(order.amount_minor, order.currency)
        if isinstance(amount, Refusal):
            return amount
        params = {
            "amount": amount,
            "currency": order.currency.lower(),
            "customer": customer,
            "payment_method": card_id,
            "payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
            "metadata": {"key": key, "purpose": order.purpose},
            "transfer_group": order.purpose,
            **_WITH_CHARGE,
            **how,
        }
        return await self._line.once(
            sent_as or key,
            lambda v1, once: v1.payment_intents.create(params, once),
            paid,
            lambda: self.read_back(order, key),
        )

    async def capture(self, order: CaptureOrder, key: str) -> Captured | Refusal:
        intent = await self._open(order)
        if isinstance(intent, Refusal):
            return intent
        amount = amounts.asked(order.amount_minor, order.currency)
        if isinstance(amount, Refusal):
            return amount
        fee = fee_params(intent, order)
        if isinstance(fee, Refusal):
            return fee
        params = {
            "amount_to_capture": amount,
            "metadata": {"capture_key": key},
            **fee,
            **_WITH_CHARGE,
        }
        done = await self._once(
            order,
            key,
            lambda v1, once: v1.payment_intents.capture(order.hold, params, once),
            paid,
        )
        return _expected(of_destination(done), Captured)

    async def increase(self, order: IncreaseOrder, key: str) -> Held | Refusal:
        """What the hold keeps already is what Stripe knows of an earlier try: `GrowsHolds`."""
        amount = await self._amount_of(order)
        if isinstance(amount, Refusal):
            return amount
        present = await self._kept(order)
        if present is not None:
            return present
        params = {"amount": amount, **_WITH_CHARGE}
        done = await self._line.once(
            key,
            lambda v1, once: v1.payment_intents.increment_authorization(order.hold, params, once),
            paid,
            lambda: self._kept(order),
        )
        return _expected(done, Held)

    async def _kept(self, order: IncreaseOrder) -> Held | Refusal | None:
        """The hold, if it keeps as much; a refusal, if it cannot grow; None: it may."""
        params = dict(_WITH_CHARGE)
        intent = await self._line.ask(lambda v1: v1.payment_intents.retrieve(order.hold, params))
        if isinstance(intent, Refusal):
            return intent
        present = paid(intent)
        if isinstance(present, Captured):
            return Refusal("hold_over", "The hold was captured before.")
        if isinstance(present, Refusal) or present.amount_minor >= order.amount_minor:
            return present
        return None if grows(intent) else CANNOT_GROW

    async def release(self, order: ReleaseOrder, key: str) -> Released | Refusal:
        done = await self._once(
            order,
            key,
            lambda v1, once: v1.payment_intents.cancel(order.hold, {}, once),
            lambda _: Released(order.hold),
        )
        return _expected(done, Released)

    async def refund(self, order: RefundOrder, key: str) -> Refunded | Refusal:
        amount = await self._amount_of(order)
        if isinstance(amount, Refusal):
            return amount
        params = {"payment_intent": order.hold, "amount": amount, "metadata": {"key": key}}
        done = await self._once(
            order, key, lambda v1, once: v1.refunds.create(params, once), refunded
        )
        return _expected(done, Refunded)

    async def _once(
        self,
        order: CollectOrder,
        key: str,
        deed: Callable[[Any, Once], Any],
        outcome: Callable[[Any], CollectOutcome],
    ) -> CollectOutcome:
        return await self._line.once(key, deed, outcome, lambda: self.read_back(order, key))

    async def _amount_of(self, order: CaptureOrder | IncreaseOrder | RefundOrder) -> int | Refusal:
        """The amount of an order about a hold, as Stripe counts it."""
        found = await self._open(order)
        if isinstance(found, Refusal):
            return found
        return amounts.asked(order.amount_minor, order.currency)

    async def _open(self, order: CaptureOrder | IncreaseOrder | RefundOrder) -> Any | Refusal:
        """The intent that an order is about, if it is still there, in the order's currency."""
        found = await self._line.ask(lambda v1: v1.payment_intents.retrieve(order.hold))
        if isinstance(found, Refusal):
            return found
        if found.currency.upper() != order.currency:
            return Refusal("currency", f"This was paid in {found.currency.upper()}.")
        if found.status == "canceled":
            return LET_GO
        return found

    async def read_back(self, order: CollectOrder, key: str) -> CollectOutcome | None:
        match order:
            case HoldOrder() | TakeOrder():
                return await self._paid_before(order, key)
            case RefundOrder():
                return await self._refunded_before(order, key)
            case CaptureOrder() | ReleaseOrder():
                return await self._ended_before(order, key)

    async def _paid_before(
        self, order: HoldOrder | TakeOrder, key: str
    ) -> Held | Captured | Refusal | None:
        """All of the customer's intents are looked through: a search by metadata is late."""
        customer, _ = _parts(order.method)
        params = {"customer": customer, "limit": PAGE, "expand": ["data.latest_charge"]}
        intent = await self._line.find(
            lambda v1: v1.payment_intents.list(params), lambda one: metadata(one).get("key") == key
        )
        if intent is None:
            return None
        same(order, key, order_of(intent))
        is_captured_hold = isinstance(order, HoldOrder) and intent.status == "succeeded"
        return held(intent) if is_captured_hold else paid(intent)

    async def _refunded_before(self, order: RefundOrder, key: str) -> Refunded | Refusal | None:
        params = {"payment_intent": order.hold, "limit": PAGE}
        refund = await self._line.find(
            lambda v1: v1.refunds.list(params), lambda one: metadata(one).get("key") == key
        )
        if refund is None:
            return None
        same(order.amount_minor, key, amounts.read(refund.amount, refund.currency.upper()))
        return refunded(refund)

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
        if metadata(intent).get("capture_key") != key or intent.status != "succeeded":
            return None
        taken = paid(intent)
        assert isinstance(taken, Captured)
        ordered = order.amount_minor, order.owner_minor
        same(ordered, key, (taken.amount_minor, owner_minor_of(intent)))
        return taken


def label_of(card: Any) -> str:
    """How a driver knows a card."""
    brand = (card.display_brand or card.brand).replace("_", " ").title()
    return f"{brand} •••• {card.last4}"


def expiry_of(card: Any) -> datetime:
    """From when on a card is over: the month that is printed on it is its last."""
    year, month = divmod(card.exp_year * 12 + card.exp_month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _parts(method: str) -> tuple[str, str]:
    customer, _, card = method.partition("/")
    return customer, card or "pm_none"


def _expected(outcome: Any, kind: type[T]) -> T | Refusal:
    assert isinstance(outcome, kind | Refusal), outcome
    return outcome
