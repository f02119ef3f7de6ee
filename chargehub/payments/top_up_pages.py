"""Pages of rails on which somebody tops up who keeps no card with the hub."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlmodel import Field, SQLModel

from chargehub.payments.prepaid import TOP_UP
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of


class TopUpPageRow(SQLModel, table=True):
    """The page of a top-up that is `requested` meanwhile. `reference`, `url`: None until the rail
    has opened it. `hold`: the rail's name of what was held there, to be captured; None: nobody
    has paid yet. After `until` it is closed; `asked_at`: when the rail was asked last."""

    __tablename__ = "top_up_page"
    __table_args__ = (Index("ix_top_up_page_reference", "reference"),)

    top_up_id: str = Field(primary_key=True, max_length=36)
    reference: str | None = Field(default=None, max_length=200)
    url: str | None = Field(default=None, max_length=2000)
    hold: str | None = Field(default=None, max_length=200)
    until: datetime = Field(sa_type=Instant)
    asked_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class TopUpPage:
    """A page as it stands; the fields of its row."""

    top_up_id: str
    reference: str | None
    url: str | None
    hold: str | None
    until: datetime
    asked_at: datetime


PAGE = table_of(TopUpPageRow)


def page(reads: Reads, top_up_id: str) -> TopUpPage | None:
    """The page of a top-up, or None: it is taken of a card that is kept."""
    row = reads.one(select(PAGE).where(PAGE.c.top_up_id == top_up_id))
    return None if row is None else TopUpPage(*row)


def of_reference(reads: Reads, rail: str, reference: str) -> TopUpPage | None:
    """The page that a rail calls so, or None."""
    joined = select(PAGE).join(TOP_UP, TOP_UP.c.id == PAGE.c.top_up_id)
    row = reads.one(joined.where(TOP_UP.c.rail == rail, PAGE.c.reference == reference))
    return None if row is None else TopUpPage(*row)


def to_ask(
    reads: Reads, asked_before: datetime, now: datetime, limit: int
) -> tuple[TopUpPage, ...]:
    """Pages that nobody has paid on, whose time is over or that were long not asked about."""
    is_open = TOP_UP.c.state == "requested", PAGE.c.hold.is_(None)
    is_due = (PAGE.c.asked_at <= asked_before) | (PAGE.c.until <= now)
    joined = select(PAGE).join(TOP_UP, TOP_UP.c.id == PAGE.c.top_up_id)
    rows = reads.all(joined.where(*is_open, is_due).order_by(PAGE.c.asked_at).limit(limit))
    return tuple(TopUpPage(*row) for row in rows)
