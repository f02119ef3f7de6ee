"""`chargehub bench settle`: from metered sessions to posted settlements, and the audit of them.

Twice: every step an event, as the hub lives, with the sandbox rail between; and by the writer
alone, many sessions in one unit of work, as if the rail had held and taken the money. One process.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self

from rich.console import Console
from rich.table import Table
from sqlalchemy import bindparam, func, select, update

from chargehub.app import Hub
from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from chargehub.destinations import actions as destinations
from chargehub.events import PaymentCaptured
from chargehub.ledger.tables import ENTRY
from chargehub.observe import set_up_log
from chargehub.payments.actions import NewMethod, add_method
from chargehub.payments.tables import PAYMENT, PaymentRow
from chargehub.people.actions import Registration, register
from chargehub.people.tables import Account
from chargehub.reputation import unlocking
from chargehub.sessions import closing
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.rules import Life
from chargehub.sessions.schema import CdrRow, SessionRow
from chargehub.sessions.tables import SessionView
from chargehub.settings import Settings
from chargehub.settlement import actions as settlement
from chargehub.settlement.split import TERMS
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.columns import new_id
from chargehub.store.hot import Hot
from chargehub.store.migrate import migrate
from chargehub.store.work import Reads, Work, table_of
from chargehub.tariffs import actions as tariffs
from chargehub.tariffs.components import EnergyPrice, TimePrice
from chargehub.tariffs.pricing import Tariff

AIM: Final = 2_000  # settlements a second by the writer alone, on SQLite
AUDIT_AIM_S: Final = 30  # of a million entries
DRIVERS: Final = 100
OWNERS: Final = 100
TOGETHER: Final = 50  # sessions in one unit of work, as jobs do it
WAITING: Final = 20  # units of work that wait for the writer at the same time
HELD_MINOR: Final = 4_000
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_TARIFF: Final = Tariff(
    name="bench",
    currency="EUR",
    vat_percent=Decimal(19),
    components=(EnergyPrice(Decimal("0.45")), TimePrice(Decimal("0.01"))),
)
ACCOUNT = table_of(Account)
_TAKEN = Hot(
    update(PAYMENT)
    .where(PAYMENT.c.id == bindparam("payment_id"))
    .values(
        cdr_id=bindparam("of_cdr"),
        ask_minor=bindparam("cost"),
        captured_minor=bindparam("cost"),
        due_minor=bindparam("cost"),
        state="captured",
    )
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many sessions go the whole way, and how many entries there are for the audit."""

    sessions: int
    entries: int


def run(size: Size, database: str | None) -> None:
    """Measure and print. The database must be empty; by default it is one of its own."""
    set_up_log("ERROR", as_json=False)
    with tempfile.TemporaryDirectory(prefix="chargehub-bench-") as folder:
        url = database or f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        migrate(url)
        settings = Settings(database=url, secret_file=Path(folder) / "secret", ocpp="127.0.0.1:0")
        asyncio.run(_Bench(settings, size, Console()).run())


class _Bench:
    """A hub without stations, whose sessions end when the bench says so."""

    def __init__(self, settings: Settings, size: Size, console: Console) -> None:
        self._size, self._console = size, console
        self._hub = Hub(settings, HandClock(NOW))
        self._drivers: list[str] = []
        self._snapshot_id = ""
        load = "/".join(f"{part:.1f}" for part in os.getloadavg())
        self._table = Table(title=f"{os.cpu_count()} cores, load {load}")
        for heading in ("measured", "how many", "seconds", "a second", "CPU µs each"):
            self._table.add_column(heading, justify="left" if heading == "measured" else "right")

    async def run(self) -> None:
        await self._prepare()
        await self._whole_way()
        rate = await self._writer_alone()
        await self._hub.store.close()
        took_s = self._audit()
        self._console.print(self._table)
        self._console.print(
            f"{rate:.0f} settlements a second by the writer; on SQLite the aim is {AIM}."
        )
        self._console.print(
            f"A million entries at that pace: {took_s:.0f} s; the aim is {AUDIT_AIM_S} s."
        )

    async def _prepare(self) -> None:
        store = self._hub.store
        if await store.read(_entries) or await store.read(_people):
            raise SystemExit("The bench needs an empty database: it asks for figures of its own.")
        self._snapshot_id = await store.do(tariffs.keep_snapshot, _TARIFF)
        for number in range(DRIVERS):
            wanted = Registration(f"driver{number}@bench.invalid", "driver", "no password")
            opened = await store.do(register, wanted, "", timedelta(days=1), NOW)
            method = NewMethod("sandbox", "ok", "bench", True)
            await store.do(add_method, opened.account_id, method, NOW)
            self._drivers.append(opened.account_id)

    async def _whole_way(self) -> None:
        """Close sessions; every event is followed, the rail asked, until nothing is owed."""
        await self._hub.relay.start()
        store, many = self._hub.store, self._size.sessions
        views = [self._session(number) for number in range(many)]
        self._console.print(f"{many} sessions, event by event …")
        await asyncio.gather(*(store.do(_begin, some) for some in _in_parts(views)))
        took = _Took()
        with took:
            await asyncio.gather(*(store.do(_end, view) for view in views))
            await self._hub.relay.idle()
        await self._hub.relay.stop()
        settled = await store.read(_settled)
        if settled != many or self._hub.relay.parked:
            raise SystemExit(f"{settled} of {many} sessions were settled.")
        self._row("sessions, metered to settled, event by event", many, took)

    async def _writer_alone(self) -> float:
        """The same postings in large units of work, until there are entries enough."""
        store, posted, took = self._hub.store, 0, _Took()
        store.followers = {}
        store.committed = lambda deliveries: None
        self._console.print(f"more by the writer alone, up to {self._size.entries} entries …")
        while not posted or await store.read(_entries) < self._size.entries:
            views = [self._session(number) for number in range(WAITING * TOGETHER)]
            parts = _in_parts(views)
            await asyncio.gather(*(store.do(_begin, some) for some in parts))
            await asyncio.gather(*(store.do(_hold, some) for some in parts))
            with took:
                await asyncio.gather(*(store.do(_settle_all, some) for some in parts))
            posted += len(views)
        self._row(f"the same by the writer alone, {TOGETHER} at a time", posted, took)
        return posted / took.seconds

    def _audit(self) -> float:
        """Seconds that a million entries would take at the pace of those that there are."""
        with _Took() as took:
            findings = findings_of(self._hub.store.database)
        broken = [one.law for one in findings if one.state == "broken"]
        if broken:
            raise SystemExit(f"The bench has broken {', '.join(broken)}.")
        entries = next(int(one.figures["entries"]) for one in findings if one.law == "I1")
        self._row("entries, audited", entries, took)
        return took.seconds * 1_000_000 / entries

    def _row(self, name: str, count: int, took: "_Took") -> None:
        times = f"{took.seconds:.1f}", f"{count / took.seconds:,.0f}"
        self._table.add_row(name, f"{count:,}", *times, f"{took.cpu_s / count * 1e6:,.0f}")

    def _session(self, number: int) -> SessionView:
        values: dict[str, Any] = dict.fromkeys(SessionView.__dataclass_fields__)
        values |= {
            "id": new_id(),
            "station_id": f"station-{number % OWNERS}",
            "owner_id": f"owner-{number % OWNERS}",
            "transaction_id": new_id(),
            "status": "ended",
            "verdict": "accepted",
            "driver_id": self._drivers[number % DRIVERS],
            "tariff_snapshot_id": self._snapshot_id,
            "started_at": NOW - timedelta(hours=2),
            "start_wh": 0,
            "ended_at": NOW - timedelta(minutes=1),
            "end_wh": 5_000 + 10 * (number % 2_000),
            "cdr_version": 0,
            "flags": [],
        }
        return SessionView(**values)


class _Took:
    """Seconds by the wall, and of this process's CPU, which a busy machine changes less."""

    def __init__(self) -> None:
        self.seconds = self.cpu_s = 0.0

    def __enter__(self) -> Self:
        self._begun = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *raised: object) -> None:
        self.seconds += time.perf_counter() - self._begun[0]
        self.cpu_s += time.process_time() - self._begun[1]


def _in_parts(views: Sequence[SessionView]) -> list[Sequence[SessionView]]:
    return [views[at : at + TOGETHER] for at in range(0, len(views), TOGETHER)]


def _begin(work: Work, views: Sequence[SessionView]) -> None:
    for view in views:
        values = {name: getattr(view, name) for name in SessionView.__dataclass_fields__}
        work.insert(SessionRow, **values)


def _end(work: Work, view: SessionView) -> CdrView:
    life = Life(
        evse=None,
        id_token=None,
        started_at=view.started_at,
        start_wh=view.start_wh,
        ended_at=view.ended_at,
        end_wh=view.end_wh,
        stop_reason="local",
        charging=None,
        missing=(),
    )
    return closing.close(work, view, life, NOW)


def _hold(work: Work, views: Sequence[SessionView]) -> None:
    """What the hub notes while cars charge: a payment for each session. It has the session's id."""
    for view in views:
        work.insert(
            PaymentRow,
            id=view.id,
            driver_id=view.driver_id,
            session_id=view.id,
            rail="sandbox",
            method="ok",
            currency=_TARIFF.currency,
            capturable_minor=HELD_MINOR,
            state="authorised",
            created_at=NOW,
            changed_at=NOW,
        )


def _settle_all(work: Work, views: Sequence[SessionView]) -> None:
    """Close sessions, note what a rail took for each, and divide it, as `flow` has it."""
    records = [_end(work, view) for view in views]
    work.flush(CdrRow)
    for record in records:
        session_id, cost_minor = record.session_id, record.cost_minor
        work.execute(_TAKEN, payment_id=session_id, of_cdr=record.id, cost=cost_minor)
        event = PaymentCaptured(session_id, session_id, record.id, cost_minor)
        settlement.settle(work, event, NOW, unlocking.of_session(work, event, TERMS, NOW))
        destinations.pay(work, event, NOW)


def _entries(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(ENTRY)))


def _people(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(ACCOUNT)))


def _settled(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(SETTLEMENT)))
