"""The ledger's tables: append only. Every balance is a sum of entries.

An entry names its account by its code in the chart, so posting looks nothing up. Accounts that
may not end on their wrong side have a row that carries their balance, checked as it changes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Label,
    bindparam,
    case,
    func,
    select,
    text,
)
from sqlmodel import Field, SQLModel

from chargehub.ledger.rules import ENERGY, ENERGY_KIND, Entry, Transfer, family
from chargehub.store.columns import Instant, Serial
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

LIMIT = 1000  # accounts of one answer
_OF_BOOKING = text("booking_id IS NOT NULL")
_OF_PAYOUT = text("payout_id IS NOT NULL")
_REVERSES = text("reverses IS NOT NULL")

REFUSED = "ledger_append_only"
TABLES = ("ledger_txn", "ledger_entry", "ledger_link")
APPEND_ONLY_SQLITE = (
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ),
    f"CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    f"CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head "
    f"WHEN NEW.number < OLD.number BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
)
APPEND_ONLY_POSTGRES = (
    f"CREATE FUNCTION {REFUSED}() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; "
    "END $$",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSED}()"
        for table in TABLES
    ),
    f"CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head FOR EACH ROW "
    f"WHEN (NEW.number < OLD.number) EXECUTE FUNCTION {REFUSED}()",
    f"CREATE TRIGGER ledger_head_stays BEFORE DELETE OR TRUNCATE ON ledger_head "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSED}()",
)


class LedgerAccount(SQLModel, table=True):
    """An account that has a side: +1 never negative, -1 never positive (what the hub owes).

    `family` and `holder` are the two parts of `code`: 'owner:payable' and the owner's id. The
    balance equals the sum of the account's entries; it changes in the commit that posts them.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("balance * side >= 0", name="right_side"),
        Index("ix_ledger_account_family_balance", "family", "balance"),
    )

    code: str = Field(primary_key=True, max_length=100)
    asset: str = Field(primary_key=True, max_length=4)
    family: str = Field(max_length=40)
    holder: str = Field(max_length=60, index=True)
    side: int
    balance: int = Field(default=0, sa_type=BigInteger)


class LedgerTxn(SQLModel, table=True):
    """One transfer. `digest` is the hash of its body; `reverses` names a transfer at most once."""

    __tablename__ = "ledger_txn"
    __table_args__ = (
        Index(
            "uq_ledger_txn_reverses",
            "reverses",
            unique=True,
            sqlite_where=_REVERSES,
            postgresql_where=_REVERSES,
        ),
        Index("ix_ledger_txn_session", "session_id"),
        Index(
            "ix_ledger_txn_payout",
            "payout_id",
            sqlite_where=_OF_PAYOUT,
            postgresql_where=_OF_PAYOUT,
        ),
        Index(
            "ix_ledger_txn_booking",
            "booking_id",
            sqlite_where=_OF_BOOKING,
            postgresql_where=_OF_BOOKING,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(max_length=40)
    session_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    payout_id: str | None = Field(default=None, max_length=36)
    reverses: str | None = Field(default=None, max_length=36)
    reason: str | None = Field(default=None, max_length=500)
    digest: str = Field(max_length=64)
    effective_at: datetime = Field(sa_type=Instant)


class LedgerEntry(SQLModel, table=True):
    """One side of a transfer: + debit, - credit, in whole base units of the asset."""

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_account", "account", "asset", "amount"),)

    txn_id: str = Field(primary_key=True, max_length=36, foreign_key="ledger_txn.id")
    position: int = Field(primary_key=True)
    account: str = Field(max_length=100)
    asset: str = Field(max_length=4)
    amount: int = Field(sa_type=BigInteger)


class LedgerLink(SQLModel, table=True):
    """A transfer's place in the chain, in the order of commits, counted from 1 without a gap.

    `hash` covers the transfer and the hash before it; see `chain`.
    """

    __tablename__ = "ledger_link"

    number: int = Field(primary_key=True, sa_type=Serial, sa_column_kwargs={"autoincrement": False})
    txn_id: str = Field(max_length=36, foreign_key="ledger_txn.id", unique=True)
    hash: str = Field(max_length=64)


class LedgerHead(SQLModel, table=True):
    """The end of the chain: one row, that whoever adds to the chain takes for a moment."""

    __tablename__ = "ledger_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)


ACCOUNT = table_of(LedgerAccount)
TXN = table_of(LedgerTxn)
ENTRY = table_of(LedgerEntry)
LINK = table_of(LedgerLink)
HEAD = table_of(LedgerHead)

_SUM = func.coalesce(func.sum(ENTRY.c.amount), 0)
_BALANCE = Hot(
    select(_SUM).where(ENTRY.c.account == bindparam("account"), ENTRY.c.asset == bindparam("asset"))
)
_CARRIED = Hot(
    select(ACCOUNT.c.balance).where(
        ACCOUNT.c.code == bindparam("account"), ACCOUNT.c.asset == bindparam("asset")
    )
)
_BY_ID = select(TXN).where(TXN.c.id == bindparam("id"))
_ENTRIES = (
    select(ENTRY.c.account, ENTRY.c.asset, ENTRY.c.amount)
    .where(ENTRY.c.txn_id == bindparam("txn_id"))
    .order_by(ENTRY.c.position)
)


def _sum_of(accounts: ColumnElement[bool], name: str) -> Label[int]:
    return func.coalesce(func.sum(case((accounts, ENTRY.c.amount), else_=0)), 0).label(name)


_ENERGY_SUMS = select(
    _sum_of(ENTRY.c.account.like("meter:%"), "meter"),
    _sum_of(ENTRY.c.account == "billed", "billed"),
    _sum_of(ENTRY.c.account == "free", "free"),
    _sum_of(ENTRY.c.account.like("unbilled:%"), "unbilled"),
).where(ENTRY.c.asset == ENERGY)
# Reversals have a kind of their own, so every CDR is one transfer of this kind.
_ENERGY_COUNTS = select(
    func.count(func.distinct(TXN.c.session_id)).label("sessions"), func.count().label("cdrs")
).where(TXN.c.kind == bindparam("kind"))


@dataclass(frozen=True, slots=True)
class Holding:
    """What one holder has on one account of a family, in base units of the asset."""

    holder: str
    asset: str
    balance: int


@dataclass(frozen=True, slots=True)
class EnergyTotals:
    """All energy ever accounted for, in Wh: metered = billed + free + unbilled."""

    metered_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int
    sessions: int
    cdrs: int


def balance(reads: Reads, code: str, asset: str) -> int:
    """The balance of an account, 0 if nothing was posted. Raises UnknownAccount.

    Inside an action: an account with a side counts what the action has posted so far; of any
    other, call `work.flush()` first.
    """
    has_side = family(code, asset).side != 0
    statement = _CARRIED if has_side else _BALANCE
    return int(reads.value(statement, account=code, asset=asset) or 0)


def balances(reads: Reads, prefix: str) -> tuple[tuple[str, str, int], ...]:
    """(code, asset, sum of entries) of every account whose code starts so; at most 1,000."""
    statement = (
        select(ENTRY.c.account, ENTRY.c.asset, func.sum(ENTRY.c.amount))
        .where(ENTRY.c.account.startswith(prefix, autoescape=True))
        .group_by(ENTRY.c.account, ENTRY.c.asset)
        .order_by(ENTRY.c.account, ENTRY.c.asset)
        .limit(LIMIT)
    )
    return tuple((row[0], row[1], int(row[2])) for row in reads.all(statement))


def holdings(reads: Reads, family_code: str, limit: int = 50) -> tuple[Holding, ...]:
    """Who has a balance on the accounts of a family with a side, the largest first.

    What the hub owes ('owner:payable', 'owner:accrued') is negative.
    """
    statement = (
        select(ACCOUNT.c.holder, ACCOUNT.c.asset, ACCOUNT.c.balance)
        .where(ACCOUNT.c.family == family_code, ACCOUNT.c.balance != 0)
        .order_by(ACCOUNT.c.balance * ACCOUNT.c.side * -1, ACCOUNT.c.code)
        .limit(limit)
    )
    return tuple(Holding(*row) for row in reads.all(statement))


def transfer(reads: Reads, transfer_id: str) -> Transfer | None:
    """A transfer with its entries, or None. Inside an action call `work.flush()` first."""
    row = reads.one(_BY_ID, id=transfer_id)
    if row is None:
        return None
    entries = reads.all(_ENTRIES, txn_id=transfer_id)
    return Transfer(
        id=row.id,
        kind=row.kind,
        entries=tuple(Entry(*entry) for entry in entries),
        effective_at=row.effective_at,
        session_id=row.session_id,
        booking_id=row.booking_id,
        payout_id=row.payout_id,
        reverses=row.reverses,
        reason=row.reason,
    )


def asset_sums(reads: Reads) -> dict[str, int]:
    """The sum of all entries of every asset: zero, or the law of balance is broken."""
    statement = select(ENTRY.c.asset, func.sum(ENTRY.c.amount)).group_by(ENTRY.c.asset)
    return {asset: int(total) for asset, total in reads.all(statement)}


def count_transfers(reads: Reads) -> int:
    """How many transfers were ever posted."""
    found: int = reads.value(select(func.count()).select_from(TXN))
    return found


def energy_totals(reads: Reads) -> EnergyTotals:
    """Where all metered energy went; a corrected session counts as it stands now."""
    sums = reads.one(_ENERGY_SUMS)
    counts = reads.one(_ENERGY_COUNTS, kind=ENERGY_KIND)
    assert sums is not None and counts is not None
    return EnergyTotals(
        metered_wh=-int(sums.meter),
        billed_wh=int(sums.billed),
        free_wh=int(sums.free),
        unbilled_wh=int(sums.unbilled),
        sessions=counts.sessions,
        cdrs=counts.cdrs,
    )
