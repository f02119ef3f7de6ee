"""Transfers to connected accounts, their reversals, and payouts to the owners' banks."""

from tests.stripe_twin import balances
from tests.stripe_twin.accounts import account
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page


@answers("PostTransfers")
def create(world: World, call: Call) -> Object:
    """Move money to a connected account: what is available, or what a charge will bring."""
    to = account(world, call.get("destination"))
    check_payable(to)
    currency, source = call.get("currency").lower(), call.get("source_transaction")
    amount, available_on = call.get("amount"), world.clock.now
    if source is None:
        balances.need(world, amount, currency)
    else:
        available_on = _covered(world, world.one(PLATFORM, "charge", source), amount)
    made = sent(world, to, amount, currency, source=source, available_on=available_on)
    made |= {name: call.get(name) for name in ("description", "transfer_group")}
    changed(made, call)
    world.tell("transfer.created", made)
    return made


def check_payable(to: Object) -> None:
    """Raises Refused for a connected account that cannot be paid."""
    if to["capabilities"].get("transfers") != "active":
        raise Refused(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )


def sent(
    world: World,
    to: Object,
    amount: int,
    currency: str,
    *,
    source: str | None,
    available_on: int,
    fee: int = 0,
) -> Object:
    """A transfer, booked on both sides; `fee` of it goes back to the platform by itself."""
    made: Object = {
        "id": world.new_id("tr"),
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": world.clock.now,
        "currency": currency,
        "description": None,
        "destination": to["id"],
        "destination_payment": world.new_id("py"),
        "livemode": False,
        "metadata": {},
        "reversals": None,
        "reversed": False,
        "source_transaction": source,
        "source_type": "card",
        "transfer_group": None,
    }
    out = balances.book(
        world, PLATFORM, "transfer", -amount, currency, made["id"], available_on=available_on
    )
    made |= {"balance_transaction": out["id"], "reversals": _reversals(made["id"])}
    there = balances.book(
        world,
        to["id"],
        "payment",
        amount,
        currency,
        made["destination_payment"],
        fee_minor=fee,
        available_on=available_on,
    )
    for part in there["fee_details"]:
        part |= {"type": "application_fee", "description": "Application fee"}
    return world.add(PLATFORM, made)


def _covered(world: World, charge: Object, amount: int) -> int:
    """When the charge's money is there. Raises Refused for more than it brought."""
    sent = sum(
        one["amount"] - one["amount_reversed"]
        for one in world.all(PLATFORM, "transfer").values()
        if one["source_transaction"] == charge["id"]
    )
    if not charge["captured"] or sent + amount > charge["amount_captured"]:
        raise Refused("The transfers from this charge may not exceed its amount.", param="amount")
    booked = world.one(PLATFORM, "balance_transaction", charge["balance_transaction"])
    available_on: int = booked["available_on"]
    return max(available_on, world.clock.now)


def _reversals(transfer_id: str) -> Object:
    url = f"/v1/transfers/{transfer_id}/reversals"
    return {"object": "list", "data": [], "has_more": False, "url": url}


@answers("GetTransfersTransfer")
def read(world: World, call: Call) -> Object:
    """A transfer."""
    return world.one(PLATFORM, "transfer", call.path["transfer"])


@answers("GetTransfers")
def listed(world: World, call: Call) -> Object:
    """Transfers, the newest first."""
    found = [
        one
        for one in world.all(PLATFORM, "transfer").values()
        if all(call.get(name) in (None, one[name]) for name in ("destination", "transfer_group"))
    ]
    return page(call, "/v1/transfers", found)


@answers("PostTransfersIdReversals")
def reverse(world: World, call: Call) -> Object:
    """Take back some of a transfer, as far as the connected account has it."""
    transfer = world.one(PLATFORM, "transfer", call.path["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.get("amount") or left
    if amount > left:
        raise Refused(f"Transfer only has {left} left to reverse.", param="amount")
    to, currency = transfer["destination"], transfer["currency"]
    balances.need(world, amount, currency, to)
    made: Object = {
        "id": world.new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": world.clock.now,
        "currency": currency,
        "destination_payment_refund": world.new_id("pyr"),
        "metadata": {},
        "source_refund": None,
        "transfer": transfer["id"],
    }
    back = balances.book(world, PLATFORM, "transfer_refund", amount, currency, made["id"])
    made["balance_transaction"] = back["id"]
    balances.book(
        world, to, "payment_refund", -amount, currency, made["destination_payment_refund"]
    )
    changed(made, call)
    world.add(PLATFORM, made)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"] = [made, *transfer["reversals"]["data"]]
    world.tell("transfer.reversed", transfer)
    return made


@answers("GetTransfersIdReversals")
def reversals(world: World, call: Call) -> Object:
    """What was taken back of a transfer, the newest first."""
    transfer = world.one(PLATFORM, "transfer", call.path["id"])
    found = list(reversed(transfer["reversals"]["data"]))
    return page(call, f"/v1/transfers/{transfer['id']}/reversals", found)
