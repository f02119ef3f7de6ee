"""Refunds of charges, and what is taken back from a connected account."""

from tests.stripe_twin import balances
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page


@answers("PostRefunds")
def create(world: World, call: Call) -> Object:
    """Give back some of a charge, or all that is left of it."""
    charge = _charge(world, call)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = call.get("amount") or left
    if charge["disputed"]:
        raise Refused("Charge has been charged back.", code="charge_disputed")
    if left <= 0:
        raise Refused("Charge has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise Refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    made: Object = {
        "id": world.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.clock.now,
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": call.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    booked = balances.book(world, PLATFORM, "refund", -amount, charge["currency"], made["id"])
    made["balance_transaction"] = booked["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.add(PLATFORM, changed(made, call))
    world.tell("refund.created", made)
    world.tell("charge.refunded", charge)
    return made


def fail(world: World, refund_id: str, reason: str = "lost_or_stolen_card") -> Object:
    """The card's bank would not take a refund: the money is the platform's again."""
    refund = world.one(PLATFORM, "refund", refund_id)
    charge = world.one(PLATFORM, "charge", refund["charge"])
    amount, currency = refund["amount"], refund["currency"]
    booked = balances.book(world, PLATFORM, "refund_failure", amount, currency, refund_id)
    refund |= {
        "status": "failed",
        "failure_reason": reason,
        "failure_balance_transaction": booked["id"],
    }
    charge |= {"amount_refunded": charge["amount_refunded"] - amount, "refunded": False}
    world.tell("refund.failed", refund)
    return refund


def _charge(world: World, call: Call) -> Object:
    if (charge_id := call.get("charge")) is not None:
        return world.one(PLATFORM, "charge", charge_id)
    intent = world.one(PLATFORM, "payment_intent", call.get("payment_intent"))
    if intent["status"] != "succeeded":
        raise Refused("This PaymentIntent does not have a successful charge to refund.")
    return world.one(PLATFORM, "charge", intent["latest_charge"])


@answers("GetRefundsRefund")
def read(world: World, call: Call) -> Object:
    """A refund."""
    return world.one(PLATFORM, "refund", call.path["refund"])


@answers("GetRefunds")
def listed(world: World, call: Call) -> Object:
    """Refunds, the newest first."""
    found = [
        one
        for one in world.all(PLATFORM, "refund").values()
        if all(call.get(name) in (None, one[name]) for name in ("charge", "payment_intent"))
    ]
    return page(call, "/v1/refunds", found)
