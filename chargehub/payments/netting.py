"""What owners owe is taken from what they may have, before anything of it leaves.

Most debts are netted with the step that makes them, or with the next earnings; this catches the
rest: penalties, credits for others, and what co-owners owe of what was refunded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, netting_entries, transfer_id
from chargehub.ledger.tables import ACCOUNT, ENTRY, LINK, TXN
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Money

_OWED = ACCOUNT.alias("owed")
_TO_NET = (
    select(ACCOUNT.c.holder, ACCOUNT.c.asset, -ACCOUNT.c.balance, _OWED.c.balance)
    .join(_OWED, (_OWED.c.holder == ACCOUNT.c.holder) & (_OWED.c.asset == ACCOUNT.c.asset))
    .where(
        ACCOUNT.c.family == "owner:payable",
        ACCOUNT.c.balance < 0,
        _OWED.c.family == "owner:receivable",
        _OWED.c.balance > 0,
    )
    .order_by(ACCOUNT.c.holder, ACCOUNT.c.asset)
)
_DEBTS = (
    select(ACCOUNT.c.holder, ACCOUNT.c.asset, ACCOUNT.c.balance)
    .where(ACCOUNT.c.family == "owner:receivable", ACCOUNT.c.balance > 0)
    .order_by(ACCOUNT.c.holder, ACCOUNT.c.asset)
)
_MOST_DEBTS = 500
_LATER = TXN.alias("later")
_IS_UNDONE = or_(
    TXN.c.kind == "payout_reversal_requested_reversed",
    and_(
        TXN.c.kind == "payout_reversal_requested",
        exists().where(_LATER.c.reverses == TXN.c.id),
    ),
)


@dataclass(frozen=True, slots=True)
class Debt:
    """What an owner owes the hub in one currency, and since when something has been owed."""

    owner_id: str
    owed: Money
    since: datetime


def net_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Net what owners owe with what they may have; at most 50 balances; how many they were."""
    rows = work.all(_TO_NET.limit(chunk.limit))

    def net(unit: Work, row: Any) -> None:
        _net(unit, row, now)

    return chunk.each(work, rows, _key, net)


def net_of(work: Work, owner_id: str, now: datetime) -> None:
    """The same for one owner, who is about to be paid."""
    for row in work.all(_TO_NET.where(ACCOUNT.c.holder == owner_id)):
        _net(work, row, now)


def debts(reads: Reads, until: datetime) -> tuple[Debt, ...]:
    """Who has owed the hub something since then or longer, who has owed the longest first.

    At most 500 debts are looked at.
    """
    found = []
    for row in reads.all(_DEBTS.limit(_MOST_DEBTS)):
        since = owed_since(reads, row.holder, row.asset)
        if since <= until:
            found.append(Debt(row.holder, Money(int(row.balance), row.asset), since))
    return tuple(sorted(found, key=lambda one: (one.since, one.owner_id)))


def _key(row: Any) -> str:
    return f"{row.holder} {row.asset}"


def _net(work: Work, row: Any, now: datetime) -> None:
    """The sides of both accounts keep two hubs from doing it twice."""
    owner_id, currency, payable_minor, owed_minor = row
    amount_minor = min(int(payable_minor), int(owed_minor))
    transfer = Transfer(
        id=transfer_id("net", new_id()),
        kind="net",
        entries=netting_entries(owner_id, amount_minor, currency),
        effective_at=now,
    )
    ledger.post(work, transfer)


def owed_since(reads: Reads, owner_id: str, currency: str) -> datetime:
    """When the account last left zero. What was asked back from a payout and refused never left.

    Something is owed.
    """
    account = f"owner:receivable:{owner_id}"
    statement = (
        select(ENTRY.c.amount, TXN.c.effective_at)
        .join(TXN, TXN.c.id == ENTRY.c.txn_id)
        .join(LINK, LINK.c.txn_id == ENTRY.c.txn_id)
        .where(ENTRY.c.account == account, ENTRY.c.asset == currency, ~_IS_UNDONE)
        .order_by(LINK.c.number.desc())
    )
    rows = reads.all(statement)
    balance, since = sum(int(amount) for amount, _ in rows), rows[0].effective_at
    for amount, at in rows:
        if balance <= 0:
            break
        since = at
        balance -= int(amount)
    found: datetime = since
    return found
