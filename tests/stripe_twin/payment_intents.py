"""Payment intents: hold, confirm, grow, capture, cancel. The states are Stripe's."""

from typing import Any

from tests.stripe_twin import charges, destinations, disputes
from tests.stripe_twin.cards import DECLINES, Card
from tests.stripe_twin.customers import attach, card_of, method
from tests.stripe_twin.errors import Refused, declined
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_KIND = "payment_intent"
MINIMA = {"eur": 50, "usd": 50, "gbp": 30, "nok": 300, "jpy": 50}
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_OPTIONS = (
    "request_extended_authorization",
    "request_incremental_authorization",
    "request_multicapture",
    "request_overcapture",
)


@answers("PostPaymentIntents")
def create(world: World, call: Call) -> Object:
    """An intent, and at once its confirmation where that is asked for."""
    intent = new(world, call)
    if call.get("confirm"):
        confirmed(world, intent, call)
    return intent


def new(world: World, call: Call) -> Object:
    """An intent that waits for its means of payment, or for its confirmation."""
    check_features(world, call)
    amount, currency = call.get("amount"), call.get("currency").lower()
    if amount < MINIMA.get(currency, 1):
        raise Refused(
            "Amount must convert to at least 50 cents.", code="amount_too_small", param="amount"
        )
    told = call.get("payment_method")
    found = method(world, told) if told else None
    intent_id = world.new_id("pi")
    made: Object = {
        "id": intent_id,
        "object": _KIND,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": call.get("application_fee_amount"),
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": call.get("capture_method") or "automatic_async",
        "client_secret": f"{intent_id}_secret_{world.new_id('s')[2:]}",
        "confirmation_method": "automatic",
        "created": world.clock.now,
        "currency": currency,
        "customer": call.get("customer"),
        "description": call.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": call.get("on_behalf_of"),
        "payment_method": found["id"] if found else None,
        "payment_method_options": {"card": _options(call)},
        "payment_method_types": call.get("payment_method_types") or ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": call.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_confirmation" if found else "requires_payment_method",
        "transfer_data": destinations.named(world, call),
        "transfer_group": call.get("transfer_group"),
    }
    if made["customer"]:
        world.one(PLATFORM, "customer", made["customer"])
    world.add(PLATFORM, changed(made, call))
    world.tell("payment_intent.created", made)
    return made


def check_features(world: World, call: Call) -> None:
    """Some accounts may not even ask, in test mode too: "if_available" is about the card."""
    asked = call.get("payment_method_options", "card") or {}
    if not world.is_eligible and any(name in asked for name in _OPTIONS):
        raise Refused(
            "This account is not eligible for the requested card features. See "
            "https://stripe.com/docs/payments/flexible-payments for more details."
        )


def _options(call: Call) -> dict[str, Any]:
    asked = call.get("payment_method_options", "card") or {}
    told: dict[str, Any] = {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
    return told | {name: asked[name] for name in _OPTIONS if name in asked}


@answers("GetPaymentIntentsIntent")
def read(world: World, call: Call) -> Object:
    """An intent; a hold that the bank let go of is gone when somebody looks."""
    return _looked_at(world, world.one(PLATFORM, _KIND, call.path["intent"]))


@answers("GetPaymentIntents")
def listed(world: World, call: Call) -> Object:
    """Intents, the newest first."""
    found = [
        _looked_at(world, one)
        for one in world.all(PLATFORM, _KIND).values()
        if call.get("customer") in (None, one["customer"])
    ]
    return page(call, "/v1/payment_intents", found)


@answers("PostPaymentIntentsIntentConfirm")
def confirm(world: World, call: Call) -> Object:
    """Ask the card."""
    intent = _looked_at(world, world.one(PLATFORM, _KIND, call.path["intent"]))
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _not_now(intent, "confirm")
    if told := call.get("payment_method"):
        intent["payment_method"] = method(world, told)["id"]
    return confirmed(world, intent, call)


def confirmed(world: World, intent: Object, call: Call) -> Object:
    """Ask the card; off session it cannot be asked for more than its number. Raises Refused."""
    if intent["payment_method"] is None:
        raise Refused("You must provide a payment method.", code="parameter_missing")
    found = world.one(PLATFORM, "payment_method", intent["payment_method"])
    if found.get("_is_spent"):
        raise Refused("This PaymentMethod was previously used or detached and cannot be reused.")
    if found["customer"] is not None and found["customer"] != intent["customer"]:
        raise Refused("The customer does not have a payment method with this ID.")
    card, is_away = card_of(found), bool(call.get("off_session"))
    if _wants_its_holder(card, found, is_away):
        return _ask_the_holder(world, intent, found, is_away)
    return authorise(world, intent, found)


def _wants_its_holder(card: Card, found: Object, is_away: bool) -> bool:
    was_set_up = bool(found.get("_was_set_up"))
    return card.authentication == "always" or (
        card.authentication == "once" and not (was_set_up and is_away)
    )


def _ask_the_holder(world: World, intent: Object, found: Object, is_away: bool) -> Object:
    if not is_away:
        intent["status"] = "requires_action"
        url = f"https://hooks.stripe.twin/authenticate/{intent['id']}"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": None, "url": url},
            "type": "redirect_to_url",
        }
        world.tell("payment_intent.requires_action", intent)
        return intent
    return _fail(world, intent, found, "authentication_required", "authentication_required")


def authorise(world: World, intent: Object, found: Object) -> Object:
    """The holder was heard, or need not be: the bank decides. Raises Refused."""
    card = card_of(found)
    if card.declines is not None or card.last4 == "0341":
        return _fail(world, intent, found, "card_declined", card.declines or "generic_decline")
    if intent["setup_future_usage"] and intent["customer"] and found["customer"] is None:
        attach(world, found, intent["customer"])
        found["_was_set_up"] = True
    charge = charges.authorised(world, intent, found)
    intent |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
    if intent["capture_method"] != "manual":
        return _take(world, intent, intent["amount"])
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    world.tell("payment_intent.amount_capturable_updated", intent)
    return intent


def _fail(world: World, intent: Object, found: Object, code: str, reason: str) -> Object:
    message = DECLINES.get(
        reason, "Your card was declined. This transaction requires authentication."
    )
    shown = {key: value for key, value in found.items() if not key.startswith("_")}
    told = {"code": code, "message": message, "type": "card_error", "decline_code": reason}
    charge = charges.declined(world, intent, found, code, message)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "latest_charge": charge["id"],
        "last_payment_error": {**told, "charge": charge["id"], "payment_method": shown},
    }
    world.tell("payment_intent.payment_failed", intent)
    refused = declined(message, reason, payment_method=shown, payment_intent=dict(intent))
    refused.error["code"] = code
    raise refused


@answers("PostPaymentIntentsIntentIncrementAuthorization")
def increment(world: World, call: Call) -> Object:
    """Have the card keep more. Raises Refused where this hold cannot grow."""
    intent = _looked_at(world, world.one(PLATFORM, _KIND, call.path["intent"]))
    if intent["status"] != "requires_capture":
        raise _not_now(intent, "increment")
    charge = world.one(PLATFORM, "charge", intent["latest_charge"])
    details = charge["payment_method_details"]["card"]
    amount = call.get("amount")
    if details["incremental_authorization"]["status"] != "available":
        raise Refused("This PaymentIntent cannot be incremented.", code="card_declined")
    if amount <= intent["amount"]:
        raise Refused("The amount must be greater than the authorized amount.", param="amount")
    charge["amount"] = details["amount_authorized"] = amount
    details["overcapture"]["maximum_amount_capturable"] = amount
    intent |= {"amount": amount, "amount_capturable": amount}
    changed(intent, call, "description")
    world.tell("payment_intent.amount_capturable_updated", intent)
    return intent


@answers("PostPaymentIntentsIntentCapture")
def capture(world: World, call: Call) -> Object:
    """Take some of what is held, or all; the rest is given back."""
    intent = _looked_at(world, world.one(PLATFORM, _KIND, call.path["intent"]))
    if intent["status"] != "requires_capture":
        raise _not_now(intent, "capture")
    amount = call.get("amount_to_capture") or intent["amount"]
    charge = world.one(PLATFORM, "charge", intent["latest_charge"])
    beyond = charge["payment_method_details"]["card"]["overcapture"]
    if amount > max(intent["amount_capturable"], beyond["maximum_amount_capturable"]):
        raise Refused(
            "The amount to capture is greater than the amount you can capture.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    destinations.check(world, intent)
    changed(intent, call, "application_fee_amount")
    return _take(world, intent, amount)


def _take(world: World, intent: Object, amount_minor: int) -> Object:
    charge = world.one(PLATFORM, "charge", intent["latest_charge"])
    charge["metadata"] = dict(intent["metadata"])
    charges.captured(world, charge, amount_minor)
    destinations.transferred(world, intent, charge)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount_minor}
    world.tell("charge.succeeded", charge)
    world.tell("payment_intent.succeeded", intent)
    reason = card_of(world.one(PLATFORM, "payment_method", intent["payment_method"])).disputes
    if reason is not None:
        disputes.opened(world, charge, reason)
    return intent


@answers("PostPaymentIntentsIntentCancel")
def cancel(world: World, call: Call) -> Object:
    """Give the hold back, or never make one."""
    intent = _looked_at(world, world.one(PLATFORM, _KIND, call.path["intent"]))
    if intent["status"] not in _OPEN:
        raise _not_now(intent, "cancel")
    return _end(world, intent, call.get("cancellation_reason"))


def _end(world: World, intent: Object, reason: str | None) -> Object:
    charge = world.all(PLATFORM, "charge").get(intent["latest_charge"])
    if charge is not None and charge["paid"]:
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
    intent |= {
        "status": "canceled",
        "canceled_at": world.clock.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    world.tell("payment_intent.canceled", intent)
    return intent


def _looked_at(world: World, intent: Object) -> Object:
    if intent["status"] == "requires_capture":
        charge = world.one(PLATFORM, "charge", intent["latest_charge"])
        before = charge["payment_method_details"]["card"]["capture_before"]
        if world.clock.now >= before:
            world.tell("charge.expired", charge)
            return _end(world, intent, "automatic")
    return intent


def let_go(world: World) -> None:
    """Time passed: every hold that is at its end is over, and its event is sent."""
    for intent in list(world.all(PLATFORM, _KIND).values()):
        _looked_at(world, intent)


def _not_now(intent: Object, deed: str) -> Refused:
    return Refused(
        f"This PaymentIntent could not be {deed}ed because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )
