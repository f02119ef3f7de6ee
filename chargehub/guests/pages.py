"""Pages of a rail on which guests pay what they booked, or enter the card for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, select, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

_IS_OPEN = text("state = 'open'")


class GuestPageRow(SQLModel, table=True):
    """A page for one booking. `state`: open, done, expired.

    `payment_id`: of the deposit that is held on it; None: a card is entered, and held of later.
    `until`: then it is closed. `look_at`: when it is looked at though nobody asks;
    `unanswered`: looks of which the rail has answered none yet.
    """

    __tablename__ = "guest_page"
    __table_args__ = (
        Index("uq_guest_page_booking", "booking_id", unique=True),
        Index("ix_guest_page_look", "look_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_guest_page_account", "account_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    booking_id: str = Field(max_length=36)
    account_id: str = Field(max_length=36)
    rail: str = Field(max_length=20)
    payment_id: str | None = Field(default=None, max_length=36)
    state: str = Field(max_length=10)
    reference: str | None = Field(default=None, max_length=200)
    url: str | None = Field(default=None, max_length=2000)
    until: datetime = Field(sa_type=Instant)
    look_at: datetime = Field(sa_type=Instant)
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class GuestPageView:
    """A page as it stands; the fields of its row."""

    id: str
    booking_id: str
    account_id: str
    rail: str
    payment_id: str | None
    state: str
    reference: str | None
    url: str | None
    until: datetime
    look_at: datetime
    unanswered: int


PAGE = table_of(GuestPageRow)
_DUE = (
    select(PAGE)
    .where(PAGE.c.state == "open", PAGE.c.look_at <= bindparam("now", type_=Instant()))
    .order_by(PAGE.c.look_at)
    .limit(bindparam("limit"))
)


def page(reads: Reads, page_id: str) -> GuestPageView | None:
    """The page with this id, or None."""
    row = reads.one(select(PAGE).where(PAGE.c.id == page_id))
    return None if row is None else GuestPageView(*row)


def of_booking(reads: Reads, booking_id: str) -> GuestPageView | None:
    """The page of a booking, or None."""
    row = reads.one(select(PAGE).where(PAGE.c.booking_id == booking_id))
    return None if row is None else GuestPageView(*row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[GuestPageView, ...]:
    """Open pages that are to be looked at, the longest due first."""
    return tuple(GuestPageView(*row) for row in reads.all(_DUE, now=now, limit=limit))
