"""Customers and their means of payment."""

from typing import Any

from tests.stripe_twin.cards import BY_LAST4, CAN_BE_SET_UP, CARDS, TOKENS, Card
from tests.stripe_twin.errors import Refused, declined
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_NO_ADDRESS = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


@answers("PostCustomers")
def create(world: World, call: Call) -> Object:
    """A customer."""
    made: Object = {
        "id": world.new_id("cus"),
        "object": "customer",
        "balance": 0,
        "created": world.clock.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": world.new_id("I")[2:10].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    world.add(PLATFORM, changed(made, call, "email", "name", "description"))
    world.tell("customer.created", made)
    return made


@answers("GetCustomersCustomer")
def read(world: World, call: Call) -> Object:
    """A customer."""
    return world.one(PLATFORM, "customer", call.path["customer"])


@answers("PostCustomersCustomer")
def change(world: World, call: Call) -> Object:
    """Change a customer."""
    found = world.one(PLATFORM, "customer", call.path["customer"])
    return changed(found, call, "email", "name", "description")


@answers("DeleteCustomersCustomer")
def delete(world: World, call: Call) -> Object:
    """Forget a customer and the cards."""
    gone = world.one(PLATFORM, "customer", call.path["customer"])
    del world.all(PLATFORM, "customer")[gone["id"]]
    for method in world.all(PLATFORM, "payment_method").values():
        if method["customer"] == gone["id"]:
            method["customer"] = None
    return {"id": gone["id"], "object": "customer", "deleted": True}


def card_of(method: Object) -> Card:
    """What a means of payment does."""
    return BY_LAST4[method["card"]["last4"]]


def new_card(world: World, number: str) -> Object:
    """A means of payment made of a card number, as the hosted page makes one."""
    card = CARDS.get(number.replace(" ", ""))
    if card is None:
        raise Refused("Your card number is incorrect.", code="incorrect_number", param="number")
    return world.add(PLATFORM, _method(world, card))


def method(world: World, told: str) -> Object:
    """A means of payment by its id, or a new one for a token of the test mode. Raises Refused."""
    if told in TOKENS:
        return new_card(world, TOKENS[told])
    return world.one(PLATFORM, "payment_method", told)


def attach(world: World, found: Object, customer: str) -> Object:
    """A means of payment is this customer's, if its bank agrees. Raises Refused."""
    world.one(PLATFORM, "customer", customer)
    if found["customer"] not in (None, customer):
        raise Refused("The payment method is attached to another customer.")
    if not any(CARDS[number].last4 == found["card"]["last4"] for number in CAN_BE_SET_UP):
        raise declined("Your card was declined.", "generic_decline")
    found["customer"] = customer
    world.tell("payment_method.attached", found)
    return found


@answers("PostPaymentMethodsPaymentMethodAttach")
def attached(world: World, call: Call) -> Object:
    """Attach a means of payment."""
    return attach(world, method(world, call.path["payment_method"]), call.get("customer"))


@answers("PostPaymentMethodsPaymentMethodDetach")
def detached(world: World, call: Call) -> Object:
    """It is nobody's any more, and cannot be used again."""
    found = world.one(PLATFORM, "payment_method", call.path["payment_method"])
    found["customer"] = None
    found["_is_spent"] = True
    world.tell("payment_method.detached", _shown(found))
    return _shown(found)


@answers("GetPaymentMethodsPaymentMethod")
def read_method(world: World, call: Call) -> Object:
    """A means of payment."""
    return _shown(world.one(PLATFORM, "payment_method", call.path["payment_method"]))


@answers("GetCustomersCustomerPaymentMethods")
def methods(world: World, call: Call) -> Object:
    """A customer's means of payment."""
    customer = world.one(PLATFORM, "customer", call.path["customer"])["id"]
    found = world.all(PLATFORM, "payment_method").values()
    own = [_shown(one) for one in found if one["customer"] == customer]
    return page(call, f"/v1/customers/{customer}/payment_methods", own)


def _shown(found: Object) -> Object:
    return {key: value for key, value in found.items() if not key.startswith("_")}


def _method(world: World, card: Card) -> Object:
    told: dict[str, Any] = {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": {"mastercard": "mastercard", "amex": "american_express"}.get(
            card.brand, card.brand
        ),
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"fp{card.last4}twin",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return {
        "id": world.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict(_NO_ADDRESS),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "card": told,
        "created": world.clock.now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
