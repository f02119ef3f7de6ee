"""What owners were asked to tell for the report, and how far a quarter's look at owners is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Index, select, union, update
from sqlmodel import Field, SQLModel, col

from chargehub.settlement.shares import AGREEMENT, SHARE
from chargehub.stations.schema import Location, Station
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class SellerRequest(SQLModel, table=True):
    """An owner was asked for what the report lacks, and reminded so often since.

    `next_at`: when the next reminder is due, or payouts are withheld; None: all was told, or all
    was done. `due_at`: from then on payouts are withheld.
    """

    __tablename__ = "seller_request"
    __table_args__ = (Index("ix_seller_request_next", "next_at"),)

    account_id: str = Field(primary_key=True, max_length=36)
    report: str = Field(max_length=20)
    asked_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    reminders: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Instant)


class SellerReview(SQLModel, table=True):
    """All owners were looked at after a quarter, by id up to this one; `done_at`: all of them."""

    __tablename__ = "seller_review"

    quarter: str = Field(primary_key=True, max_length=7)
    up_to: str = Field(default="", max_length=36)
    done_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class RequestView:
    """What an owner was asked; the fields of its row."""

    account_id: str
    report: str
    asked_at: datetime
    due_at: datetime
    reminders: int
    next_at: datetime | None


REQUEST, REVIEW = table_of(SellerRequest), table_of(SellerReview)


def request(reads: Reads, account_id: str) -> RequestView | None:
    """What an owner was asked last, or None."""
    row = reads.one(select(REQUEST).where(REQUEST.c.account_id == account_id))
    return None if row is None else RequestView(*row)


def requests_due(reads: Reads, now: datetime, limit: int) -> tuple[RequestView, ...]:
    """Requests that go on now, at most `limit`."""
    wanted = select(REQUEST).where(REQUEST.c.next_at <= now).order_by(REQUEST.c.next_at)
    return tuple(RequestView(*row) for row in reads.all(wanted.limit(limit)))


def change(work: Work, account_id: str, **values: object) -> int:
    """Change a request; how many there were: one or none."""
    is_it = REQUEST.c.account_id == account_id
    return work.execute(update(REQUEST).where(is_it).values(**values))


def reviewed(reads: Reads, quarter: str) -> str | None:
    """Up to which owner the look after a quarter has come; None: it is over."""
    row = reads.one(select(REVIEW).where(REVIEW.c.quarter == quarter))
    if row is None:
        return ""
    return None if row.done_at is not None else str(row.up_to)


def note_reviewed(work: Work, quarter: str, up_to: str, done_at: datetime | None) -> None:
    """The look after a quarter has come so far."""
    values = {"up_to": up_to, "done_at": done_at}
    if not work.execute(update(REVIEW).where(REVIEW.c.quarter == quarter).values(**values)):
        work.insert(SellerReview, quarter=quarter, **values)


def owners(reads: Reads, after: str, limit: int) -> tuple[str, ...]:
    """Who has, or had, stations, or a share of one: by id, after this one."""
    station: Any = col(Station.owner_id)
    theirs = select(station.label("owner_id")).where(station > after)
    shared = select(SHARE.c.account_id).where(SHARE.c.account_id > after)
    wanted = union(theirs, shared).order_by("owner_id").limit(limit)
    return tuple(row[0] for row in reads.all(wanted))


def countries(reads: Reads, owner_id: str | None) -> Mapping[str, tuple[str, ...]]:
    """Where an owner, or (None) every owner, has or had stations, by owner and in order."""
    station: Any = col(Station.owner_id)
    share = SHARE.c.account_id
    whose = [] if owner_id is None else [owner_id]
    theirs = select(station.label("owner_id"), col(Station.id).label("station_id")).where(
        *(station == one for one in whose)
    )
    shared = (
        select(share, AGREEMENT.c.station_id)
        .join(AGREEMENT, AGREEMENT.c.id == SHARE.c.agreement_id)
        .where(AGREEMENT.c.holds_from.is_not(None), *(share == one for one in whose))
    )
    has = union(theirs, shared).subquery()
    wanted = (
        select(has.c.owner_id, col(Location.country))
        .distinct()
        .join(Station, col(Station.id) == has.c.station_id)
        .join(Location, col(Station.location_id) == col(Location.id))
        .order_by(has.c.owner_id, col(Location.country))
    )
    rows = reads.all(wanted)
    return {
        owner: tuple(row[1] for row in of_owner)
        for owner, of_owner in groupby(rows, key=itemgetter(0))
    }
