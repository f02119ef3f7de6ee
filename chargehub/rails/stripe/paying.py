"""Owners' balances by Stripe: transfers to their connected accounts, which pay their banks."""

from typing import Any

from chargehub.payments.balance import FUNDS_MISSING, PAYEE_NOT_READY, funds_awaited
from chargehub.payments.rail import PaidOut, PayoutOrder, Refusal, TakeBackOrder, TakenBack
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.intents import metadata, same
from chargehub.rails.stripe.line import PAGE, Line
from chargehub.rails.stripe.refusals import BalanceShort

NOT_READY = Refusal(
    PAYEE_NOT_READY,
    "Stripe does not pay you yet. Open an account there (POST /api/v1/payout-accounts) and "
    "complete what it asks for.",
)
BALANCE_SPENT = Refusal(
    "balance_spent",
    "The owner's account at Stripe has less than this left. What the owner earns from now on pays "
    "it, or ask again when there is more.",
)
_LOST_CAPABILITY = ("insufficient_capabilities_for_transfer", "transfers_not_allowed")


class StripeTransfers:
    """Stripe as a rail that pays owners, and takes it back: `PaysOut`, `TakesBack`.

    A destination is a connected account.
    """

    pays_in: str | None = None

    def __init__(self, line: Line) -> None:
        self._line = line

    async def destination(self, owner_id: str, wanted: str | None) -> str | Refusal:
        """A connected account of this very owner that can be paid."""
        if wanted is None:
            return NOT_READY
        found = await self._line.ask(lambda v1: v1.accounts.retrieve(wanted))
        if isinstance(found, Refusal) or metadata(found).get("account_id") != owner_id:
            return Refusal("no_such_destination", "Stripe knows no such account of yours.")
        return wanted if getattr(found.capabilities, "transfers", "") == "active" else NOT_READY

    async def pay_out(self, order: PayoutOrder, key: str) -> PaidOut | Refusal:
        amount = amounts.asked(order.amount_minor, order.currency)
        if isinstance(amount, Refusal):
            return amount
        params = {
            "amount": amount,
            "currency": order.currency.lower(),
            "destination": order.destination,
            "transfer_group": order.purpose,
            "metadata": {"key": key},
        }
        try:
            outcome = await self._line.once(
                key,
                lambda v1, once: v1.transfers.create(params, once),
                _paid,
                lambda: self.read_back(order, key),
            )
        except BalanceShort:
            return Refusal(FUNDS_MISSING, funds_awaited(None))
        is_lost = isinstance(outcome, Refusal) and outcome.code in _LOST_CAPABILITY
        return NOT_READY if is_lost else outcome

    async def read_back(self, order: PayoutOrder, key: str) -> PaidOut | None:
        params = {"transfer_group": order.purpose, "limit": PAGE}
        transfer = await self._line.find(
            lambda v1: v1.transfers.list(params), lambda one: metadata(one).get("key") == key
        )
        if transfer is None:
            return None
        paid = _paid(transfer)
        ordered = order.amount_minor, order.destination
        same(ordered, key, (paid.amount_minor, transfer.destination))
        return paid

    async def take_back(self, order: TakeBackOrder, key: str) -> TakenBack | Refusal:
        """Stripe takes a currency from none but the transfer, which may have been in another."""
        amount = amounts.asked(order.amount_minor, order.currency)
        if isinstance(amount, Refusal):
            return amount
        transfer = await self._line.ask(lambda v1: v1.transfers.retrieve(order.payout))
        if isinstance(transfer, Refusal):
            return transfer
        if transfer.currency.upper() != order.currency:
            return Refusal("wrong_currency", f"That was in {transfer.currency.upper()}.")
        params: Any = {"amount": amount, "metadata": {"key": key, "purpose": order.purpose}}
        try:
            return await self._line.once(
                key,
                lambda v1, once: v1.transfers.reversals.create(order.payout, params, once),
                _taken_back,
                lambda: self.read_taken_back(order, key),
            )
        except BalanceShort:
            return BALANCE_SPENT

    async def read_taken_back(self, order: TakeBackOrder, key: str) -> TakenBack | None:
        params: Any = {"limit": PAGE}
        reversal = await self._line.find(
            lambda v1: v1.transfers.reversals.list(order.payout, params),
            lambda one: metadata(one).get("key") == key,
        )
        if reversal is None:
            return None
        taken = _taken_back(reversal)
        same((order.amount_minor, order.payout), key, (taken.amount_minor, reversal.transfer))
        return taken


def _taken_back(reversal: Any) -> TakenBack:
    return TakenBack(reversal.id, amounts.read(reversal.amount, reversal.currency.upper()))


def _paid(transfer: Any) -> PaidOut:
    return PaidOut(transfer.id, amounts.read(transfer.amount, transfer.currency.upper()))
