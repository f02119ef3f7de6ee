"""Charges: what a card was asked for. A payment intent makes them; nobody else does."""

from typing import Any

from tests.stripe_twin import balances
from tests.stripe_twin.cards import Card
from tests.stripe_twin.customers import card_of
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, page

_DAY = 86_400
_APPROVED = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 20,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def authorised(world: World, intent: Object, method: Object) -> Object:
    """The card keeps the amount of an intent: a charge that is not captured yet."""
    card = card_of(method)
    wants = intent["payment_method_options"]["card"] if intent["payment_method_options"] else {}
    made: Object = {
        "id": world.new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "CHARGEHUB",
        "captured": False,
        "created": world.clock.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": dict(_APPROVED),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": _details(world, intent, method["card"], card, wants),
            "type": "card",
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }
    return world.add(PLATFORM, made)


def declined(world: World, intent: Object, method: Object, code: str, message: str) -> Object:
    """The card's bank said no: a charge that failed, which stays with its intent."""
    charge = authorised(world, intent, method)
    charge["payment_method_details"]["card"].pop("capture_before", None)
    charge["outcome"] |= {
        "network_status": "declined_by_network",
        "reason": code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }
    charge |= {"paid": False, "status": "failed", "failure_code": code, "failure_message": message}
    return charge


def _details(
    world: World, intent: Object, told: Object, card: Card, wants: dict[str, Any]
) -> Object:
    """What is told of the card, with what this hold can do beyond the usual."""
    is_manual = intent["capture_method"] == "manual"
    is_wider = wants.get("request_overcapture") == "if_available" and card.overcapture_percent
    most = intent["amount"] * (100 + (card.overcapture_percent if is_wider else 0)) // 100
    is_longer = wants.get("request_extended_authorization") == "if_available" and card.days > 7
    can_grow = wants.get("request_incremental_authorization") == "if_available" and card.grows
    details: Object = {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "brand": told["brand"],
        "checks": told["checks"],
        "country": told["country"],
        "exp_month": told["exp_month"],
        "exp_year": told["exp_year"],
        "extended_authorization": {"status": "enabled" if is_longer else "disabled"},
        "fingerprint": told["fingerprint"],
        "funding": told["funding"],
        "incremental_authorization": {"status": "available" if can_grow else "unavailable"},
        "installments": None,
        "last4": told["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": told["brand"],
        "network_token": {"used": False},
        "network_transaction_id": str(world.random.randrange(10**14, 10**15)),
        "overcapture": {
            "maximum_amount_capturable": most,
            "status": "available" if is_wider else "unavailable",
        },
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }
    if is_manual:
        days = card.days if is_longer or card.days < 7 else 7
        details["capture_before"] = world.clock.now + days * _DAY
    return details


def captured(world: World, charge: Object, amount_minor: int) -> None:
    """The money is the platform's, in some days; the rest of the hold is given back."""
    booked = balances.book(
        world,
        PLATFORM,
        "charge",
        amount_minor,
        charge["currency"],
        charge["id"],
        fee_minor=balances.card_fee(amount_minor),
        available_on=world.clock.now + balances.CARD_DELAY_S,
    )
    charge |= {
        "captured": True,
        "amount_captured": amount_minor,
        "balance_transaction": booked["id"],
    }
    charge["outcome"]["type"] = "authorized"
    world.tell("charge.captured", charge)


@answers("GetChargesCharge")
def read(world: World, call: Call) -> Object:
    """A charge."""
    return world.one(call.account, "charge", call.path["charge"])


@answers("GetCharges")
def listed(world: World, call: Call) -> Object:
    """Charges, the newest first."""
    names = ("customer", "payment_intent", "transfer_group")
    found = [
        one
        for one in world.all(call.account, "charge").values()
        if all(call.get(name) in (None, one.get(name)) for name in names)
    ]
    return page(call, "/v1/charges", found)
