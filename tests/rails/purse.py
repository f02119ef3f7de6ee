"""Prepaid balances with something on them, one of which loses answers."""

from datetime import UTC, datetime

from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer, transfer_id
from chargehub.payments import funds
from chargehub.payments.rail import CollectOrder, CollectOutcome, RailUnreachable
from chargehub.rails.prepaid import PrepaidBalances
from chargehub.units import Money

GOOD, LOSING, EMPTY = (f"0198b2a0-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Purse(PrepaidBalances):
    """Two balances with 100 euros each; of `LOSING` the first answer to every order is lost."""

    async def _carry_out(self, order: CollectOrder, key: str) -> CollectOutcome:
        for account_id in (GOOD, LOSING):
            entries = funds.paid_in(account_id, Money(10_000, "EUR"))
            paid_in = Transfer(transfer_id("paid in", account_id), "top_up", entries, AT)
            await self._store.do(post, paid_in)
        is_first = await self.read_back(order, key) is None
        outcome = await super()._carry_out(order, key)
        if is_first and getattr(order, "method", "") == LOSING:
            raise RailUnreachable("The answer was lost.")
        return outcome
