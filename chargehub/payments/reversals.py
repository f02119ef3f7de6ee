"""What is taken back of payouts that were paid, with queries. The process stands in `reversing`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, bindparam, exists, select
from sqlmodel import Field, SQLModel

from chargehub.ledger.tables import ACCOUNT
from chargehub.payments.tables import PAYOUT
from chargehub.payments.views import PayoutView
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of
from chargehub.units import Money

MOST_PAYOUTS = 50  # looked at for one debt
MOST_DEBTS = 500


class PayoutReversalRow(SQLModel, table=True):
    """So much of a payout is taken back, for its owner owes it. `state`: requested, taken, refused.

    `asked_by`: the operator; None: the clock, after a time that is set.
    """

    __tablename__ = "payout_reversal"
    __table_args__ = (
        Index("ix_payout_reversal_owner", "owner_id", "id"),
        Index("ix_payout_reversal_payout", "payout_id"),
        Index("ix_payout_reversal_reference", "rail_reference"),
        Index("ix_payout_reversal_finished", "finished_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    payout_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36)
    rail: str = Field(max_length=20)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=10)
    because: str = Field(max_length=300)
    asked_by: str | None = Field(default=None, max_length=36)
    rail_reference: str | None = Field(default=None, max_length=200)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    requested_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class ReversalView:
    """A reversal as it stands; the fields of its row."""

    id: str
    payout_id: str
    owner_id: str
    rail: str
    currency: str
    amount_minor: int
    state: str
    because: str
    asked_by: str | None
    rail_reference: str | None
    refusal_code: str | None
    refusal_detail: str | None
    requested_at: datetime
    finished_at: datetime | None


REVERSAL = table_of(PayoutReversalRow)
_OWES = ACCOUNT.c.family == "owner:receivable", ACCOUNT.c.balance > 0
_CAN_GIVE = (
    PAYOUT.c.state == "paid",
    PAYOUT.c.token_units.is_(None),
    PAYOUT.c.reversed_minor < PAYOUT.c.amount_minor,
)


def reversal(reads: Reads, reversal_id: str) -> ReversalView | None:
    """The reversal with this id, or None."""
    row = reads.one(select(REVERSAL).where(REVERSAL.c.id == reversal_id))
    return None if row is None else ReversalView(*row)


def page(
    reads: Reads, owner_id: str | None, after: str | None, limit: int
) -> tuple[ReversalView, ...]:
    """An owner's reversals, or (None) those of all, newest first, those before `after`."""
    statement = select(REVERSAL).order_by(REVERSAL.c.id.desc())
    if owner_id is not None:
        statement = statement.where(REVERSAL.c.owner_id == owner_id)
    if after is not None:
        statement = statement.where(REVERSAL.c.id < after)
    return tuple(ReversalView(*row) for row in reads.all(statement.limit(limit)))


def owed(reads: Reads, owner_id: str) -> tuple[Money, ...]:
    """What an owner owes now, by currency; what is being taken back is not in it."""
    columns = ACCOUNT.c.balance, ACCOUNT.c.asset
    statement = select(*columns).where(*_OWES, ACCOUNT.c.holder == owner_id)
    rows = reads.all(statement.order_by(ACCOUNT.c.asset))
    return tuple(Money(int(balance), asset) for balance, asset in rows)


def sources(
    reads: Reads, owner_id: str, currency: str, rails: Sequence[str]
) -> tuple[PayoutView, ...]:
    """An owner's payouts of which something can be taken back by these rails, the newest first."""
    mine = PAYOUT.c.owner_id == owner_id, PAYOUT.c.currency == currency
    statement = select(PAYOUT).where(*mine, *_CAN_GIVE, PAYOUT.c.rail.in_(rails))
    rows = reads.all(statement.order_by(PAYOUT.c.id.desc()).limit(MOST_PAYOUTS))
    return tuple(PayoutView(*row) for row in rows)


def takeable(reads: Reads, rails: Sequence[str], quiet_since: datetime) -> Sequence[Any]:
    """(holder, asset) of debts whose owners have such payouts, and of whom nothing was asked back
    in that currency since then; at most 500."""
    of_it = PAYOUT.c.owner_id == ACCOUNT.c.holder, PAYOUT.c.currency == ACCOUNT.c.asset
    lately = (
        REVERSAL.c.owner_id == ACCOUNT.c.holder,
        REVERSAL.c.currency == ACCOUNT.c.asset,
        REVERSAL.c.requested_at > bindparam("quiet_since", type_=Instant()),
    )
    statement = select(ACCOUNT.c.holder, ACCOUNT.c.asset).where(
        *_OWES,
        exists().where(*of_it, *_CAN_GIVE, PAYOUT.c.rail.in_(rails)),
        ~exists().where(*lately),
    )
    ordered = statement.order_by(ACCOUNT.c.holder, ACCOUNT.c.asset).limit(MOST_DEBTS)
    return reads.all(ordered, quiet_since=quiet_since)
