"""Tables of what rails' books said, and when they were asked."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant

_IS_NEW = text("state = 'new'")
_IS_OPEN = text("moved_at IS NULL AND state <> 'new'")
_IS_LOOKED_AT = text("look_at IS NOT NULL")


class BalanceLineRow(SQLModel, table=True):
    """A line of a rail's books, once; the fields are those of `rules.LineView`.

    Amounts in minor units. `resolved_by`: the operator who said what the part in suspense is, on
    which account it stands now and why. `suspended`: how often something of it went into suspense;
    `look_at`: when it is asked anew whether the hub has heard of it since.
    """

    __tablename__ = "balance_line"
    __table_args__ = (
        Index("uq_balance_line_reference", "rail", "reference", unique=True),
        Index("ix_balance_line_about", "rail", "about"),
        Index("ix_balance_line_state", "state", "id"),
        Index("ix_balance_line_new", "booked_at", sqlite_where=_IS_NEW, postgresql_where=_IS_NEW),
        Index(
            "ix_balance_line_open", "available_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
        ),
        Index(
            "ix_balance_line_look",
            "look_at",
            sqlite_where=_IS_LOOKED_AT,
            postgresql_where=_IS_LOOKED_AT,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    reference: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    about: str | None = Field(default=None, max_length=200)
    amount_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    booked_at: datetime = Field(sa_type=Instant)
    available_at: datetime = Field(sa_type=Instant)
    state: str = Field(max_length=10)
    suspense_minor: int = Field(default=0, sa_type=BigInteger)
    told: str | None = Field(default=None, max_length=200)
    moved_at: datetime | None = Field(default=None, sa_type=Instant)
    resolved_by: str | None = Field(default=None, max_length=36)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    account: str | None = Field(default=None, max_length=40)
    because: str | None = Field(default=None, max_length=500)
    suspended: int = 0
    look_at: datetime | None = Field(default=None, sa_type=Instant)


class ReconciliationRow(SQLModel, table=True):
    """A rail was asked for its books of a time; `finished_at` None: it has not told them all."""

    __tablename__ = "reconciliation"
    __table_args__ = (
        Index("uq_reconciliation_until", "rail", "until", unique=True),
        Index(
            "uq_reconciliation_open",
            "rail",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    lines: int = 0


class MissingRow(SQLModel, table=True):
    """Something the hub noted and no line of a rail's books has told; see `missing.Missing`."""

    __tablename__ = "reconciliation_missing"
    __table_args__ = (
        Index("ix_reconciliation_missing_reference", "rail", "reference"),
        Index("ix_reconciliation_missing_noted", "rail", "noted_at"),
    )

    kind: str = Field(primary_key=True, max_length=20)
    id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    reference: str | None = Field(default=None, max_length=200)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    noted_at: datetime = Field(sa_type=Instant)
