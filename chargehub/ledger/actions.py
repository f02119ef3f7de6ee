"""Posting: the only way money and energy move. Once, balanced, never edited."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, select, text, update

from chargehub.ledger import chain, rules, tables
from chargehub.ledger.rules import Entry, Transfer
from chargehub.ledger.tables import ACCOUNT, HEAD, LINK, TXN, LedgerEntry
from chargehub.store.columns import Instant, microseconds
from chargehub.store.hot import Hot, insert_of
from chargehub.store.work import Work

# ON CONFLICT DO NOTHING is the same text on SQLite and PostgreSQL; SQLAlchemy has it per dialect.
_INSERT_TXN = Hot(
    text(
        "INSERT INTO ledger_txn (id, kind, session_id, booking_id, payout_id, reverses, reason,"
        " digest, effective_at) VALUES (:id, :kind, :session_id, :booking_id, :payout_id,"
        " :reverses, :reason, :digest, :effective_at) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("effective_at", type_=Instant()))
)
_OPEN_ACCOUNT = Hot(
    text(
        "INSERT INTO ledger_account (code, asset, family, holder, side, balance)"
        " VALUES (:code, :asset, :family, :holder, :side, 0) ON CONFLICT DO NOTHING"
    )
)
# A compare-and-set: no row changes if the account is not open yet, or would end on its wrong side.
_MOVE = Hot(
    update(ACCOUNT)
    .where(
        ACCOUNT.c.code == bindparam("account"),
        ACCOUNT.c.asset == bindparam("in_asset"),
        (ACCOUNT.c.balance + bindparam("amount")) * ACCOUNT.c.side >= 0,
    )
    .values(balance=ACCOUNT.c.balance + bindparam("amount"))
)

_HEAD_ID = 1
_TAKE_HEAD = Hot(
    update(HEAD)
    .where(HEAD.c.id == _HEAD_ID)
    .values(number=HEAD.c.number + bindparam("count"))
    .returning(HEAD.c.number, HEAD.c.hash)
)
_OPEN_HEAD = Hot(
    text(
        f"INSERT INTO ledger_head (id, number, hash) VALUES ({_HEAD_ID}, 0, :genesis)"
        " ON CONFLICT DO NOTHING"
    )
)
_LEAVE_HEAD = Hot(update(HEAD).where(HEAD.c.id == _HEAD_ID).values(hash=bindparam("last")))
_INSERT_LINK = insert_of(LINK)
_DIGEST = Hot(select(TXN.c.digest, TXN.c.kind).where(TXN.c.id == bindparam("id")))


def post(work: Work, transfer: Transfer) -> Literal["posted", "exists"]:
    """Move what the transfer says, once: the same transfer again changes nothing.

    Raises UnbalancedTransfer, UnknownAccount, TransferClash (the id belongs to another transfer),
    AlreadyReversed, Overdrawn. After any of them the action must not go on.
    """
    rules.check(transfer)
    digest = rules.digest(transfer)
    if not work.execute(_INSERT_TXN, **_columns(transfer), digest=digest):
        _compare(work, transfer, digest)
        return "exists"
    for (account, asset), amount in sorted(_sums(transfer.entries).items()):
        _move(work, account, asset, amount)
    at_us = microseconds(transfer.effective_at)
    work.at_last(_link, (transfer.id, digest, at_us))
    for position, entry in enumerate(transfer.entries):
        work.append(
            LedgerEntry,
            {
                "txn_id": transfer.id,
                "position": position,
                "account": entry.account,
                "asset": entry.asset,
                "amount": entry.amount,
            },
        )
    return "posted"


def reverse(
    work: Work, transfer_id: str, new_id: str, reason: str, now: datetime
) -> Literal["posted", "exists"]:
    """Take a whole transfer back by another that names it; at most once per transfer.

    Raises UnknownTransfer, AlreadyReversed (by a transfer with another id), and what `post` raises.
    """
    work.flush()
    original = tables.transfer(work, transfer_id)
    if original is None:
        raise rules.UnknownTransfer(f"there is no transfer {transfer_id} to reverse")
    return post(work, rules.reversal(original, new_id, reason, now))


def _link(connection: Connection, posted: list[tuple[str, str, int]]) -> None:
    """Put what a batch posted at the end of the chain. Nobody else can until it is committed."""
    count = len(posted)
    head = _TAKE_HEAD.run(connection, {"count": count}).first()
    if head is None:
        _OPEN_HEAD.run(connection, {"genesis": chain.GENESIS}).changed()
        head = _TAKE_HEAD.run(connection, {"count": count}).first()
    last, rows = head.hash, []
    for number, one in enumerate(posted, start=head.number - count + 1):
        last = chain.link(last, *one)
        rows.append({"number": number, "txn_id": one[0], "hash": last})
    _INSERT_LINK.run_many(connection, rows)
    _LEAVE_HEAD.run(connection, {"last": last}).changed()


def _columns(transfer: Transfer) -> dict[str, str | datetime | None]:
    return {
        "id": transfer.id,
        "kind": transfer.kind,
        "session_id": transfer.session_id,
        "booking_id": transfer.booking_id,
        "payout_id": transfer.payout_id,
        "reverses": transfer.reverses,
        "reason": transfer.reason,
        "effective_at": transfer.effective_at,
    }


def _compare(work: Work, transfer: Transfer, digest: str) -> None:
    """Nothing was inserted: either the transfer stands already, or another is in its way."""
    earlier = work.one(_DIGEST, id=transfer.id)
    if earlier is None:
        raise rules.AlreadyReversed(f"{transfer.reverses} was reversed before")
    if earlier.digest != digest:
        raise rules.TransferClash(f"{transfer.id} is another {earlier.kind}, not {transfer.kind}")


def _sums(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """What changes on the accounts that have a side; only those carry a balance."""
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        if rules.family(entry.account, entry.asset).side:
            key = entry.account, entry.asset
            sums[key] = sums.get(key, 0) + entry.amount
    return sums


def _move(work: Work, account: str, asset: str, amount: int) -> None:
    if work.execute(_MOVE, account=account, in_asset=asset, amount=amount):
        return
    family = rules.family(account, asset)
    work.execute(
        _OPEN_ACCOUNT,
        code=account,
        asset=asset,
        family=family.code,
        holder=account.removeprefix(family.code).removeprefix(":"),
        side=family.side,
    )
    if not work.execute(_MOVE, account=account, in_asset=asset, amount=amount):
        raise rules.Overdrawn(f"{account} has no {abs(amount)} {asset} to give")
