"""The frame log: what passed over a station's line, for its owner and operators to read.

It is for finding faults and may have holes: a crash loses the last second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import Integer, bindparam, delete, select
from sqlmodel import col

from chargehub.stations.schema import StationFrame
from chargehub.store.columns import values_of
from chargehub.store.work import Reads, Work

OF_CUSTOMERS = ("CustomerInformation", "NotifyCustomerInformation")  # not the owner's to know
FORGET_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewFrame:
    """A frame as it is kept: without secrets, and cut.

    `direction`: received or sent, as the hub sees it. `kind`: call, result, error, result_error,
    send, or unreadable.
    """

    station_id: str
    at: datetime
    direction: str
    kind: str
    message_id: str | None
    action: str | None
    error_code: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FrameView(NewFrame):
    """A frame in the log; the newer, the greater its id."""

    id: int


_OF_STATION = col(StationFrame.station_id) == bindparam("of_station")
_OLDEST_KEPT = (
    select(col(StationFrame.id))
    .where(_OF_STATION)
    .order_by(col(StationFrame.id).desc())
    .limit(1)
    .offset(bindparam("kept", type_=Integer()))
)
_TRIM = delete(StationFrame).where(
    _OF_STATION, col(StationFrame.id) <= _OLDEST_KEPT.scalar_subquery()
)
_OLDEST = select(col(StationFrame.id), col(StationFrame.at)).order_by(col(StationFrame.id))


def keep(work: Work, frames: Sequence[NewFrame], full: Sequence[str], kept: int) -> None:
    """Keep frames, in order. Of the stations in `full` the newest `kept` alone remain."""
    for frame in frames:
        work.append(StationFrame, values_of(frame))
    if full:
        work.flush()
    for station_id in full:
        work.execute(_TRIM, of_station=station_id, kept=kept)


def forget(work: Work, before: datetime) -> int:
    """Forget the oldest frames, from before this moment; how many, a bounded number at once."""
    oldest = work.all(_OLDEST.limit(FORGET_AT_ONCE))
    old = [row.id for row in takewhile(lambda row: row.at < before, oldest)]
    if old:
        work.execute(delete(StationFrame).where(col(StationFrame.id) <= max(old)))
    return len(old)


def page_of(
    reads: Reads, station_id: str, is_whole: bool, before: int | None, limit: int
) -> tuple[FrameView, ...]:
    """A station's frames, the newest first, older than `before`; unless whole, not of customers."""
    wanted = select(*(col(getattr(StationFrame, name)) for name in _COLUMNS)).where(_OF_STATION)
    if not is_whole:
        action = col(StationFrame.action)
        wanted = wanted.where(action.is_(None) | action.not_in(OF_CUSTOMERS))
    if before is not None:
        wanted = wanted.where(col(StationFrame.id) < before)
    rows = reads.all(
        wanted.order_by(col(StationFrame.id).desc()).limit(limit), of_station=station_id
    )
    return tuple(FrameView(**row._mapping) for row in rows)


_COLUMNS = tuple(FrameView.__dataclass_fields__)
