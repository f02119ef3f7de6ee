"""Top-ups that cardholders' banks took back: what is kept of a balance, and what is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, select, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

_IS_OWED = text("state = 'lost' AND written_off_at IS NULL")


class ChargebackRow(SQLModel, table=True):
    """A top-up, or a part of it, that a bank has taken back. `id`: that of the card dispute.

    `state`: frozen, released (the bank gave it back), lost. `frozen_minor` of the balance is kept
    while it is frozen. Of a lost one `taken_minor` went off the balance; the rest is owed, and
    `paid_minor` of that was paid.
    """

    __tablename__ = "top_up_chargeback"
    __table_args__ = (
        Index("ix_top_up_chargeback_account", "account_id", "state"),
        Index("ix_top_up_chargeback_top_up", "top_up_id"),
        Index(
            "ix_top_up_chargeback_owed",
            "closed_at",
            sqlite_where=_IS_OWED,
            postgresql_where=_IS_OWED,
        ),
        CheckConstraint("0 <= frozen_minor AND frozen_minor <= amount_minor", "frozen"),
        CheckConstraint("0 <= paid_minor AND taken_minor + paid_minor <= amount_minor", "paid"),
    )

    id: str = Field(primary_key=True, max_length=36)
    top_up_id: str = Field(max_length=36)
    account_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    frozen_minor: int = Field(default=0, sa_type=BigInteger)
    taken_minor: int = Field(default=0, sa_type=BigInteger)
    paid_minor: int = Field(default=0, sa_type=BigInteger)
    state: str = Field(max_length=10)
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    written_off_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Chargeback:
    """A chargeback as it stands; the fields of its row."""

    id: str
    top_up_id: str
    account_id: str
    currency: str
    amount_minor: int
    frozen_minor: int
    taken_minor: int
    paid_minor: int
    state: str
    opened_at: datetime
    closed_at: datetime | None
    written_off_at: datetime | None

    @property
    def owed_minor(self) -> int:
        """What of a lost one its driver has not paid yet, also after it was written off."""
        is_lost = self.state == "lost"
        return self.amount_minor - self.taken_minor - self.paid_minor if is_lost else 0


CHARGEBACK = table_of(ChargebackRow)
OWED_MINOR = CHARGEBACK.c.amount_minor - CHARGEBACK.c.taken_minor - CHARGEBACK.c.paid_minor
IS_OWED = (CHARGEBACK.c.state == "lost") & (OWED_MINOR > 0)
_IS_IN_THE_WAY = (CHARGEBACK.c.state == "frozen") | (
    IS_OWED & CHARGEBACK.c.written_off_at.is_(None)
)


def chargeback(reads: Reads, chargeback_id: str) -> Chargeback | None:
    """The chargeback of this card dispute, or None."""
    row = reads.one(select(CHARGEBACK).where(CHARGEBACK.c.id == chargeback_id))
    return None if row is None else Chargeback(*row)


def frozen_of(reads: Reads, account_id: str, currency: str) -> Sequence[Chargeback]:
    """Chargebacks of an account that its bank has not decided yet, the oldest first."""
    is_theirs = CHARGEBACK.c.account_id == account_id, CHARGEBACK.c.currency == currency
    is_frozen = CHARGEBACK.c.state == "frozen"
    rows = reads.all(select(CHARGEBACK).where(*is_theirs, is_frozen).order_by(CHARGEBACK.c.id))
    return [Chargeback(*row) for row in rows]


def is_in_the_way(reads: Reads, account_id: str) -> bool:
    """True while a bank has something of an account's top-ups, or the account owes for one that
    nobody has written off or forgiven."""
    is_theirs = CHARGEBACK.c.account_id == account_id, _IS_IN_THE_WAY
    return reads.one(select(CHARGEBACK.c.id).where(*is_theirs).limit(1)) is not None


def holds_back(reads: Reads, top_up_id: str) -> bool:
    """True while nothing of a top-up can go back: a bank has it, or has had it for good."""
    is_it = CHARGEBACK.c.top_up_id == top_up_id, CHARGEBACK.c.state != "released"
    return reads.one(select(CHARGEBACK.c.id).where(*is_it).limit(1)) is not None


def owed_since(reads: Reads, until: datetime, limit: int) -> Sequence[Chargeback]:
    """Lost ones that have been owed since `until` or longer, and are not written off."""
    is_it = IS_OWED, CHARGEBACK.c.written_off_at.is_(None), CHARGEBACK.c.closed_at <= until
    statement = select(CHARGEBACK).where(*is_it).order_by(CHARGEBACK.c.closed_at, CHARGEBACK.c.id)
    return [Chargeback(*row) for row in reads.all(statement.limit(limit))]
