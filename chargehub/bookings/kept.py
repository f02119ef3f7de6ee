"""Times that owners keep for themselves: the blocks, and when they keep an EVSE.

`kept_spans` is what a calendar shows of one EVSE; search and admission ask about many, or now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Index, Row, and_, bindparam, delete, func, or_, select
from sqlmodel import Field, SQLModel

from chargehub.bookings.blocks import Kept, Kind, Times, keeps_out, read_times, spans
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

MOST_BLOCKS = 100  # of a station, that are not over
_INSTANT = timedelta(microseconds=1)


class EvseBlockRow(SQLModel, table=True):
    """A block of one EVSE, or of all of a station. `times` is the JSON of `blocks.write_times`.

    `ends_at` None: it comes every week. `lifted_at`: it counts no more, and goes when those who
    wait for its time were found.
    """

    __tablename__ = "evse_block"
    __table_args__ = (Index("ix_evse_block_station", "station_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    evse_id: str | None = Field(default=None, max_length=36)
    kind: str = Field(max_length=8)
    times: Any = Field(sa_type=Json)
    note: str = Field(max_length=200)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block as its owner stated it. `evse_id` None: all EVSEs of the station."""

    id: str
    station_id: str
    evse_id: str | None
    kind: Kind
    times: Times
    note: str
    created_at: datetime


class Placed(Protocol):
    """What of an EVSE decides when a block keeps it."""

    @property
    def id(self) -> str: ...
    @property
    def station_id(self) -> str: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def power_w(self) -> int: ...


class Asked(NamedTuple):
    """A slot that somebody wants, and the time after it that must be free for the own car."""

    slot: Span
    buffer: timedelta = timedelta()


BLOCK = table_of(EvseBlockRow)
_IS_TO_COME = and_(
    BLOCK.c.lifted_at.is_(None),
    or_(BLOCK.c.ends_at.is_(None), BLOCK.c.ends_at > bindparam("start")),
)
_AT_STATION = Hot(
    select(BLOCK)
    .where(BLOCK.c.station_id == bindparam("station_id"), _IS_TO_COME)
    .order_by(BLOCK.c.id)
)
_AT_STATIONS = Hot(select(BLOCK).where(any_of(BLOCK.c.station_id, "station_ids"), _IS_TO_COME))
_COUNT = select(func.count()).where(BLOCK.c.station_id == bindparam("station_id"), _IS_TO_COME)


def blocks_of(
    reads: Reads, station_id: str, now: datetime, after: str | None, limit: int
) -> tuple[BlockView, ...]:
    """A station's blocks that are not over, the oldest first, those after the id `after`."""
    statement = select(BLOCK).where(
        BLOCK.c.station_id == station_id, BLOCK.c.id > (after or ""), _IS_TO_COME
    )
    rows = reads.all(statement.order_by(BLOCK.c.id).limit(limit), start=now)
    return tuple(_view(row) for row in rows)


def count(reads: Reads, station_id: str, now: datetime) -> int:
    """How many blocks of a station are not over."""
    found: int = reads.value(_COUNT, station_id=station_id, start=now)
    return found


def kept_spans(reads: Reads, evse: Placed, during: Span) -> tuple[Kept, ...]:
    """When its owner keeps an EVSE within that time, in order and cut to it.

    What several blocks keep is there several times.
    """
    rows = reads.all(_AT_STATION, station_id=evse.station_id, start=during.start)
    return kept_by([_view(row) for row in rows], evse, during)


def kept_by(some: Iterable[BlockView], evse: Placed, during: Span) -> tuple[Kept, ...]:
    """When these blocks keep an EVSE within that time; others' blocks are passed over."""
    found = [
        Kept(span, one.kind, one.id)
        for one in some
        if one.station_id == evse.station_id and one.evse_id in (None, evse.id)
        for span in spans(one.times, evse.time_zone, evse.power_w, during)
    ]
    return tuple(sorted(found, key=lambda kept: (kept.span.start, kept.block_id)))


def in_the_way(reads: Reads, evse: Placed, asked: Asked) -> Kept | None:
    """The first time of its owner that a stranger's slot would run into; None: there is none."""
    during = Span(asked.slot.start, asked.slot.end + asked.buffer)
    found = kept_spans(reads, evse, during)
    return next((kept for kept in found if keeps_out(kept, asked.slot, asked.buffer)), None)


def kept_during(reads: Reads, evses: Sequence[Placed], asked: Asked) -> frozenset[str]:
    """Which of these EVSEs cannot be booked for that slot, because their owners keep them."""
    some = blocks_at(reads, sorted({evse.station_id for evse in evses}), asked.slot.start)
    return kept_among(some, evses, asked)


def blocks_at(
    reads: Reads, station_ids: Sequence[str], start: datetime
) -> dict[str, list[BlockView]]:
    """The blocks of some stations that are not over at `start`, by station id."""
    found: dict[str, list[BlockView]] = {}
    if station_ids:
        for row in reads.all(_AT_STATIONS, station_ids=station_ids, start=start):
            found.setdefault(row.station_id, []).append(_view(row))
    return found


def kept_among(
    some: Mapping[str, Sequence[BlockView]], evses: Sequence[Placed], asked: Asked
) -> frozenset[str]:
    """As `kept_during`, by blocks that were read before."""
    if not some:
        return frozenset()
    during = Span(asked.slot.start, asked.slot.end + asked.buffer)
    return frozenset(
        evse.id
        for evse in evses
        if any(
            keeps_out(kept, *asked) for kept in kept_by(some.get(evse.station_id, ()), evse, during)
        )
    )


def is_kept(reads: Reads, evse: Placed, at: datetime) -> bool:
    """Does its owner keep the EVSE at this instant?"""
    return bool(kept_spans(reads, evse, Span(at, at + _INSTANT)))


def take_lifted(work: Work, block_id: str) -> BlockView | None:
    """A block that was lifted, which is then gone; None: it is gone already."""
    is_it = (BLOCK.c.id == block_id) & BLOCK.c.lifted_at.is_not(None)
    row = work.one(select(BLOCK).where(is_it))
    work.execute(delete(BLOCK).where(is_it))
    return None if row is None else _view(row)


def _view(row: Row[Any]) -> BlockView:
    return BlockView(
        row.id,
        row.station_id,
        row.evse_id,
        row.kind,
        read_times(row.times),
        row.note,
        row.created_at,
    )
