"""The timeline of EVSEs: what each was, and when its station had a line. Rows are only added.

It is what uptime is reckoned from, so its instants are the hub's own: a device's clock is its
owner's. While the hub does not run nothing is noted, and what was last known holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Index, bindparam, delete, func, insert, literal, select
from sqlmodel import Field, SQLModel, col

from chargehub import events
from chargehub.stations.reports import ConnectorStatus
from chargehub.stations.schema import Evse, Station
from chargehub.store.columns import Instant, Serial
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

Word = ConnectorStatus | Literal["connected", "disconnected"]

LINE = 0  # the number under which a station's line stands
MOST_AN_HOUR = 120  # changes of one EVSE or line; a loose plug makes dozens, more tell nothing new
READ_AT_ONCE = 24 * MOST_AN_HOUR  # what one day can hold


class TimelineRow(SQLModel, table=True):
    """From `at` on an EVSE had this status; with the number 0: its station's line was this."""

    __tablename__ = "station_timeline"
    __table_args__ = (Index("ix_station_timeline", "station_id", "evse_number", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    station_id: str = Field(max_length=36)
    evse_number: int
    at: datetime = Field(sa_type=Instant)
    word: str = Field(max_length=12)


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on it was this, until the next change."""

    at: datetime
    word: str


TIMELINE = table_of(TimelineRow)
_OF = (
    TIMELINE.c.station_id == bindparam("station_id"),
    TIMELINE.c.evse_number == bindparam("evse_number"),
)
_BACKWARDS = (TIMELINE.c.at.desc(), TIMELINE.c.id.desc())
_CHANGE = select(TIMELINE.c.at, TIMELINE.c.word)
_LAST = Hot(_CHANGE.where(*_OF).order_by(*_BACKWARDS).limit(1))
_BEFORE = Hot(
    _CHANGE.where(*_OF, TIMELINE.c.at <= bindparam("start", type_=Instant()))
    .order_by(*_BACKWARDS)
    .limit(1)
)
_DURING = Hot(
    _CHANGE.where(
        *_OF,
        TIMELINE.c.at > bindparam("start", type_=Instant()),
        TIMELINE.c.at < bindparam("end", type_=Instant()),
    )
    .order_by(TIMELINE.c.at, TIMELINE.c.id)
    .limit(READ_AT_ONCE)
)
_COUNT = Hot(
    select(func.count())
    .select_from(TIMELINE)
    .where(*_OF, TIMELINE.c.at > bindparam("since", type_=Instant()))
)
_NUMBERS = select(col(Evse.number), col(Evse.status), col(Evse.status_at)).where(
    col(Evse.station_id) == bindparam("station_id")
)


def note(work: Work, station_id: str, evse_number: int, word: Word, now: datetime) -> None:
    """Add what became of an EVSE or of the line, if it is not what was noted last."""
    work.notify(f"station:{station_id}")
    of = {"station_id": station_id, "evse_number": evse_number}
    last = work.one(_LAST, **of)
    if last is not None and last.word == word:
        return
    if work.value(_COUNT, **of, since=now - timedelta(hours=1)) < MOST_AN_HOUR:
        work.insert(TimelineRow, **of, at=now, word=word)
        if word == "available":
            work.record(events.EvseFreed(station_id, evse_number))


def note_all_disconnected(work: Work, now: datetime) -> None:
    """Add the end of every line that is believed to be there."""
    lines = select(
        col(Station.id), literal(LINE), literal(now, Instant()), literal("disconnected")
    ).where(col(Station.connection) != 0)
    work.execute(insert(TIMELINE).from_select(["station_id", "evse_number", "at", "word"], lines))


def catch_up(work: Work, station_id: str, is_connected: bool, now: datetime) -> None:
    """Add what is true now where that was never noted: for it had changed too often by then."""
    note_statuses(work, station_id, now)
    if is_connected or work.one(_LAST, station_id=station_id, evse_number=LINE) is not None:
        note(work, station_id, LINE, "connected" if is_connected else "disconnected", now)


def note_statuses(work: Work, station_id: str, now: datetime) -> None:
    """Add what the EVSEs of a station are by now; not those that never told."""
    for number, status, status_at in work.all(_NUMBERS, station_id=station_id):
        if status_at is not None:
            note(work, station_id, number, status, now)


def during(reads: Reads, station_id: str, evse_number: int, span: Span) -> Sequence[Change]:
    """What was noted in that time, in order, and before all what was true when it began.

    At the start nothing may be known; then the first change is later than `span.start`.
    """
    of = {"station_id": station_id, "evse_number": evse_number}
    before = reads.one(_BEFORE, **of, start=span.start)
    changes = reads.all(_DURING, **of, start=span.start, end=span.end)
    return [Change(*row) for row in ([before] if before is not None else []) + list(changes)]


def forget(work: Work, station_id: str, evse_numbers: Sequence[int], before: datetime) -> None:
    """Forget what ended before this moment; what was true at it is kept."""
    for number in (LINE, *evse_numbers):
        kept = work.one(_BEFORE, station_id=station_id, evse_number=number, start=before)
        if kept is not None:
            work.execute(
                delete(TIMELINE).where(
                    TIMELINE.c.station_id == station_id,
                    TIMELINE.c.evse_number == number,
                    TIMELINE.c.at < kept.at,
                )
            )
