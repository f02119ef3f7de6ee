"""Checkout sessions: a card is told on Stripe's hosted page alone, never to the hub."""

from typing import Any

from tests.stripe_twin import payment_intents, setup_intents
from tests.stripe_twin.customers import card_of, new_card
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_KIND = "checkout.session"
_LASTS_S = 86_400


@answers("PostCheckoutSessions")
def create(world: World, call: Call) -> Object:
    """A hosted page on which a card is set up, or something is paid."""
    mode = call.get("mode") or "payment"
    payment_intents.check_features(world, call)
    if call.get("success_url") is None:
        raise Refused("You must provide a success_url.", param="success_url")
    session_id = world.new_id("cs_test")
    made: Object = _blank(world, session_id) | {
        "mode": mode,
        "customer": call.get("customer"),
        "client_reference_id": call.get("client_reference_id"),
        "success_url": call.get("success_url"),
        "cancel_url": call.get("cancel_url"),
        "expires_at": call.get("expires_at") or world.clock.now + _LASTS_S,
        "url": f"{world.pages}/pay/{session_id}",
    }
    if mode == "setup":
        intent = setup_intents.new(world, made["customer"])
        intent["metadata"] = dict(call.get("setup_intent_data", "metadata") or {})
        made |= {"setup_intent": intent["id"], "payment_status": "no_payment_required"}
        made["currency"] = call.get("currency")
    else:
        made |= _to_be_paid(call)
        options = call.get("payment_method_options") or {}
        order = dict(call.get("payment_intent_data") or {})
        world.orders[session_id] = order | {"payment_method_options": options}
    return world.add(PLATFORM, changed(made, call))


def _to_be_paid(call: Call) -> Object:
    items = call.get("line_items") or []
    if not items:
        raise Refused("You must provide at least one line item.", param="line_items")
    total = sum(one["price_data"]["unit_amount"] * (one.get("quantity") or 1) for one in items)
    currency = items[0]["price_data"]["currency"].lower()
    return {"amount_subtotal": total, "amount_total": total, "currency": currency}


def _blank(world: World, session_id: str) -> Object:
    nothing = [
        "after_expiration",
        "allow_promotion_codes",
        "amount_subtotal",
        "amount_total",
        "billing_address_collection",
        "consent",
        "consent_collection",
        "currency",
        "currency_conversion",
        "customer_details",
        "customer_email",
        "invoice",
        "invoice_creation",
        "locale",
        "payment_intent",
        "payment_link",
        "payment_method_collection",
        "payment_method_configuration_details",
        "recovered_from",
        "setup_intent",
        "shipping_address_collection",
        "shipping_cost",
        "submit_type",
        "subscription",
        "total_details",
        "ui_mode",
    ]
    return {
        **dict.fromkeys(nothing),
        "id": session_id,
        "object": _KIND,
        "adaptive_pricing": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": world.clock.now,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_creation": None,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
    }


@answers("GetCheckoutSessionsSession")
def read(world: World, call: Call) -> Object:
    """A session."""
    return _looked_at(world, world.one(PLATFORM, _KIND, call.path["session"]))


@answers("GetCheckoutSessions")
def listed(world: World, call: Call) -> Object:
    """Sessions, the newest first."""
    names = ("customer", "payment_intent")
    found = [
        _looked_at(world, one)
        for one in world.all(PLATFORM, _KIND).values()
        if all(call.get(name) in (None, one[name]) for name in names)
    ]
    return page(call, "/v1/checkout/sessions", found)


@answers("PostCheckoutSessionsSessionExpire")
def expire(world: World, call: Call) -> Object:
    """Nobody is to pay any more."""
    found = _looked_at(world, world.one(PLATFORM, _KIND, call.path["session"]))
    if found["status"] != "open":
        raise Refused('Only Checkout Sessions with a status in ["open"] can be expired.')
    return _expired(world, found)


def _looked_at(world: World, found: Object) -> Object:
    if found["status"] == "open" and world.clock.now >= found["expires_at"]:
        return _expired(world, found)
    return found


def _expired(world: World, found: Object) -> Object:
    found |= {"status": "expired", "url": None}
    world.tell("checkout.session.expired", found)
    return found


def pay(world: World, session_id: str, number: str, has_agreed: bool | None = None) -> str | None:
    """What somebody types on the hosted page; where they are sent then.

    None: their bank wants to hear from them, so ask again with `has_agreed`. Raises Refused.
    """
    found = _looked_at(world, world.one(PLATFORM, _KIND, session_id))
    if found["status"] != "open":
        raise Refused("This page is no longer available.")
    method = new_card(world, number)
    if card_of(method).authentication != "nothing" and not has_agreed:
        if has_agreed is None:
            return None
        raise Refused("We are unable to authenticate your payment method.")
    method["_was_set_up"] = True
    if found["mode"] == "setup":
        intent = world.one(PLATFORM, "setup_intent", found["setup_intent"])
        intent["payment_method"] = method["id"]
        setup_intents.authenticated(world, intent)
    else:
        _paid(world, found, method)
    found |= {"status": "complete", "url": None}
    world.tell("checkout.session.completed", found)
    to: str = found["success_url"]
    return to.replace("{CHECKOUT_SESSION_ID}", session_id)


def _paid(world: World, found: Object, method: Object) -> None:
    order: dict[str, Any] = world.orders[found["id"]]
    asked = {
        **order,
        "amount": found["amount_total"],
        "currency": found["currency"],
        "customer": found["customer"],
        "payment_method": method["id"],
    }
    intent = payment_intents.new(world, Call(asked, {}))
    payment_intents.authorise(world, intent, method)
    is_paid = intent["status"] == "succeeded"
    found |= {"payment_intent": intent["id"], "payment_status": "paid" if is_paid else "unpaid"}
