"""When stations had a line: whether one had, when a driver was to begin, is soon overwritten."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import col

from chargehub.disputes.rules import OPEN_WITHIN
from chargehub.disputes.schema import StationLine
from chargehub.events import StationConnected, StationDisconnected
from chargehub.stations import tables as stations
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

KEPT = OPEN_WITHIN + timedelta(days=16)  # a bill may come days after the session
FORGET_AT_ONCE = 500
MOST = 200  # of one evidence: a station that is lost every few minutes shows it in these


def note_connected(work: Work, event: StationConnected, now: datetime) -> None:
    """A station has its line again."""
    _note(work, event.station_id, True, now)


def note_disconnected(work: Work, event: StationDisconnected, now: datetime) -> None:
    """A station has lost its line."""
    _note(work, event.station_id, False, now)


def _note(work: Work, station_id: str, is_online: bool, now: datetime) -> None:
    """Once a change: a station that comes back before it was missed was not away."""
    if state_at(work, station_id, now) is not is_online:
        work.insert(StationLine, id=new_id(), station_id=station_id, is_online=is_online, at=now)


def state_at(reads: Reads, station_id: str, at: datetime) -> bool | None:
    """Whether a station had its line at an instant; None: nobody noted it."""
    statement = (
        select(col(StationLine.is_online))
        .where(col(StationLine.station_id) == station_id, col(StationLine.at) <= at)
        .order_by(col(StationLine.at).desc(), col(StationLine.id).desc())
        .limit(1)
    )
    found: bool | None = reads.value(statement)
    return found


def was_offline(reads: Reads, station_id: str, at: datetime) -> bool | None:
    """True if a station had no line at an instant; None: that is not known any more."""
    state = state_at(reads, station_id, at)
    if state is not None:
        return not state
    station = stations.station(reads, station_id)
    if station is None or station.connected_at is None:
        return True  # it never came
    return None


def around(
    reads: Reads, station_id: str, start: datetime, end: datetime
) -> tuple[tuple[datetime, bool], ...]:
    """Every change of a station's line in a time, in order: when, and whether it was there."""
    statement = (
        select(col(StationLine.at), col(StationLine.is_online))
        .where(
            col(StationLine.station_id) == station_id,
            col(StationLine.at) >= start,
            col(StationLine.at) <= end,
        )
        .order_by(col(StationLine.at), col(StationLine.id))
        .limit(MOST)
    )
    return tuple((row.at, bool(row.is_online)) for row in reads.all(statement))


def forget(work: Work, now: datetime) -> int:
    """Delete at most 500 notes that nobody can dispute about any more; how many."""
    old = select(col(StationLine.id)).where(col(StationLine.at) < now - KEPT)
    return work.execute(
        delete(StationLine).where(col(StationLine.id).in_(old.limit(FORGET_AT_ONCE)))
    )
