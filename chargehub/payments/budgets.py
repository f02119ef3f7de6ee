"""Which running sessions are paid from a hold, and when each is to be looked at again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from chargehub.payments.tables import PAYMENT
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class SessionBudgetRow(SQLModel, table=True):
    """A session that runs on somebody's money. `asked_of`: the payment instead of whose hold a
    greater one was asked for."""

    __tablename__ = "session_budget"
    __table_args__ = (Index("ix_session_budget_look_at", "look_at"),)

    session_id: str = Field(primary_key=True, max_length=36)
    look_at: datetime = Field(sa_type=Instant)
    asked_of: str | None = Field(default=None, max_length=36)


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget; see the row."""

    session_id: str
    look_at: datetime
    asked_of: str | None


BUDGET = table_of(SessionBudgetRow)
_BY_SESSION = select(BUDGET).where(BUDGET.c.session_id == bindparam("session_id"))
_DUE = (
    select(BUDGET)
    .where(BUDGET.c.look_at <= bindparam("now"))
    .order_by(BUDGET.c.look_at)
    .limit(bindparam("limit"))
)
_UNDER_WAY = select(PAYMENT.c.id).where(
    PAYMENT.c.driver_id == bindparam("driver_id"),
    PAYMENT.c.renews == bindparam("payment_id"),
    PAYMENT.c.state == "requested",
)


def begin(work: Work, session_id: str, look_at: datetime) -> None:
    """Look at a session from then on; again changes nothing."""
    if work.one(_BY_SESSION, session_id=session_id) is None:
        work.insert(SessionBudgetRow, session_id=session_id, look_at=look_at, asked_of=None)


def budget(reads: Reads, session_id: str) -> BudgetView | None:
    """A session's budget, or None."""
    row = reads.one(_BY_SESSION, session_id=session_id)
    return None if row is None else BudgetView(*row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[BudgetView, ...]:
    """Those to be looked at now, at most `limit`."""
    return tuple(BudgetView(*row) for row in reads.all(_DUE, now=now, limit=limit))


def look_again(work: Work, session_id: str, at: datetime, asked_of: str | None) -> None:
    """Look at it again then."""
    change = update(BUDGET).where(BUDGET.c.session_id == session_id)
    work.execute(change.values(look_at=at, asked_of=asked_of))


def end(work: Work, session_id: str) -> None:
    """It is over."""
    work.execute(delete(BUDGET).where(BUDGET.c.session_id == session_id))


def is_asked(reads: Reads, driver_id: str, payment_id: str) -> bool:
    """True while the rail has not answered for the hold that is to take this one's place."""
    return reads.one(_UNDER_WAY, driver_id=driver_id, payment_id=payment_id) is not None
