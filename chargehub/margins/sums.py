"""What stations had of months that are over, summed once for each cell and kept as it was then.

So an answer about a neighbourhood is the same for ever, and sessions are read once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Index, bindparam, func, select, text
from sqlmodel import Field, SQLModel, col

from chargehub.margins.nearby import StationMonth, fine_range, month_span
from chargehub.sessions.schema import CDR, SESSION
from chargehub.settlement.tables import SETTLEMENT
from chargehub.stations.schema import Location, Station
from chargehub.store.columns import Instant
from chargehub.store.many import any_of
from chargehub.store.work import Reads, Work, table_of

MOST_STATIONS = 1_000  # of one cell; nobody's part of a town has more


class CellMonth(SQLModel, table=True):
    """A cell of which the stations' sums of a month (as 2026-03, UTC) are kept."""

    __tablename__ = "cell_month"

    month: str = Field(primary_key=True, max_length=7)
    cell: str = Field(primary_key=True, max_length=15)
    summed_at: datetime = Field(sa_type=Instant)


class StationMonthRow(SQLModel, table=True):
    """What a station had of a month in a currency: paid sessions, Wh, minor units."""

    __tablename__ = "station_month"
    __table_args__ = (Index("ix_station_month_cell", "month", "cell"),)

    month: str = Field(primary_key=True, max_length=7)
    station_id: str = Field(primary_key=True, max_length=36)
    currency: str = Field(primary_key=True, max_length=3)
    cell: str = Field(max_length=15)
    owner_id: str = Field(max_length=36, index=True)
    sessions: int
    energy_wh: int = Field(sa_type=BigInteger)
    gross_minor: int = Field(sa_type=BigInteger)
    earned_minor: int = Field(sa_type=BigInteger)


@dataclass(frozen=True, slots=True)
class Summed:
    """A cell's month, ready to be kept: by currency, its stations."""

    month: str
    cell: str
    stations: tuple[tuple[str, StationMonth], ...]


_CELL, _SUMS = table_of(CellMonth), table_of(StationMonthRow)
_KEEP = text(
    "INSERT INTO cell_month (month, cell, summed_at) VALUES (:month, :cell, :at)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=Instant()))
_KNOWN = select(_CELL.c.cell).where(
    _CELL.c.month == bindparam("month"), any_of(_CELL.c.cell, "cells")
)
_KEPT = select(_SUMS).where(
    _SUMS.c.month == bindparam("month"),
    any_of(_SUMS.c.cell, "cells"),
    _SUMS.c.currency == bindparam("currency"),
    _SUMS.c.owner_id != bindparam("asker"),
)
_STATIONS = (
    select(col(Station.id), col(Station.owner_id))
    .join(Location, col(Location.id) == col(Station.location_id))
    .where(col(Location.cell).between(bindparam("first"), bindparam("last")))
    .order_by(col(Station.id))
    .limit(MOST_STATIONS)
)
_SESSIONS = (
    select(
        CDR.c.station_id,
        CDR.c.currency,
        func.count(),
        func.sum(CDR.c.energy_wh),
        func.sum(SETTLEMENT.c.gross_minor),
        func.sum(SETTLEMENT.c.owner_minor),
    )
    .select_from(CDR)
    .join(SESSION, (SESSION.c.id == CDR.c.session_id) & (SESSION.c.cdr_id == CDR.c.id))
    .join(SETTLEMENT, SETTLEMENT.c.cdr_id == CDR.c.id)
    .where(
        any_of(CDR.c.station_id, "station_ids"),
        CDR.c.started_at >= bindparam("start", type_=Instant()),
        CDR.c.started_at < bindparam("end", type_=Instant()),
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.gross_minor > 0,
        # Sessions that nobody paid for cost nothing to make up.
        SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor >= SETTLEMENT.c.gross_minor,
    )
    .group_by(CDR.c.station_id, CDR.c.currency)
)


def missing(reads: Reads, month: str, cells: Sequence[str]) -> tuple[Summed, ...]:
    """The sums of those cells that are not kept yet."""
    known = {row[0] for row in reads.all(_KNOWN, month=month, cells=list(cells))}
    return tuple(_summed(reads, month, cell) for cell in cells if cell not in known)


def keep(work: Work, found: Sequence[Summed], now: datetime) -> None:
    """Keep them as they are. Whoever was first stands."""
    for one in found:
        if not work.execute(_KEEP, month=one.month, cell=one.cell, at=now):
            continue
        for currency, station in one.stations:
            work.add(
                StationMonthRow(
                    month=one.month,
                    station_id=station.station_id,
                    currency=currency,
                    cell=one.cell,
                    owner_id=station.owner_id,
                    sessions=station.sessions,
                    energy_wh=station.energy_wh,
                    gross_minor=station.gross_minor,
                    earned_minor=station.earned_minor,
                )
            )


def kept(
    reads: Reads, month: str, cells: Sequence[str], currency: str, asker: str
) -> list[StationMonth]:
    """What is kept of the stations of these cells that are not the asker's own."""
    rows = reads.all(_KEPT, month=month, cells=list(cells), currency=currency, asker=asker)
    names = ("station_id", "owner_id", "sessions", "energy_wh", "gross_minor", "earned_minor")
    return [StationMonth(**{name: getattr(row, name) for name in names}) for row in rows]


def _summed(reads: Reads, month: str, cell: str) -> Summed:
    first, last = fine_range(cell)
    owners = {row[0]: row[1] for row in reads.all(_STATIONS, first=first, last=last)}
    during = month_span(int(month[:4]), int(month[5:]))
    rows = reads.all(_SESSIONS, station_ids=list(owners), start=during.start, end=during.end)
    stations = tuple(
        (row[1], StationMonth(row[0], owners[row[0]], *(int(value) for value in row[2:])))
        for row in rows
    )
    return Summed(month, cell, stations)
