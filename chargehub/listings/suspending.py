"""Taking a station off the market for a while, and putting it back."""

from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from chargehub.listings import offering
from chargehub.listings.actions import remember
from chargehub.listings.suspensions import SUSPENSION, UNTIL_CHECKED, ListingSuspension
from chargehub.listings.tables import Listing
from chargehub.stations import grades
from chargehub.stations import tables as stations
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work

_DUE = (
    select(SUSPENSION)
    .where(SUSPENSION.c.until_at <= bindparam("now", type_=Instant()))
    .order_by(SUSPENSION.c.until_at)
)


def suspend(work: Work, station_id: str, until: datetime, now: datetime) -> bool:
    """Take a station off the market. False: it is not on it; then it stays off it until then."""
    is_listed = (col(Listing.station_id) == station_id) & col(Listing.withdrawn_at).is_(None)
    if work.execute(update(Listing).where(is_listed).values(withdrawn_at=now)):
        offering.refresh(work, station_id)
        work.add(ListingSuspension(station_id=station_id, until_at=until, is_relisted=True))
        return True
    if until != UNTIL_CHECKED:
        _keep_away(work, station_id, until)
    return False


def _keep_away(work: Work, station_id: str, until: datetime) -> None:
    """Of a station that its owner withdrew, or that is to be checked."""
    is_it = SUSPENSION.c.station_id == station_id
    if not work.execute(update(SUSPENSION).where(is_it).values(until_at=until)):
        work.add(ListingSuspension(station_id=station_id, until_at=until, is_relisted=False))


def _is_to_be_checked(reads: Reads, station_id: str) -> bool:
    """Did its grade lapse while it was off the market for something else?"""
    grade = grades.of_station(reads, station_id)
    access = reads.value(select(col(Listing.access)).where(col(Listing.station_id) == station_id))
    return grade.lapsed_at is not None and grade.waived_because is None and access == "public"


def bring_back(work: Work, station_id: str, now: datetime) -> None:
    """A station that was to be checked passed: it is listed again."""
    is_it = (SUSPENSION.c.station_id == station_id) & (SUSPENSION.c.until_at == UNTIL_CHECKED)
    work.execute(update(SUSPENSION).where(is_it).values(until_at=now))


def relist_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """List stations again whose time off the market is over, at most 50; how many were due."""
    due = work.all(_DUE.limit(chunk.limit), now=now)
    return chunk.each(work, due, attrgetter("station_id"), partial(_relist, now=now))


def _relist(work: Work, suspension: Any, now: datetime) -> None:
    station_id = suspension.station_id
    if _is_to_be_checked(work, station_id):
        is_it = SUSPENSION.c.station_id == station_id
        work.execute(update(SUSPENSION).where(is_it).values(until_at=UNTIL_CHECKED))
        return
    work.execute(delete(SUSPENSION).where(SUSPENSION.c.station_id == station_id))
    station = stations.station(work, station_id)
    if not suspension.is_relisted or station is None or station.retired_at is not None:
        return
    remember(work, station_id, now)
    listed = update(Listing).where(col(Listing.station_id) == station_id)
    work.execute(listed.values(published_at=now, withdrawn_at=None))
    offering.refresh(work, station_id)
