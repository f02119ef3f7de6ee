"""What drivers paid for bookings that ended early, and how it was divided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, bindparam, func, select, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

_IS_DUE = text("matured_at IS NULL AND reversed_at IS NULL")


class BookingFeeRow(SQLModel, table=True):
    """A captured fee in minor units: captured = owner + fee (the hub's, net) + vat.

    `reversed_at`: when it went back, because its driver did come.
    """

    __tablename__ = "booking_fee"
    __table_args__ = (
        Index("ix_booking_fee_due", "matures_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
        Index("ix_booking_fee_owner_captured", "owner_id", "captured_at"),
    )

    booking_id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    captured_minor: int = Field(sa_type=BigInteger)
    owner_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    vat_minor: int = Field(sa_type=BigInteger)
    captured_at: datetime = Field(sa_type=Instant)
    matures_at: datetime = Field(sa_type=Instant)
    matured_at: datetime | None = Field(default=None, sa_type=Instant)
    reversed_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class FeeView:
    """A fee as it stands; the fields of its row."""

    booking_id: str
    owner_id: str
    currency: str
    captured_minor: int
    owner_minor: int
    fee_minor: int
    vat_minor: int
    captured_at: datetime
    matures_at: datetime
    matured_at: datetime | None
    reversed_at: datetime | None


FEE = table_of(BookingFeeRow)
_DUE = (
    select(FEE)
    .where(
        FEE.c.matured_at.is_(None),
        FEE.c.reversed_at.is_(None),
        FEE.c.matures_at <= bindparam("now", type_=Instant()),
    )
    .order_by(FEE.c.matures_at, FEE.c.booking_id)
    .limit(bindparam("limit"))
)


def of_booking(reads: Reads, booking_id: str) -> FeeView | None:
    """The fee that was taken for a booking, whether it stands or went back."""
    row = reads.one(select(FEE).where(FEE.c.booking_id == booking_id))
    return None if row is None else FeeView(*row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[FeeView, ...]:
    """Fees whose maturity has come, in the order in which it came."""
    return tuple(FeeView(*row) for row in reads.all(_DUE, now=now, limit=limit))


Sums = dict[str, tuple[Any, ...]]
"""By currency: gross, the hub's fee, its VAT, the owner's part."""


def captured(reads: Reads, owner_id: str, start: datetime, end: datetime) -> Sums:
    """An owner's fees that were taken from `start` up to, not at, `end`."""
    return _sums(reads, FEE.c.captured_at, owner_id, start, end)


def reversed_(reads: Reads, owner_id: str, start: datetime, end: datetime) -> Sums:
    """An owner's fees that went back from `start` up to, not at, `end`."""
    return _sums(reads, FEE.c.reversed_at, owner_id, start, end)


def _sums(
    reads: Reads, moment: ColumnElement[Any], owner_id: str, start: datetime, end: datetime
) -> Sums:
    statement = (
        select(
            FEE.c.currency,
            func.sum(FEE.c.captured_minor),
            func.sum(FEE.c.fee_minor),
            func.sum(FEE.c.vat_minor),
            func.sum(FEE.c.owner_minor),
        )
        .where(FEE.c.owner_id == owner_id, moment >= start, moment < end)
        .group_by(FEE.c.currency)
    )
    return {row[0]: tuple(int(value) for value in row[1:]) for row in reads.all(statement)}


def currencies(reads: Reads, owner_id: str) -> set[str]:
    """The currencies an owner ever had fees in."""
    return {row[0] for row in reads.all(select(FEE.c.currency).where(FEE.c.owner_id == owner_id))}
