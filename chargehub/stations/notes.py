"""Notes: what stations tell beside sessions. Kept as told, for people to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from chargehub.stations.commanding import note_progress
from chargehub.stations.reports import Noted
from chargehub.stations.schema import StationNote
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

OF_CUSTOMERS = frozenset({"customer_information"})  # people who are not the owner's to know
KEPT = 1_000  # notes of a station; a firmware update makes ten, a bad night of events hundreds


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note: its topic, the message as told, and the number of the command that it answers."""

    id: str
    station_id: str
    topic: str
    request_id: int | None
    is_last: bool
    content: dict[str, Any]
    received_at: datetime


_ALL = select(
    col(StationNote.id),
    col(StationNote.station_id),
    col(StationNote.topic),
    col(StationNote.request_id),
    col(StationNote.is_last),
    col(StationNote.content),
    col(StationNote.received_at),
)
_OF_STATION = col(StationNote.station_id) == bindparam("of_station")
_OLDEST_KEPT = (
    select(col(StationNote.id))
    .where(_OF_STATION)
    .order_by(col(StationNote.id).desc())
    .limit(1)
    .offset(KEPT - 1)
)
_FORGET = delete(StationNote).where(
    _OF_STATION, col(StationNote.id) < _OLDEST_KEPT.scalar_subquery()
)


def keep(work: Work, station_id: str, report: Noted, now: datetime) -> Noted:
    """Keep a note, and of the station's older ones the newest; the note, for the answer."""
    work.add(
        StationNote(
            id=new_id(),
            station_id=station_id,
            topic=report.topic,
            request_id=report.request_id,
            is_last=report.is_last,
            content=dict(report.content),
            received_at=now,
        )
    )
    work.execute(_FORGET, of_station=station_id)
    note_progress(work, station_id, report, now)
    return report


def page_of(
    reads: Reads, station_id: str, topics: Sequence[str], before: str | None, limit: int
) -> tuple[NoteView, ...]:
    """A station's notes on these topics, the newest first, older than the id `before`."""
    wanted = _ALL.where(_OF_STATION, col(StationNote.topic).in_(topics))
    if before is not None:
        wanted = wanted.where(col(StationNote.id) < before)
    wanted = wanted.order_by(col(StationNote.id).desc()).limit(limit)
    rows = reads.all(wanted, of_station=station_id)
    return tuple(NoteView(*row) for row in rows)
