"""Stripe's own pages, on which people enter cards and confirm holds: Checkout sessions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chargehub.payments.page import (
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    PageOrder,
    PageState,
    SetUpPageOrder,
)
from chargehub.payments.rail import RailBroken, Refusal
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.collecting import (
    StripeCards,
    expiry_of,
    label_of,
    method_of,
)
from chargehub.rails.stripe.customers import Customers
from chargehub.rails.stripe.intents import held as hold_of
from chargehub.rails.stripe.line import Line

EXPIRED = Refusal(
    "expired_card",
    "This card has expired. Enter the new one on its page: POST /api/v1/payment-method-setups.",
)
HELD_FOR = "Charging: what is not needed of this is given back"
PREPAID = "Charging: prepaid balance"
_WHOLE = {
    "expand": [
        "setup_intent.payment_method",
        "payment_intent.payment_method",
        "payment_intent.latest_charge",
    ]
}


class StripeWithPages(StripeCards):
    """Stripe as a rail that brings money in, by cards entered on its own pages: `HasPages` too.

    A card that an account's holder enters to confirm a hold is kept for later as well; nobody's
    card is kept.
    """

    enters_cards = True

    def __init__(self, line: Line, customers: Customers) -> None:
        super().__init__(line)
        self._customers = customers

    async def describe(self, method: str) -> str | Refusal:
        """One whose time is over is refused too."""
        card = await self._card(method)
        if isinstance(card, Refusal):
            return card
        return label_of(card) if self._customers.now() < expiry_of(card) else EXPIRED

    async def open_page(self, order: PageOrder, key: str) -> PageOpen | Refusal:
        customer: str | Refusal | None = None
        if order.account_id is not None:
            customer = await self._customers.get(order.account_id, order.email)
        if isinstance(customer, Refusal):
            return customer
        try:
            params = _asked(order, customer, key)
        except amounts.Unpayable as error:
            return Refusal("amount", f"{error}.")

        async def send(more: Mapping[str, Any], sent_as: str) -> Any:
            once: Any = {"idempotency_key": sent_as}
            asked: Any = {**params, **more}
            return await self._line.ask(lambda v1: v1.checkout.sessions.create(asked, once))

        is_hold = isinstance(order, HoldPageOrder)
        made = await (self.widely(key, send) if is_hold else send({}, key))
        return made if isinstance(made, Refusal) else _open(made)

    async def read_page(self, reference: str) -> PageState:
        """A page that Stripe knows nothing of cannot be completed."""
        found = await self._line.ask(lambda v1: v1.checkout.sessions.retrieve(reference, _WHOLE))
        if isinstance(found, Refusal):
            if found.code == "resource_missing":
                return PageExpired()
            raise RailBroken(f"Stripe would not show a page: {found}")
        if found.status == "open":
            return _open(found)
        return PageExpired() if found.status == "expired" else _done(found)

    async def close_page(self, reference: str) -> PageState:
        closed = await self._line.ask(lambda v1: v1.checkout.sessions.expire(reference))
        return await self.read_page(reference) if isinstance(closed, Refusal) else PageExpired()

    async def forget_method(self, method: str) -> None:
        """What Stripe refuses here is gone already."""
        card_id = method.partition("/")[2]
        await self._line.ask(lambda v1: v1.payment_methods.detach(card_id))

    async def forget_payer(self, account_id: str) -> None:
        await self._customers.forget(account_id)


def _asked(order: PageOrder, customer: str | None, key: str) -> dict[str, Any]:
    """A Checkout session as Stripe is asked for it. Raises Unpayable."""
    asked: dict[str, Any] = {
        "success_url": order.back_url,
        "cancel_url": order.back_url,
        "payment_method_types": ["card"],
    }
    if customer is not None:
        asked["customer"] = customer
    match order:
        case SetUpPageOrder():
            return asked | {"mode": "setup", "metadata": {"key": key}}
        case HoldPageOrder():
            return asked | _held(order, customer, key)


def _held(order: HoldPageOrder, customer: str | None, key: str) -> dict[str, Any]:
    marks = {"key": key, "purpose": order.purpose}
    item = {
        "currency": order.currency.lower(),
        "unit_amount": amounts.told(order.amount_minor, order.currency),
        "product_data": {"name": PREPAID if order.purpose.startswith("top_up:") else HELD_FOR},
    }
    intent: dict[str, Any] = {
        "capture_method": "manual",
        "metadata": marks,
        "transfer_group": order.purpose,
    }
    asked: dict[str, Any] = {
        "mode": "payment",
        "metadata": marks,
        "line_items": [{"price_data": item, "quantity": 1}],
        "payment_intent_data": intent,
    }
    if customer is not None:
        intent["setup_future_usage"] = "off_session"
        return asked
    asked["customer_creation"] = "if_required"
    return asked | ({"customer_email": order.email} if order.email else {})


def _open(session: Any) -> PageOpen:
    return PageOpen(session.id, session.url, datetime.fromtimestamp(session.expires_at, UTC))


def _done(session: Any) -> PageDone:
    intent = session.payment_intent or session.setup_intent
    card = intent.payment_method
    held = hold_of(intent) if session.payment_intent else None
    if session.customer is None:
        return PageDone(None, label_of(card.card), held)
    method, expires_at = method_of(session.customer, card.id), expiry_of(card.card)
    return PageDone(method, label_of(card.card), held, expires_at)
