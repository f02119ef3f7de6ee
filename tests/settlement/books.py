"""The steps before and after settlement, as others would do them."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from chargehub.clock import HandClock
from chargehub.events import PaymentCaptured
from chargehub.ledger import rules
from chargehub.ledger import tables as ledger
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer, transfer_id
from chargehub.payments.tables import PayoutRow
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.schema import CdrRow
from chargehub.settlement.actions import mature_due, settle
from chargehub.store.tables import EventRow
from chargehub.store.work import Work, table_of
from chargehub.store.writer import Store

DAY = timedelta(days=1)
_PAID: dict[str, Any] = {
    "rail": "sandbox",
    "destination": "bank",
    "state": "paid",
    "requested_at": datetime(2026, 3, 2, 8, tzinfo=UTC),
}
EVENT = table_of(EventRow)


def cdr(
    session: str, cost_minor: int, version: int = 1, owner: str = "o", station: str = "station"
) -> CdrView:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return CdrView(
        id=f"{session}-{version}",
        session_id=session,
        version=version,
        kind="cdr",
        replaces=None,
        reason=None,
        station_id=station,
        evse_id="evse",
        owner_id=owner,
        driver_id="d",
        id_token="TOKEN",
        started_at=at,
        ended_at=at,
        energy_wh=20_000,
        billed_wh=20_000,
        free_wh=0,
        unbilled_wh=0,
        unbilled_reason=None,
        cost_minor=cost_minor,
        vat_minor=0,
        currency="EUR",
        lines=[{"kind": "energy", "amount_minor": cost_minor}],
        tariff_snapshot_id=None,
        flags=[],
        created_at=at,
    )


class Books:
    """The steps before and after settlement, as others would do them."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.store, self.clock = store, clock

    async def captured(self, record: CdrView, captured_minor: int | None = None) -> None:
        """A CDR is closed and captured, in full if nothing is said, and settled."""
        await self.store.do(lambda work: work.append(CdrRow, asdict(record)))
        await self.settle(record, captured_minor)

    async def settle(self, record: CdrView, captured_minor: int | None = None) -> None:
        taken = record.cost_minor if captured_minor is None else captured_minor
        event = PaymentCaptured("payment", record.session_id, record.id, taken)
        await self.store.do(settle, event, self.clock.now())

    async def mature(self, after: timedelta = DAY) -> int:
        self.clock.advance(after)
        return await self.store.do(mature_due, self.clock.now())

    async def pay_out(self, amount: int, payout: str = "payout", owner: str = "o") -> None:
        def paid(work: Work) -> None:
            row = PayoutRow(id=payout, owner_id=owner, currency="EUR", amount_minor=amount, **_PAID)
            work.add(row)
            for step, entries in (
                ("request", rules.payout_requested(owner, amount, "EUR")),
                ("confirm", rules.payout_confirmed(owner, amount, "EUR")),
            ):
                step_id = transfer_id("payout", payout, step)
                now = self.clock.now()
                post(work, Transfer(step_id, f"payout_{step}", entries, now, payout_id=payout))

        await self.store.do(paid)

    async def balances(self) -> dict[str, int]:
        """Every account that is not empty, once the ledger is known to balance."""
        assert set((await self.store.read(ledger.asset_sums)).values()) <= {0}
        found = await self.store.read(ledger.balances, "")
        return {code: amount for code, _, amount in found if amount}

    async def settled_cdrs(self) -> list[str]:
        """Of which CDRs SessionSettled told."""
        told = select(EVENT.c.body).where(EVENT.c.name == "SessionSettled")
        rows = await self.store.read(lambda reads: reads.all(told))
        return [row.body["cdr_id"] for row in rows]
