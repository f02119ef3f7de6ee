"""Payouts from Stripe to a bank: of a connected account by its schedule or by hand."""

from tests.stripe_twin import balances
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page


@answers("PostPayouts")
def create(world: World, call: Call) -> Object:
    """Send what is available to the bank."""
    amount, currency = call.get("amount"), call.get("currency").lower()
    return changed(sent(world, call.account, amount, currency, is_automatic=False), call)


def sent(world: World, account: str, amount: int, currency: str, *, is_automatic: bool) -> Object:
    """A payout on its way. Raises Refused where there is less, or nobody may be paid."""
    if account != PLATFORM and not world.one(PLATFORM, "account", account)["payouts_enabled"]:
        raise Refused("Payouts are not enabled for this account.", code="payouts_not_allowed")
    if balances.available(world, account, currency) < amount:
        raise Refused("You have insufficient funds.", code="balance_insufficient")
    made: Object = {
        "id": world.new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": world.clock.now + 86_400,
        "automatic": is_automatic,
        "balance_transaction": None,
        "created": world.clock.now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_twin",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    booked = balances.book(world, account, "payout", -amount, currency, made["id"])
    made["balance_transaction"] = booked["id"]
    world.add(account, made)
    world.tell("payout.created", made, account)
    return made


def arrive(world: World, account: str, payout_id: str) -> Object:
    """The bank has it."""
    found = world.one(account, "payout", payout_id)
    found["status"] = "paid"
    world.tell("payout.paid", found, account)
    return found


def fail(world: World, account: str, payout_id: str, code: str = "account_closed") -> Object:
    """The bank sends it back, maybe after it was paid."""
    found = world.one(account, "payout", payout_id)
    currency, amount = found["currency"], found["amount"]
    booked = balances.book(world, account, "payout_failure", amount, currency, payout_id)
    found |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": "The bank account has been closed.",
        "failure_balance_transaction": booked["id"],
    }
    world.tell("payout.failed", found, account)
    return found


@answers("GetPayoutsPayout")
def read(world: World, call: Call) -> Object:
    """A payout."""
    return world.one(call.account, "payout", call.path["payout"])


@answers("GetPayouts")
def listed(world: World, call: Call) -> Object:
    """Payouts, the newest first."""
    found = list(world.all(call.account, "payout").values())
    return page(call, "/v1/payouts", [one for one in found if _is_wanted(one, call)])


def _is_wanted(payout: Object, call: Call) -> bool:
    return call.get("status") in (None, payout["status"])
