"""Destination charges: a captured charge transfers itself to a connected account, and the account
gives the platform its application fee back."""

from tests.stripe_twin import balances, transfers
from tests.stripe_twin.accounts import account
from tests.stripe_twin.errors import missing
from tests.stripe_twin.world import PLATFORM, Call, Object, World


def named(world: World, call: Call) -> Object | None:
    """`transfer_data` of a new intent. Raises Refused where that account cannot be paid."""
    told = call.get("transfer_data")
    if told is None:
        return None
    if told["destination"] not in world.all(PLATFORM, "account"):
        refused = missing("destination", told["destination"])
        refused.error["param"] = "transfer_data[destination]"
        raise refused
    transfers.check_payable(account(world, told["destination"]))
    return dict(told)


def check(world: World, intent: Object) -> None:
    """Before a capture. Raises Refused where its destination cannot be paid any more."""
    if intent["transfer_data"] is not None:
        transfers.check_payable(account(world, intent["transfer_data"]["destination"]))


def transferred(world: World, intent: Object, charge: Object) -> None:
    """All of a captured charge goes to its destination, if it has one, and the fee comes back."""
    if intent["transfer_data"] is None:
        return
    to, amount = intent["transfer_data"]["destination"], charge["amount_captured"]
    booked = world.one(PLATFORM, "balance_transaction", charge["balance_transaction"])
    fee_amount = min(intent["application_fee_amount"] or 0, amount)
    sent = transfers.sent(
        world,
        account(world, to),
        amount,
        charge["currency"],
        source=charge["id"],
        available_on=booked["available_on"],
        fee=fee_amount,
    )
    sent["transfer_group"] = charge["transfer_group"]
    charge |= {"transfer": sent["id"], "transfer_data": {"amount": None, "destination": to}}
    if fee_amount:
        fee = _fee(world, charge, sent, fee_amount, booked["available_on"])
        charge |= {"application_fee": fee["id"], "application_fee_amount": fee_amount}
    world.tell("transfer.created", sent)


def _fee(world: World, charge: Object, sent: Object, amount: int, available_on: int) -> Object:
    fee_id = world.new_id("fee")
    booked = balances.book(
        world,
        PLATFORM,
        "application_fee",
        amount,
        charge["currency"],
        fee_id,
        available_on=available_on,
    )
    url = f"/v1/application_fees/{fee_id}/refunds"
    made: Object = {
        "id": fee_id,
        "object": "application_fee",
        "account": sent["destination"],
        "amount": amount,
        "amount_refunded": 0,
        "application": "ca_twin",
        "balance_transaction": booked["id"],
        "charge": sent["destination_payment"],
        "created": world.clock.now,
        "currency": charge["currency"],
        "fee_source": {"charge": sent["destination_payment"], "type": "charge"},
        "livemode": False,
        "originating_transaction": charge["id"],
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": url},
    }
    world.add(PLATFORM, made)
    world.tell("application_fee.created", made)
    return made
