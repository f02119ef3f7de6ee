"""Payment intents and refunds of Stripe's as orders and outcomes of ours. Pure."""

from datetime import UTC, datetime
from typing import Any

from chargehub.payments.rail import (
    HOLD_ENDED,
    Captured,
    Held,
    HoldOrder,
    KeyReused,
    RailUnreachable,
    Refunded,
    Refusal,
    TakeOrder,
)
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.refusals import NO_AUTHENTICATION, refusal

LET_GO = Refusal(HOLD_ENDED, "The hold has ended; its money is the driver's again.")
CANNOT_GROW = Refusal("hold_is_fixed", "This card's bank does not let a hold grow.")
NOT_PAID = Refusal("not_paid", "The card was not charged.")


def method_of(customer_id: str, payment_method_id: str) -> str:
    """The rail's name for a driver's card."""
    return f"{customer_id}/{payment_method_id}"


def metadata(thing: Any) -> dict[str, str]:
    """What we wrote on an object of Stripe's."""
    found: dict[str, str] = thing.metadata.to_dict() if thing.metadata else {}
    return found


def same(order: Any, key: str, sent: Any) -> None:
    """Raises KeyReused if what was sent under this key is not what is ordered now."""
    if order != sent:
        raise KeyReused(f"{key} was sent with another order")


def paid(intent: Any) -> Held | Captured | Refusal:
    """What an intent has come to; its charge stands in it. Raises RailUnreachable: nothing yet."""
    if intent.status == "succeeded":
        currency = intent.currency.upper()
        return Captured(intent.id, amounts.read(intent.amount_received, currency))
    if intent.status == "requires_capture":
        return held(intent)
    return _unpaid(intent)


def _unpaid(intent: Any) -> Refusal:
    match intent.status:
        case "processing":
            raise RailUnreachable("Stripe is still waiting for the card's bank.")
        case "requires_action":
            return NO_AUTHENTICATION
        case "canceled":
            return LET_GO
        case _:
            error = intent.last_payment_error
            return refusal(error) if error is not None else NOT_PAID


def held(intent: Any) -> Held:
    """The hold that an intent is, or was before it was captured; its charge stands in it."""
    currency, card = intent.currency.upper(), intent.latest_charge.payment_method_details.card
    before = getattr(card, "capture_before", None)
    return Held(
        intent.id,
        amounts.read(intent.amount, currency),
        amounts.read(_capturable(intent, card), currency),
        datetime.fromtimestamp(before, UTC) if before else None,
    )


def _capturable(intent: Any, card: Any) -> int:
    """What the charge says may be captured: more than the amount only where that is available."""
    beyond = getattr(card, "overcapture", None)
    most: int = intent.amount
    if beyond is not None and beyond.status == "available":
        most = max(most, beyond.maximum_amount_capturable)
    return most


def grows(intent: Any) -> bool:
    """True if the card's bank lets this hold be increased; its charge stands in it."""
    card = intent.latest_charge.payment_method_details.card
    status = getattr(getattr(card, "incremental_authorization", None), "status", None)
    return bool(status == "available")


def order_of(intent: Any) -> HoldOrder | TakeOrder:
    """The order that an intent was made by. A declined card is told in the error alone."""
    kind = HoldOrder if intent.capture_method == "manual" else TakeOrder
    currency = intent.currency.upper()
    card = intent.payment_method
    if card is None and intent.last_payment_error is not None:
        card = intent.last_payment_error.payment_method.id
    amount_minor = amounts.read(intent.amount, currency)
    purpose = metadata(intent)["purpose"]
    return kind(method_of(intent.customer, card), amount_minor, currency, purpose)


def refunded(refund: Any) -> Refunded | Refusal:
    """What a refund has come to. One that is pending is on its way."""
    if refund.status in ("failed", "canceled"):
        reason = getattr(refund, "failure_reason", None) or refund.status
        return Refusal(f"refund_{refund.status}", f"The bank did not take it back ({reason}).")
    return Refunded(refund.id, amounts.read(refund.amount, refund.currency.upper()))
