"""Payment intents and refunds of Stripe's as orders and outcomes of ours. Pure."""

from datetime import UTC, datetime
from typing import Any

from chargehub.payments.rail import (
    HOLD_ENDED,
    NO_DESTINATION,
    Captured,
    CaptureOrder,
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
PAYS_NOBODY = Refusal(NO_DESTINATION, "This hold is for no owner's account, or Stripe pays it not.")
_UNPAID_ACCOUNTS = frozenset(
    {
        "account_closed",
        "account_invalid",
        "insufficient_capabilities_for_transfer",
        "transfers_not_allowed",
    }
)
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
        return _captured(intent)
    if intent.status == "requires_capture":
        return held(intent)
    return _unpaid(intent)


def _captured(intent: Any) -> Captured:
    """With the transfer that the charge made, where the intent has a destination."""
    taken_minor = amounts.read(intent.amount_received, intent.currency.upper())
    if destination_of(intent) is None:
        return Captured(intent.id, taken_minor)
    charge = intent.latest_charge
    if charge.transfer is None:
        raise RailUnreachable("Stripe has not told yet what it transferred.")
    return Captured(intent.id, taken_minor, charge.transfer, charge.application_fee)


def destination_of(intent: Any) -> str | None:
    """The account that a part of it goes to at the capture."""
    found = getattr(intent, "transfer_data", None)
    return None if found is None else str(found.destination)


def owner_minor_of(intent: Any) -> int:
    """How much of what was taken stays with its destination."""
    if destination_of(intent) is None:
        return 0
    fee = intent.application_fee_amount or 0
    return amounts.read(intent.amount_received - fee, intent.currency.upper())


def fee_params(intent: Any, order: CaptureOrder) -> dict[str, int] | Refusal:
    """What the destination gives back of a capture: all that is not the owner's."""
    fee_minor = order.amount_minor - order.owner_minor
    if destination_of(intent) is None:
        return PAYS_NOBODY if order.owner_minor else {}
    fee = amounts.asked(fee_minor, order.currency)
    if isinstance(fee, Refusal):
        return fee
    return {"application_fee_amount": fee} if fee else {}


def of_destination(outcome: Any) -> Any:
    """The same, but that an account which Stripe does not pay is told by one code."""
    is_lost = isinstance(outcome, Refusal) and outcome.code in _UNPAID_ACCOUNTS
    return PAYS_NOBODY if is_lost else outcome


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
    currency = intent.currency.upper()
    card = intent.payment_method
    if card is None and intent.last_payment_error is not None:
        card = intent.last_payment_error.payment_method.id
    amount_minor = amounts.read(intent.amount, currency)
    purpose = metadata(intent)["purpose"]
    told = method_of(intent.customer, card), amount_minor, currency, purpose
    if intent.capture_method == "manual":
        return HoldOrder(*told, destination=destination_of(intent))
    return TakeOrder(*told)


def refunded(refund: Any) -> Refunded | Refusal:
    """What a refund has come to. One that is pending is on its way."""
    if refund.status in ("failed", "canceled"):
        reason = getattr(refund, "failure_reason", None) or refund.status
        return Refusal(f"refund_{refund.status}", f"The bank did not take it back ({reason}).")
    return Refunded(refund.id, amounts.read(refund.amount, refund.currency.upper()))
