"""What drivers owe of settled sessions, and of top-ups that banks took back, and what was done
about it.

How much is owed stands in the settlement or chargeback alone; a row here says how often it was
asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, exists, null, or_, select, union_all
from sqlmodel import Field, SQLModel

from chargehub.payments.chargebacks import CHARGEBACK, IS_OWED
from chargehub.people.debtors import DEBTOR
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

MOST = 500


class DebtRow(SQLModel, table=True):
    """A debt that was looked at. `id`: of the session or of the chargeback. `payment_id`: what is
    under way to pay it. `ask_at`: when it is asked for by itself; None: no more. `forgiven_at`:
    nobody wants it any more, `because`."""

    __tablename__ = "debt"
    __table_args__ = (
        Index("ix_debt_ask_at", "ask_at"),
        Index("ix_debt_payment", "payment_id"),
        Index("ix_debt_driver", "driver_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    tries: int = 0
    ask_at: datetime | None = Field(default=None, sa_type=Instant)
    payment_id: str | None = Field(default=None, max_length=36)
    forgiven_at: datetime | None = Field(default=None, sa_type=Instant)
    forgiven_by: str | None = Field(default=None, max_length=36)
    because: str | None = Field(default=None, max_length=500)


@dataclass(frozen=True, slots=True)
class Debt:
    """What a driver owes for a session, or for a top-up that a bank took back, in minor units.

    `id`: of the session, or of the chargeback. `cdr_id` is set for a session, `top_up_id` for a
    top-up. `tries`, `payment_id` and `ask_at`: as in the row; before it is there, none.
    `written_off_at`: the hub counts on it no more.
    """

    id: str
    cdr_id: str | None
    top_up_id: str | None
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

    @property
    def session_id(self) -> str | None:
        return self.id if self.cdr_id is not None else None


DEBT = table_of(DebtRow)
_PAID = SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor
_MISSES = SETTLEMENT.c.gross_minor > _PAID, SETTLEMENT.c.reversed_at.is_(None)
_NOTED = DEBT.c.tries, DEBT.c.ask_at, DEBT.c.payment_id
_OF_SESSIONS = (
    select(
        SETTLEMENT.c.session_id.label("id"),
        SETTLEMENT.c.cdr_id,
        null().label("top_up_id"),
        SETTLEMENT.c.driver_id,
        SETTLEMENT.c.currency,
        SETTLEMENT.c.gross_minor,
        _PAID.label("paid_minor"),
        SETTLEMENT.c.captured_at.label("since"),
        SETTLEMENT.c.written_off_at,
        *_NOTED,
    )
    .select_from(SETTLEMENT)
    .outerjoin(DEBT, DEBT.c.id == SETTLEMENT.c.session_id)
    .where(*_MISSES, SETTLEMENT.c.driver_id.is_not(None), DEBT.c.forgiven_at.is_(None))
)
_OF_TOP_UPS = (
    select(
        CHARGEBACK.c.id,
        null(),
        CHARGEBACK.c.top_up_id,
        CHARGEBACK.c.account_id,
        CHARGEBACK.c.currency,
        CHARGEBACK.c.amount_minor,
        CHARGEBACK.c.taken_minor + CHARGEBACK.c.paid_minor,
        CHARGEBACK.c.closed_at,
        CHARGEBACK.c.written_off_at,
        *_NOTED,
    )
    .select_from(CHARGEBACK)
    .outerjoin(DEBT, DEBT.c.id == CHARGEBACK.c.id)
    .where(IS_OWED, DEBT.c.forgiven_at.is_(None))
)
_NOT_LOST = SETTLEMENT.c.written_off_at.is_(None), CHARGEBACK.c.written_off_at.is_(None)


def owed_by(reads: Reads, driver_id: str) -> tuple[Debt, ...]:
    """A driver's debts, the oldest first; also what was written off and nobody forgave."""
    of_session = SETTLEMENT.c.driver_id == driver_id
    return _debts(reads, of_session, CHARGEBACK.c.account_id == driver_id)


def owed_by_all(reads: Reads) -> tuple[Debt, ...]:
    """Debts of all drivers that are not written off, the oldest first, at most 500."""
    return _debts(reads, *_NOT_LOST)


def debt(reads: Reads, debt_id: str) -> Debt | None:
    """What is owed for a session or a chargeback, or None."""
    found = _debts(reads, SETTLEMENT.c.session_id == debt_id, CHARGEBACK.c.id == debt_id)
    return found[0] if found else None


def of_payment(reads: Reads, payment_id: str) -> str | None:
    """The id of the debt that this payment is to pay, or None."""
    statement = select(DEBT.c.id).where(DEBT.c.payment_id == bindparam("payment_id"))
    row = reads.one(statement, payment_id=payment_id)
    return None if row is None else str(row.id)


def unasked(reads: Reads, limit: int) -> tuple[Debt, ...]:
    """Debts without a row, at most `limit`."""
    of_session, of_top_up = (is_owed & DEBT.c.id.is_(None) for is_owed in _NOT_LOST)
    return _debts(reads, of_session, of_top_up, limit)


def to_ask(reads: Reads, now: datetime, limit: int) -> tuple[str, ...]:
    """The ids of debts that are to be asked for now."""
    is_due = DEBT.c.ask_at <= now, DEBT.c.payment_id.is_(None)
    statement = select(DEBT.c.id).where(*is_due).order_by(DEBT.c.ask_at).limit(limit)
    return tuple(row.id for row in reads.all(statement))


def cleared(reads: Reads, limit: int) -> tuple[str, ...]:
    """Accounts that are marked as debtors and owe nothing any more."""
    owes_for_session = exists().where(
        *_MISSES,
        SETTLEMENT.c.driver_id == DEBTOR.c.account_id,
        ~exists().where(DEBT.c.id == SETTLEMENT.c.session_id, DEBT.c.forgiven_at.is_not(None)),
    )
    owes_for_top_up = exists().where(
        IS_OWED,
        CHARGEBACK.c.account_id == DEBTOR.c.account_id,
        ~exists().where(DEBT.c.id == CHARGEBACK.c.id, DEBT.c.forgiven_at.is_not(None)),
    )
    is_clear = ~or_(owes_for_session, owes_for_top_up)
    rows = reads.all(select(DEBTOR.c.account_id).where(is_clear).limit(limit))
    return tuple(row.account_id for row in rows)


def _debts(reads: Reads, of_session: Any, of_top_up: Any, limit: int = MOST) -> tuple[Debt, ...]:
    """The oldest first, of both kinds."""
    both = union_all(_OF_SESSIONS.where(of_session), _OF_TOP_UPS.where(of_top_up)).subquery()
    rows: Sequence[Any] = reads.all(select(both).order_by(both.c.since, both.c.id).limit(limit))
    return tuple(Debt(*row) for row in rows)
