"""What drivers still owe a month after a session is given up. Source: money.md 1.4.

Owners are paid what drivers pay, so the owner's part of it is taken off what has accrued; the rest,
the hub's fee and the VAT, is the hub's loss.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, func, select, update

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, moved, transfer_id
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.settlement import contests, split, tables
from chargehub.settlement.contests import Subject
from chargehub.settlement.split import Parties
from chargehub.settlement.tables import SETTLEMENT, WRITTEN_OFF, SettlementView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work

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
_OF_SESSION = TXN.c.session_id == bindparam("session_id"), TXN.c.kind.in_(WRITTEN_OFF)
_POSTED = (
    select(ENTRY.c.account, func.sum(ENTRY.c.amount))
    .join(TXN, TXN.c.id == ENTRY.c.txn_id)
    .where(*_OF_SESSION)
    .group_by(ENTRY.c.account)
)
_COUNT = select(func.count()).select_from(TXN).where(*_OF_SESSION)
_NOTE = (  # as it was read: another hub may have had more of it paid meanwhile
    update(SETTLEMENT)
    .where(
        SETTLEMENT.c.cdr_id == bindparam("of_cdr"),
        SETTLEMENT.c.captured_minor == bindparam("seen"),
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


def give_up(work: Work, cdr_id: str, now: datetime) -> None:
    """Write off now what is owed of a settlement, by whomever decided so; twice is once."""
    row = work.one(select(SETTLEMENT).where(SETTLEMENT.c.cdr_id == cdr_id))
    if row is not None and row.written_off_at is None and row.reversed_at is None:
        _write_off(work, SettlementView(*row), now)


def take_back(work: Work, settled: SettlementView, now: datetime) -> None:
    """Before a settlement is reversed: all that was written off of it is owed again."""
    if settled.written_off_at is None:
        return
    posted = _posted(work, settled.session_id)
    entries = (Entry(code, settled.currency, -amount) for code, amount in posted.items() if amount)
    _post(work, settled, "written_off_undone", tuple(entries), now)


def reckon(work: Work, session_id: str, now: datetime, *, is_posted: bool) -> None:
    """Some of what was paid goes back to the driver: of what was given up another part is the
    owner's. Before that is posted less of it, for there must be something to take; after it more.
    Twice is once."""
    settled = tables.standing(work, session_id)
    if settled is None or settled.written_off_at is None:
        return
    posted = _posted(work, session_id)
    accrued = f"owner:accrued:{settled.owner_id}"
    more_minor = unpaid_minor(work, settled) - posted.get(accrued, 0)
    if more_minor == 0 or (more_minor > 0) != is_posted:
        return
    entries = moved(more_minor, settled.currency, accrued, split.BAD_DEBT)
    _post(work, settled, "written_off", entries, now)


def unpaid_minor(reads: Reads, settled: SettlementView) -> int:
    """What of the owner's share the driver has not paid, or has back because of a dispute."""
    back = contests.taken(contests.contests_of(reads, Subject(settled.session_id)))
    paid_minor = settled.captured_minor + settled.credit_minor - back.amount_minor
    vat_minor = max(0, settled.sale_vat_minor - back.vat_minor)
    return split.unpaid_minor(settled.owner_minor - back.owner_minor, paid_minor, vat_minor)


def _write_off(work: Work, settled: SettlementView, now: datetime) -> None:
    owed_minor = settled.gross_minor - settled.captured_minor - settled.credit_minor
    if work.execute(_NOTE, of_cdr=settled.cdr_id, seen=settled.captured_minor, at=now) != 1:
        return
    parties = Parties(settled.owner_id, settled.driver_id, settled.currency)
    entries = split.written_off_entries(owed_minor, unpaid_minor(work, settled), parties)
    _post(work, settled, "written_off", entries, now)


def _posted(work: Work, session_id: str) -> dict[str, int]:
    """What writing off has moved for a session until now, by account."""
    work.flush()
    rows = work.all(_POSTED, session_id=session_id)
    return {account: int(amount) for account, amount in rows}


def _post(
    work: Work, settled: SettlementView, kind: str, entries: Sequence[Entry], now: datetime
) -> None:
    """`written_off` may come several times: each has its number among those of the session."""
    work.flush()
    number = work.value(_COUNT, session_id=settled.session_id)
    transfer = Transfer(
        id=transfer_id("session", settled.session_id, kind, settled.version, number),
        kind=kind,
        entries=tuple(entries),
        effective_at=now,
        session_id=settled.session_id,
    )
    if entries:
        ledger.post(work, transfer)
