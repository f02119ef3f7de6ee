"""Holds that wait for their payer to confirm them on a page of the rail's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, or_, select
from sqlmodel import Field, SQLModel

from chargehub.payments.tables import PAYMENT
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of


class HoldPageRow(SQLModel, table=True):
    """The page of a payment whose hold is `requested` meanwhile; gone when it was answered.

    `reference`, `url`: None until the rail has opened it. After `until` it is closed, of which
    `is_closing` tells; `look_at`: when the rail is asked though nobody looks.
    """

    __tablename__ = "hold_page"
    __table_args__ = (
        Index("ix_hold_page_look", "look_at"),
        Index("ix_hold_page_reference", "reference"),
    )

    payment_id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    reference: str | None = Field(default=None, max_length=200)
    url: str | None = Field(default=None, max_length=2000)
    until: datetime = Field(sa_type=Instant)
    is_closing: bool
    look_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class HoldPage:
    """A page as it stands; the fields of its row."""

    payment_id: str
    rail: str
    reference: str | None
    url: str | None
    until: datetime
    is_closing: bool
    look_at: datetime


PAGE = table_of(HoldPageRow)
_OF_PAYMENT = select(PAGE).where(PAGE.c.payment_id == bindparam("payment_id"))
_OF_REFERENCE = select(PAGE).where(
    PAGE.c.rail == bindparam("rail"), PAGE.c.reference == bindparam("reference")
)
_DUE = (
    select(PAGE)
    .join(PAYMENT, PAYMENT.c.id == PAGE.c.payment_id)
    .where(
        PAGE.c.is_closing.is_(False),
        or_(
            PAGE.c.look_at <= bindparam("now"),
            PAGE.c.until <= bindparam("now"),
            PAYMENT.c.wish.is_not(None),
        ),
    )
    .order_by(PAGE.c.look_at)
    .limit(bindparam("limit"))
)


def of_payment(reads: Reads, payment_id: str) -> HoldPage | None:
    """The page that a payment's hold waits for, or None."""
    row = reads.one(_OF_PAYMENT, payment_id=payment_id)
    return None if row is None else HoldPage(*row)


def of_payments(reads: Reads, payment_ids: Collection[str]) -> dict[str, HoldPage]:
    """The pages of these payments that somebody can open."""
    is_one = PAGE.c.payment_id.in_(payment_ids), PAGE.c.url.is_not(None), ~PAGE.c.is_closing
    return {row.payment_id: HoldPage(*row) for row in reads.all(select(PAGE).where(*is_one))}


def of_reference(reads: Reads, rail: str, reference: str) -> HoldPage | None:
    """The page that a rail calls so, or None."""
    row = reads.one(_OF_REFERENCE, rail=rail, reference=reference)
    return None if row is None else HoldPage(*row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[HoldPage, ...]:
    """Pages to be looked at or closed, at most `limit`."""
    return tuple(HoldPage(*row) for row in reads.all(_DUE, now=now, limit=limit))
