"""Balance transactions: every change of an account's money, once, with its fee. They conserve."""

from typing import Any

from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, page

CARD_FEE_PERCENT = "1.5"
CARD_FEE_MINOR = 25
CARD_DELAY_S = 2 * 86_400  # until a card payment is available
DISPUTE_FEE_MINOR = 2_000
_KIND = "balance_transaction"


def book(
    world: World,
    account: str,
    kind: str,
    amount_minor: int,
    currency: str,
    source: str,
    *,
    fee_minor: int = 0,
    available_on: int | None = None,
) -> Object:
    """A change of an account's balance: `amount_minor` less the fee."""
    fee = {
        "amount": fee_minor,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    now = world.clock.now
    return world.add(
        account,
        {
            "id": world.new_id("txn"),
            "object": _KIND,
            "amount": amount_minor,
            "available_on": now if available_on is None else available_on,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee_minor,
            "fee_details": [fee] if fee_minor else [],
            "net": amount_minor - fee_minor,
            "reporting_category": kind,
            "source": source,
            "status": "pending",
            "type": kind,
        },
    )


def card_fee(amount_minor: int) -> int:
    """1.5 % and 25, half up."""
    return (amount_minor * 15 + 500) // 1000 + CARD_FEE_MINOR


def sums(world: World, account: str) -> dict[str, dict[str, int]]:
    """{"available": {currency: minor units}, "pending": …} of an account, by now."""
    found: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for one in transactions(world, account):
        place = found[one["status"]]
        place[one["currency"]] = place.get(one["currency"], 0) + one["net"]
    return found


def available(world: World, account: str, currency: str) -> int:
    """What an account can send away now."""
    return sums(world, account)["available"].get(currency, 0)


def transactions(world: World, account: str) -> list[Object]:
    """Every balance transaction, with its state of now."""
    found = list(world.all(account, _KIND).values())
    for one in found:
        one["status"] = "available" if one["available_on"] <= world.clock.now else "pending"
    return found


@answers("GetBalance")
def read(world: World, call: Call) -> Object:
    """What an account has, now and later."""
    told = sums(world, call.account)
    currencies = sorted({*told["available"], *told["pending"]}) or ["eur"]
    parts: dict[str, Any] = {
        place: [
            {"amount": told[place].get(one, 0), "currency": one, "source_types": {}}
            for one in currencies
        ]
        for place in ("available", "pending")
    }
    return {"object": "balance", "livemode": False, **parts}


@answers("GetBalanceTransactions")
def listed(world: World, call: Call) -> Object:
    """Balance transactions, the newest first."""
    found = [
        one
        for one in transactions(world, call.account)
        if all(call.get(name) in (None, one[name]) for name in ("currency", "source", "type"))
    ]
    return page(call, "/v1/balance_transactions", found)


@answers("GetBalanceTransactionsId")
def one(world: World, call: Call) -> Object:
    """A balance transaction."""
    transactions(world, call.account)
    return world.one(call.account, _KIND, call.path["id"])


def need(world: World, amount_minor: int, currency: str, account: str = PLATFORM) -> None:
    """Raises Refused where an account has less."""
    if available(world, account, currency) < amount_minor:
        raise Refused(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
        )
