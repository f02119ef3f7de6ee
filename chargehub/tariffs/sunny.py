"""When sites fed energy into the grid, as far as it was reported at both ends.

What is charged between two reports of feeding in came from the own roof: the site had more than
enough with the car at it. From one report on alone nothing follows, for a car may come and take
more than is left.
"""

from datetime import datetime, timedelta

from sqlalchemy import Index, bindparam, select, update
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

LONGEST_GAP = timedelta(minutes=30)  # between two reports; longer, and a cloud may have passed
MOST_READ = 5_000  # of a month: one every nine minutes


class SunnyTime(SQLModel, table=True):
    """A location fed in from `since` until `until`, by its reports.

    `is_open`: the last report was one of feeding in, so the next may prolong it.
    """

    __tablename__ = "sunny_time"
    __table_args__ = (
        Index("uq_sunny_time_location_since", "location_id", "since", unique=True),
        Index("ix_sunny_time_location_until", "location_id", "until"),
    )

    id: str = Field(primary_key=True, max_length=36)
    location_id: str = Field(max_length=36, foreign_key="location.id")
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    is_open: bool = True


SUNNY = table_of(SunnyTime)
_NEWEST = (
    select(SUNNY)
    .where(SUNNY.c.location_id == bindparam("location_id"))
    .order_by(SUNNY.c.until.desc())
    .limit(1)
)
_DURING = (
    select(SUNNY.c.since, SUNNY.c.until)
    .where(
        SUNNY.c.location_id == bindparam("location_id"),
        SUNNY.c.until > bindparam("start", type_=Instant()),
        SUNNY.c.since < bindparam("end", type_=Instant()),
    )
    .order_by(SUNNY.c.until)
    .limit(MOST_READ)
)


def note(work: Work, location_id: str, export_w: int, at: datetime) -> None:
    """A location told what it feeds in, in W. What is older than the newest report is left out."""
    newest = work.one(_NEWEST, location_id=location_id)
    if newest is not None and at <= newest.until:
        return
    is_prolonged = newest is not None and newest.is_open and at - newest.until <= LONGEST_GAP
    if newest is not None and newest.is_open and not (export_w > 0 and is_prolonged):
        work.execute(update(SUNNY).where(SUNNY.c.id == newest.id).values(is_open=False))
    if export_w <= 0:
        return
    if newest is not None and is_prolonged:
        work.execute(update(SUNNY).where(SUNNY.c.id == newest.id).values(until=at))
        return
    work.add(SunnyTime(id=new_id(), location_id=location_id, since=at, until=at))


def during(reads: Reads, location_id: str, span: Span) -> tuple[Span, ...]:
    """When a location fed in, of a time; in order, apart from each other."""
    rows = reads.all(_DURING, location_id=location_id, start=span.start, end=span.end)
    found = (Span(row.since, row.until).intersection(span) for row in rows)
    return tuple(part for part in found if part is not None)
