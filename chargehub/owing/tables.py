"""What drivers owe of settled sessions, and what was done about it.

How much is owed stands in the settlement alone; a row here says how often it was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, exists, select
from sqlmodel import Field, SQLModel

from chargehub.people.debtors import DEBTOR
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

MOST = 500


class DebtRow(SQLModel, table=True):
    """A debt that was looked at. `payment_id`: what is under way to pay it. `ask_at`: when it is
    asked for by itself; None: no more. `forgiven_at`: nobody wants it any more, `because`."""

    __tablename__ = "debt"
    __table_args__ = (
        Index("ix_debt_ask_at", "ask_at"),
        Index("ix_debt_payment", "payment_id"),
        Index("ix_debt_driver", "driver_id"),
    )

    session_id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    tries: int = 0
    ask_at: datetime | None = Field(default=None, sa_type=Instant)
    payment_id: str | None = Field(default=None, max_length=36)
    forgiven_at: datetime | None = Field(default=None, sa_type=Instant)
    forgiven_by: str | None = Field(default=None, max_length=36)
    because: str | None = Field(default=None, max_length=500)


@dataclass(frozen=True, slots=True)
class Debt:
    """What a driver owes for a session, in minor units. `tries`, `payment_id` and `ask_at`: as in
    the row; before it is there, none. `written_off_at`: the hub counts on it no more."""

    session_id: str
    cdr_id: str
    driver_id: str
    currency: str
    gross_minor: int
    paid_minor: int
    since: datetime
    written_off_at: datetime | None
    tries: int | None
    ask_at: datetime | None
    payment_id: str | None

    @property
    def owed_minor(self) -> int:
        return self.gross_minor - self.paid_minor


DEBT = table_of(DebtRow)
_PAID = SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor
_MISSES = SETTLEMENT.c.gross_minor > _PAID, SETTLEMENT.c.reversed_at.is_(None)
_NOT_LOST = SETTLEMENT.c.written_off_at.is_(None)
_OWED = (
    select(
        SETTLEMENT.c.session_id,
        SETTLEMENT.c.cdr_id,
        SETTLEMENT.c.driver_id,
        SETTLEMENT.c.currency,
        SETTLEMENT.c.gross_minor,
        _PAID.label("paid_minor"),
        SETTLEMENT.c.captured_at,
        SETTLEMENT.c.written_off_at,
        DEBT.c.tries,
        DEBT.c.ask_at,
        DEBT.c.payment_id,
    )
    .select_from(SETTLEMENT)
    .outerjoin(DEBT, DEBT.c.session_id == SETTLEMENT.c.session_id)
    .where(*_MISSES, SETTLEMENT.c.driver_id.is_not(None), DEBT.c.forgiven_at.is_(None))
)
_OLDEST_FIRST = SETTLEMENT.c.captured_at, SETTLEMENT.c.session_id


def owed_by(reads: Reads, driver_id: str) -> tuple[Debt, ...]:
    """A driver's debts, the oldest first; also what was written off and nobody forgave."""
    statement = _OWED.where(SETTLEMENT.c.driver_id == driver_id).order_by(*_OLDEST_FIRST)
    return _debts(reads.all(statement.limit(MOST)))


def owed_by_all(reads: Reads) -> tuple[Debt, ...]:
    """Debts of all drivers that are not written off, the oldest first, at most 500."""
    return _debts(reads.all(_OWED.where(_NOT_LOST).order_by(*_OLDEST_FIRST).limit(MOST)))


def of_session(reads: Reads, session_id: str) -> Debt | None:
    """What is owed for a session, or None."""
    found = _debts(reads.all(_OWED.where(SETTLEMENT.c.session_id == session_id)))
    return found[0] if found else None


def of_payment(reads: Reads, payment_id: str) -> str | None:
    """The session that this payment is to pay the debt of, or None."""
    statement = select(DEBT.c.session_id).where(DEBT.c.payment_id == bindparam("payment_id"))
    row = reads.one(statement, payment_id=payment_id)
    return None if row is None else str(row.session_id)


def unasked(reads: Reads, limit: int) -> tuple[Debt, ...]:
    """Debts without a row, at most `limit`."""
    statement = _OWED.where(_NOT_LOST, DEBT.c.session_id.is_(None)).order_by(*_OLDEST_FIRST)
    return _debts(reads.all(statement.limit(limit)))


def to_ask(reads: Reads, now: datetime, limit: int) -> tuple[str, ...]:
    """Sessions whose debts are to be asked for now."""
    is_due = DEBT.c.ask_at <= now, DEBT.c.payment_id.is_(None)
    statement = select(DEBT.c.session_id).where(*is_due).order_by(DEBT.c.ask_at).limit(limit)
    return tuple(row.session_id for row in reads.all(statement))


def cleared(reads: Reads, limit: int) -> tuple[str, ...]:
    """Accounts that are marked as debtors and owe nothing any more."""
    is_owed = exists().where(
        *_MISSES,
        SETTLEMENT.c.driver_id == DEBTOR.c.account_id,
        ~exists().where(
            DEBT.c.session_id == SETTLEMENT.c.session_id, DEBT.c.forgiven_at.is_not(None)
        ),
    )
    statement = select(DEBTOR.c.account_id).where(~is_owed).limit(limit)
    return tuple(row.account_id for row in reads.all(statement))


def _debts(rows: Sequence[Any]) -> tuple[Debt, ...]:
    return tuple(Debt(*row) for row in rows)
