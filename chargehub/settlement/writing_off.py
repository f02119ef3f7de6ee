"""What drivers still owe a month after a session is a loss of the hub. Source: money.md 1.4.

The owner's part that nobody paid stays accrued, and is never paid out: see `split.earned_minor`.
"""

from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, select, update

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, transfer_id
from chargehub.settlement import split
from chargehub.settlement.split import Parties
from chargehub.settlement.tables import SETTLEMENT, SettlementView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work

AFTER = timedelta(days=30)
_UNPAID = (
    select(SETTLEMENT)
    .where(
        SETTLEMENT.c.gross_minor > SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor,
        SETTLEMENT.c.written_off_at.is_(None),
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.captured_at <= bindparam("until", type_=Instant()),
    )
    .order_by(SETTLEMENT.c.captured_at, SETTLEMENT.c.cdr_id)
    .limit(bindparam("limit"))
)
_NOTE = (
    update(SETTLEMENT)
    .where(
        SETTLEMENT.c.cdr_id == bindparam("of_cdr"),
        SETTLEMENT.c.written_off_at.is_(None),
        SETTLEMENT.c.reversed_at.is_(None),
    )
    .values(written_off_at=bindparam("at", type_=Instant()))
)


def write_off_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write off what drivers have owed for a month, at most 50 settlements; how many they were."""
    rows = work.all(_UNPAID, until=now - AFTER, limit=chunk.limit)
    due = [SettlementView(*row) for row in rows]
    return chunk.each(work, due, attrgetter("cdr_id"), partial(_write_off, now=now))


def take_back(work: Work, settled: SettlementView, now: datetime) -> None:
    """Before a settlement is reversed: its driver owes again what was written off, if it was."""
    if settled.written_off_at is None:
        return
    ledger.reverse(
        work,
        _id(settled, "written_off"),
        _id(settled, "written_off_reversed"),
        f"CDR {settled.cdr_id} was corrected",
        now,
    )


def _write_off(work: Work, settled: SettlementView, now: datetime) -> None:
    if work.execute(_NOTE, of_cdr=settled.cdr_id, at=now) != 1:
        return
    owed_minor = settled.gross_minor - settled.captured_minor - settled.credit_minor
    parties = Parties(settled.owner_id, settled.driver_id, settled.currency)
    transfer = Transfer(
        id=_id(settled, "written_off"),
        kind="written_off",
        entries=split.written_off_entries(owed_minor, parties),
        effective_at=now,
        session_id=settled.session_id,
    )
    ledger.post(work, transfer)


def _id(settled: SettlementView, step: str) -> str:
    return transfer_id("session", settled.session_id, step, settled.version)
