"""Whatever happens to sessions and fees: what was invoiced is what stands in the ledger."""

import random
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chargehub.events import DisputeClosed, PaymentCaptured, SessionSettled
from chargehub.invoices import actions, monthly, tables
from chargehub.invoices.rules import Party
from chargehub.invoices.tables import Asked, InvoiceView
from chargehub.ledger import tables as ledger
from chargehub.sessions.schema import CdrRow, SessionRow
from chargehub.settlement import contesting
from chargehub.settlement import tables as settlements
from chargehub.settlement.actions import settle
from chargehub.settlement.contest import Bearer
from chargehub.settlement.contests import Subject
from chargehub.settlement.split import Terms, VatMode
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.tariffs.pricing import vat_within
from tests.settlement.books import cdr

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SESSIONS, STEPS = 6, 40


class Town:
    """Sessions of one owner, to which anything happens that changes what they cost."""

    def __init__(self, store: Store, mode: VatMode, seed: int) -> None:
        self.store, self.terms = store, Terms(vat_mode=mode)
        self.chance, self.now = random.Random(seed), START
        self.versions: Counter[str] = Counter()
        self.disputes = 0

    async def live(self) -> None:
        for _ in range(STEPS):
            self.now += timedelta(hours=self.chance.randint(1, 60))
            session = f"s{self.chance.randrange(SESSIONS)}"
            if not self.versions[session] or self.chance.random() < 0.4:
                await self.store.do(self._bill, session)
            else:
                await self.store.do(self._give_back, session)
            if self.chance.random() < 0.3:  # every delivery may come twice
                told = SessionSettled(session, "")
                await self.store.do(actions.follow_settled, told, self.now)
            await self.store.do(monthly.issue_due, self.terms, self.now)
        for _ in range(3):
            self.now += timedelta(days=32)
            for _ in range(6):
                await self.store.do(monthly.issue_due, self.terms, self.now)

    def _bill(self, work: Work, session: str) -> None:
        """A CDR, or the next version of it; sometimes it costs nothing any more."""
        self.versions[session] += 1
        version = self.versions[session]
        if version == 1:
            work.add(_session(session))
        cost = self.chance.choice([0, 1, 99, 900, self.chance.randint(1, 30_000)])
        record = replace(cdr(session, cost, version), vat_minor=vat_within(cost, Decimal(19)))
        work.append(CdrRow, asdict(record))
        work.flush()
        paid = PaymentCaptured("payment", session, record.id, cost)
        settle(work, paid, self.now, self.terms)
        work.flush()
        told = SessionSettled(session, record.id)
        actions.follow_settled(work, told, self.now)

    def _give_back(self, work: Work, session: str) -> None:
        most = contesting.contestable_minor(work, Subject(session))
        if most == 0:
            return
        self.disputes += 1
        name, amount = f"d{self.disputes}", self.chance.randint(1, most)
        contesting.freeze(work, name, Subject(session), amount, self.now)
        work.flush()
        bearer: Bearer = self.chance.choice(["owner", "owner", "hub"])
        part, is_sent = self.chance.randint(1, amount), self.chance.random() < 0.7
        contesting.give_back(work, name, part, self.now, bearer, is_sent)
        work.flush()
        actions.follow_dispute(work, DisputeClosed(name, session, None, part), self.now)


def _session(session_id: str) -> SessionRow:
    return SessionRow(
        id=session_id,
        station_id="station",
        evse_number=1,
        id_token="TOKEN",
        owner_id="o",
        driver_id="d",
        status="closed",
        started_at=START,
        created_at=START,
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", ["agent", "commissionaire"])
async def test_what_was_invoiced_is_what_stands(store: Store, mode: VatMode, seed: int) -> None:
    hub = Party("Hub", "Platz 1", "ZZ", "DE1", None)
    await store.do(actions.tell_entity, hub, "Europe/Berlin", START)
    town = Town(store, mode, seed)

    await town.live()

    found = await store.read(tables.page_of, Asked(None, "owner", None), None, 1_000)
    await _sessions_are_invoiced(store, found, mode)
    await _months_are_those_of_the_ledger(store, found, mode)
    for series in {one.series for one in found}:
        serials = sorted(one.serial for one in found if one.series == series)
        assert serials == list(range(1, len(serials) + 1))


async def _sessions_are_invoiced(
    store: Store, found: tuple[InvoiceView, ...], mode: VatMode
) -> None:
    for number in range(SESSIONS):
        of_session = [one for one in found if one.subject_id == f"s{number}"]
        known = await store.read(settlements.standing, f"s{number}")
        subject = await store.read(tables.subject, f"s{number}")
        assert subject is None or subject.missing is None
        gross = 0 if known is None else known.gross_minor
        back = 0
        if gross:
            contests = await store.read(contesting.contests.contests_of, Subject(f"s{number}"))
            contests = [one for one in contests if one.state == "returned" and one.is_sent]
            back = sum(one.amount_minor for one in contests)
            given = [one for one in of_session if one.kind == "goodwill"]
            by_hub = [one for one in contests if one.bearer == "hub"]
            borne = sum(one.amount_minor for one in by_hub) if mode == "agent" else 0
            assert -sum(one.gross_minor for one in given) == borne
        assert sum(one.gross_minor for one in of_session) == gross - back
        assert all(one.net_minor + one.vat_minor == one.gross_minor for one in of_session)


async def _months_are_those_of_the_ledger(
    store: Store, found: tuple[InvoiceView, ...], mode: VatMode
) -> None:
    """But for what the hub gave back at its own expense, which is nobody's document but its own."""
    months = [one for one in found if one.subject_id == "o"]
    booked: Counter[str] = Counter()
    for code, _, amount in await store.read(ledger.balances, ""):
        booked[code.partition(":")[0] + ":" + code.split(":")[1]] -= amount
    goodwill = await store.read(_borne_by_hub)
    net, vat = sum(one.net_minor for one in months), sum(one.vat_minor for one in months)
    if mode == "agent":
        assert net == booked["income:platform_fee"] + goodwill["income"]
        assert vat == booked["vat:payable"] + goodwill["vat"]
    else:
        owners = ("accrued", "payable", "receivable", "dispute_hold")
        assert net == sum(booked[f"owner:{name}"] for name in owners)


def _borne_by_hub(reads: Work) -> Counter[str]:
    """The fee and VAT of what went back at the hub's expense."""
    rows = reads.all(
        ledger.ENTRY.select().where(
            ledger.ENTRY.c.txn_id.in_(
                ledger.ENTRY.select()
                .with_only_columns(ledger.ENTRY.c.txn_id)
                .where(ledger.ENTRY.c.account == "expense:goodwill")
            )
        )
    )
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.account.partition(":")[0]] += row.amount
    return sums
