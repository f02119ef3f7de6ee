"""The ledger from the database, in the order of its chain and in chunks."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from chargehub.audit.tally import Account, Carried, Linked, Stored
from chargehub.ledger import chain, rules
from chargehub.ledger.rules import Entry, Transfer
from chargehub.ledger.tables import ACCOUNT, ENTRY, HEAD, LINK, TXN
from chargehub.store.columns import EPOCH, microseconds
from chargehub.store.hot import Hot
from chargehub.store.work import Reads

CHUNK: Final = 5_000  # links at a time: a few MB
_LINKS = Hot(
    select(
        LINK.c.number,
        LINK.c.txn_id,
        LINK.c.hash,
        TXN.c.kind,
        TXN.c.session_id,
        TXN.c.booking_id,
        TXN.c.payout_id,
        TXN.c.reverses,
        TXN.c.reason,
        TXN.c.digest,
        TXN.c.effective_at,
    )
    .outerjoin(TXN, TXN.c.id == LINK.c.txn_id)
    .where(LINK.c.number > bindparam("after"))
    .order_by(LINK.c.number)
    .limit(CHUNK)
)
_ENTRIES = Hot(
    select(LINK.c.number, ENTRY.c.position, ENTRY.c.account, ENTRY.c.asset, ENTRY.c.amount)
    .join(ENTRY, ENTRY.c.txn_id == LINK.c.txn_id)
    .where(LINK.c.number > bindparam("after"), LINK.c.number <= bindparam("last"))
    .order_by(LINK.c.number, ENTRY.c.position)
)


_FIRST: Final = -(2**62)  # a link that was put in may have any number


def links(reads: Reads, after: int = _FIRST) -> Iterator[Linked]:
    """Every link with its transfer, from the first, or behind the one of this number."""
    while rows := reads.all(_LINKS, after=after):
        last = rows[-1].number
        found = reads.all(_ENTRIES, after=after, last=last)
        entries = {number: list(some) for number, some in groupby(found, itemgetter(0))}
        for row in rows:
            yield _linked(row, entries.get(row.number, []))
        after = last


def _linked(row: Any, rows: list[Any]) -> Linked:
    transfer = None
    if row.kind is not None:
        transfer = Transfer(
            id=row.txn_id,
            kind=row.kind,
            entries=tuple(Entry(account, asset, amount) for _, _, account, asset, amount in rows),
            effective_at=row.effective_at,
            session_id=row.session_id,
            booking_id=row.booking_id,
            payout_id=row.payout_id,
            reverses=row.reverses,
            reason=row.reason,
        )
    return Linked(
        number=row.number,
        transfer_id=row.txn_id,
        hash=row.hash,
        transfer=transfer,
        digest=row.digest or "",
        at_us=microseconds(row.effective_at or EPOCH),
        positions=[one.position for one in rows],
    )


def carried(reads: Reads, number: int) -> Carried | None:
    """What the ledger came to at a link, summed by the database; None: the link is not there."""
    found: str | None = reads.value(select(LINK.c.hash).where(LINK.c.number == number))
    if found is None:
        return None
    is_before = LINK.c.number <= number
    of_transfers = select(func.count()).select_from(LINK).join(TXN, TXN.c.id == LINK.c.txn_id)
    joined = ENTRY.join(LINK, LINK.c.txn_id == ENTRY.c.txn_id)
    total = func.sum(ENTRY.c.amount)
    sums = (
        select(ENTRY.c.account, ENTRY.c.asset, total)
        .select_from(joined)
        .where(is_before)
        .group_by(ENTRY.c.account, ENTRY.c.asset)
        .having(total != 0)
    )
    return Carried(
        head=(number, found),
        transfers=reads.value(of_transfers.where(is_before)),
        entries=reads.value(select(func.count()).select_from(joined).where(is_before)),
        balances={(code, asset): int(amount) for code, asset, amount in reads.all(sums)},
    )


def stored(reads: Reads) -> Stored:
    """What the database says of the whole ledger."""
    head = reads.one(select(HEAD.c.number, HEAD.c.hash))
    return Stored(
        transfers=reads.value(select(func.count()).select_from(TXN)),
        entries=reads.value(select(func.count()).select_from(ENTRY)),
        head=(0, chain.GENESIS) if head is None else (head.number, head.hash),
        balances=_balances(reads),
        ill_named=tuple(_ill_named(reads)),
    )


def _balances(reads: Reads) -> dict[Account, int]:
    rows = reads.all(select(ACCOUNT.c.code, ACCOUNT.c.asset, ACCOUNT.c.balance))
    return {(code, asset): balance for code, asset, balance in rows}


def _ill_named(reads: Reads) -> Iterator[str]:
    columns = ACCOUNT.c.code, ACCOUNT.c.asset, ACCOUNT.c.family, ACCOUNT.c.holder, ACCOUNT.c.side
    for code, asset, *kept in reads.all(select(*columns).order_by(ACCOUNT.c.code)):
        try:
            family = rules.family(code, asset)
        except rules.UnknownAccount:
            yield f"{code} {asset}"
            continue
        if kept != [family.code, code.removeprefix(family.code).removeprefix(":"), family.side]:
            yield f"{code} {asset}"
