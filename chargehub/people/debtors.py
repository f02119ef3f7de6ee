"""Who may not book or begin to charge before a debt is paid; `owing` says so."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlmodel import Field, SQLModel

from chargehub.errors import Forbidden
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class DebtDue(Forbidden):
    """The driver owes something for too long."""

    code = "debt_due"

    def __init__(self) -> None:
        super().__init__(
            "You owe for earlier charging or a fee. Pay it first: GET /api/v1/debts says what, "
            "POST /api/v1/debts/payments pays it."
        )


class DebtorRow(SQLModel, table=True):
    """A driver who owes enough for long enough."""

    __tablename__ = "debtor"

    account_id: str = Field(primary_key=True, max_length=36)
    since: datetime = Field(sa_type=Instant)


DEBTOR = table_of(DebtorRow)
_OF_ACCOUNT = select(DEBTOR).where(DEBTOR.c.account_id == bindparam("account_id"))


def is_debtor(reads: Reads, account_id: str) -> bool:
    """True if this driver must pay a debt first."""
    return reads.one(_OF_ACCOUNT, account_id=account_id) is not None


def check(reads: Reads, account_id: str) -> None:
    """Raises DebtDue."""
    if is_debtor(reads, account_id):
        raise DebtDue


def mark(work: Work, account_id: str, now: datetime) -> None:
    """This driver must pay first; again changes nothing."""
    if not is_debtor(work, account_id):
        work.insert(DebtorRow, account_id=account_id, since=now)


def clear(work: Work, account_id: str) -> None:
    """Nothing is in this driver's way any more."""
    work.execute(delete(DEBTOR).where(DEBTOR.c.account_id == account_id))
