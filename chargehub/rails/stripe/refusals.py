"""What Stripe's errors mean: a refusal of the order, or that the hub or its account is wrong. Pure.

Source: Stripe's documentation, "Error codes".
"""

from typing import Any

from chargehub.payments.rail import (
    AUTHENTICATION_REQUIRED,
    NO_DESTINATION,
    RailBroken,
    Refusal,
)

NO_AUTHENTICATION = Refusal(
    AUTHENTICATION_REQUIRED, "The card's bank wants you to confirm this payment in person."
)


class BalanceShort(RailBroken):
    """What the hub has at Stripe is not enough for this, or not yet available."""


class NotEligible(RailBroken):
    """Stripe lets this account not ask for holds that can do more than the usual ones."""


_OF_THE_ORDER = frozenset(
    {
        "account_closed",
        "account_invalid",
        "amount_too_large",
        "amount_too_small",
        "capture_charge_authorization_expired",
        "capture_unauthorized_payment",
        "card_declined",
        "charge_already_captured",
        "charge_already_refunded",
        "charge_disputed",
        "charge_exceeds_source_limit",
        "charge_exceeds_transaction_limit",
        "charge_expired_for_capture",
        "charge_not_refundable",
        "expired_card",
        "insufficient_capabilities_for_transfer",
        "intent_invalid_state",
        "payment_intent_action_required",
        "payment_intent_authentication_failure",
        "payment_intent_payment_attempt_failed",
        "payment_intent_unexpected_state",
        "payment_method_currency_mismatch",
        "payment_method_customer_decline",
        "payment_method_not_available",
        "payment_method_provider_decline",
        "payment_method_unexpected_state",
        "refund_disputed_payment",
        "resource_missing",
        "transfers_not_allowed",
        AUTHENTICATION_REQUIRED,
    }
)
_ORDERED = frozenset(
    {
        "amount",
        "amount_to_capture",
        "currency",
        "customer",
        "destination",
        "id",
        "intent",
        "payment_intent",
        "payment_method",
    }
)
"""Parameters that say what is ordered. Many errors about them have no code."""
_FEATURES = "not eligible for the requested card features"
_FEATURE = "payment_method_options[card][request_"
_TOLD_BY_STATUS = {
    401: "Stripe does not know the key of this hub: set CHARGEHUB_STRIPE_KEY anew.",
    403: "The key in CHARGEHUB_STRIPE_KEY may not do this: give it the permission at Stripe.",
}


def judged(error: Any) -> Refusal:
    """What an error of status 4xx says of the order. Raises RailBroken where it says nothing of
    it, with a sentence for the operator. `error`: the SDK's."""
    told, status = error.error, error.http_status
    code, param = getattr(told, "code", None), getattr(told, "param", None)
    if _FEATURES in (error.user_message or "") or (param or "").startswith(_FEATURE):
        raise NotEligible(f"Stripe said: {error.user_message}")
    if param is not None and param.startswith("transfer_data"):
        return Refusal(NO_DESTINATION, "Stripe knows no such account of an owner's.")
    is_uncoded = code is None and (param is None or param in _ORDERED)
    is_of_the_order = status == 402 or code in _OF_THE_ORDER
    if is_of_the_order or (is_uncoded and status not in _TOLD_BY_STATUS):
        return refusal(told)
    if code == "balance_insufficient":
        raise BalanceShort(f"The hub's balance at Stripe is too small: {error.user_message}")
    why = _TOLD_BY_STATUS.get(status, "Stripe does not take what this hub sends; update the hub.")
    raise RailBroken(f"{why} Stripe said: {error.user_message} ({code or param or status})")


def refusal(told: Any) -> Refusal:
    """An error object of Stripe's, for the person concerned. Of a card its bank's reason counts."""
    reasons = getattr(told, "decline_code", None), getattr(told, "code", None)
    if AUTHENTICATION_REQUIRED in reasons or "payment_intent_action_required" in reasons:
        return NO_AUTHENTICATION
    message = getattr(told, "message", None) or "Stripe refused this."
    code = next((reason for reason in reasons if reason), "refused")
    return Refusal(str(code), message if message.endswith(".") else f"{message}.")
