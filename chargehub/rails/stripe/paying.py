"""Owners' balances by Stripe: transfers to their connected accounts, which pay their banks."""

from typing import Any

from chargehub.payments.rail import KeyReused, PaidOut, PayoutOrder, Refusal
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.line import Line

NOT_READY = Refusal(
    "not_onboarded", "Stripe does not pay this account yet. Complete what it asks for first."
)


class StripeTransfers:
    """Stripe as a rail that pays owners: `PaysOut`. A destination is a connected account."""

    pays_in: str | None = None

    def __init__(self, line: Line) -> None:
        self._line = line

    async def destination(self, owner_id: str, wanted: str | None) -> str | Refusal:
        """A connected account of this very owner that can be paid."""
        if wanted is None:
            return NOT_READY
        found = await self._line.ask(lambda v1: v1.accounts.retrieve(wanted))
        if isinstance(found, Refusal) or _metadata(found).get("account_id") != owner_id:
            return Refusal("no_such_destination", "Stripe knows no such account of yours.")
        return wanted if getattr(found.capabilities, "transfers", "") == "active" else NOT_READY

    async def pay_out(self, order: PayoutOrder, key: str) -> PaidOut | Refusal:
        try:
            amount = amounts.told(order.amount_minor, order.currency)
        except amounts.Unpayable as error:
            return Refusal("amount", f"{error}.")
        params = {
            "amount": amount,
            "currency": order.currency.lower(),
            "destination": order.destination,
            "transfer_group": order.purpose,
            "metadata": {"key": key},
        }
        done = await self._line.ask(
            lambda v1: v1.transfers.create(params, {"idempotency_key": key})
        )
        return done if isinstance(done, Refusal) else _paid(done)

    async def read_back(self, order: PayoutOrder, key: str) -> PaidOut | Refusal | None:
        params = {"transfer_group": order.purpose, "limit": 100}
        found = await self._line.ask(lambda v1: v1.transfers.list(params))
        for transfer in () if isinstance(found, Refusal) else found.data:
            if _metadata(transfer).get("key") == key:
                paid = _paid(transfer)
                if (paid.amount_minor, transfer.destination) != (
                    order.amount_minor,
                    order.destination,
                ):
                    raise KeyReused(f"{key} was sent with another order")
                return paid
        return None


def _paid(transfer: Any) -> PaidOut:
    return PaidOut(transfer.id, amounts.read(transfer.amount, transfer.currency.upper()))


def _metadata(thing: Any) -> dict[str, str]:
    found: dict[str, str] = thing.metadata.to_dict() if thing.metadata else {}
    return found
