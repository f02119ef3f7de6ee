"""What the hub puts right of what a station sends, by rule, and how wrong its clock is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from chargehub.stations.schema import Station, StationRepair
from chargehub.store.work import Reads, Work


@dataclass(frozen=True, slots=True)
class RepairView:
    """A rule, how many places it mended, and when it last did."""

    rule: str
    count: int
    last_at: datetime


_OF_STATION = col(StationRepair.station_id) == bindparam("of_station")
_ALL = (
    select(col(StationRepair.rule), col(StationRepair.count), col(StationRepair.last_at))
    .where(_OF_STATION, col(StationRepair.rule) > bindparam("after"))
    .order_by(col(StationRepair.rule))
)


def count(work: Work, station_id: str, repairs: Mapping[str, int], now: datetime) -> None:
    """Add what was mended since this was last called: rule -> places."""
    for rule, number in repairs.items():
        is_it = (col(StationRepair.station_id) == station_id) & (col(StationRepair.rule) == rule)
        changed = update(StationRepair).where(is_it)
        if not work.execute(changed.values(count=col(StationRepair.count) + number, last_at=now)):
            work.add(StationRepair(station_id=station_id, rule=rule, count=number, last_at=now))


def note_clock(work: Work, station_id: str, ahead_s: int | None, now: datetime) -> None:
    """How far the station's clock is ahead of ours; None: what was believed is not so."""
    is_it = col(Station.id) == station_id
    work.execute(update(Station).where(is_it).values(clock_ahead_s=ahead_s, last_seen_at=now))


def page_of(reads: Reads, station_id: str, after: str | None, limit: int) -> tuple[RepairView, ...]:
    """The rules that ever mended something of this station, by name, after the name `after`."""
    rows = reads.all(_ALL.limit(limit), of_station=station_id, after=after or "")
    return tuple(RepairView(*row) for row in rows)
