"""Searches that found nothing, counted by H3 cell and day; of who searched nothing is kept.

A search adds to a counter in memory and no more; a job writes what was counted, all at once. What
was not written when a process dies is lost, which nobody misses.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import h3
from sqlalchemy import Index, bindparam, delete, select, text
from sqlmodel import Field, SQLModel

from chargehub.stations.cells import Cell
from chargehub.stations.views import LocationView
from chargehub.store.chunk import Chunk
from chargehub.store.work import Reads, Work, table_of

RESOLUTION = 7  # some 5 km²: a part of a town
LEAST_SHOWN = 5  # searches of a cell and day; fewer could tell of one person
RINGS = 2  # cells around an owner's own: about 5 km
SHOWN, KEPT = timedelta(days=28), timedelta(days=92)
MOST_REMEMBERED = 50_000  # addresses of a day and cells; with more of them nobody is counted
_DEGREE = 1_000_000


class UnmetDemandRow(SQLModel, table=True):
    """So many searches around this cell found nothing on this day (UTC, as 2026-03-02)."""

    __tablename__ = "unmet_demand"
    __table_args__ = (Index("ix_unmet_demand_day", "day"),)

    cell: str = Field(primary_key=True, max_length=15)
    day: str = Field(primary_key=True, max_length=10)
    searches: int


@dataclass(frozen=True, slots=True)
class Unmet:
    """A day on which at least `LEAST_SHOWN` searches around a cell found nothing."""

    cell: Cell
    day: str
    searches: int


UNMET = table_of(UnmetDemandRow)
# The same words on both databases.
_ADD = text("""
INSERT INTO unmet_demand (cell, day, searches) VALUES (:cell, :day, :searches)
ON CONFLICT (cell, day) DO UPDATE SET searches = unmet_demand.searches + excluded.searches
""")
_AROUND = (
    select(UNMET)
    .where(
        UNMET.c.cell.in_(bindparam("cells", expanding=True)),
        UNMET.c.day >= bindparam("since"),
        UNMET.c.searches >= LEAST_SHOWN,
    )
    .order_by(UNMET.c.day.desc(), UNMET.c.searches.desc(), UNMET.c.cell)
    .limit(1_000)  # 19 cells in 28 days are 551
)


class Counted:
    """What was counted since it was written last. An address counts once a day and cell."""

    def __init__(self) -> None:
        self._lock = Lock()  # searches count in one thread, the job takes in another
        self._searches: Counter[tuple[str, str]] = Counter()
        self._asked: set[tuple[str, str]] = set()
        self._day = ""

    def note(self, latitude_e6: int, longitude_e6: int, address: str, now: datetime) -> None:
        """Somebody at this address found nothing around there."""
        cell, day = cell_of(latitude_e6, longitude_e6), f"{now:%Y-%m-%d}"
        with self._lock:
            if day != self._day:
                self._asked, self._day = set(), day
            if (address, cell) in self._asked or len(self._asked) >= MOST_REMEMBERED:
                return
            self._asked.add((address, cell))
            self._searches[cell, day] += 1

    def write_demand(self, work: Work, now: datetime, _chunk: Chunk) -> int:
        """Write what was counted, and forget what is old; how many cells and days it was."""
        if not self._searches:
            return 0
        work.execute(delete(UNMET).where(UNMET.c.day < f"{now - KEPT:%Y-%m-%d}"))
        with self._lock:  # after the first change: who only looks whether there is one takes none
            found, self._searches = self._searches, Counter()
        for (cell, day), searches in sorted(found.items()):
            work.execute(_ADD, cell=cell, day=day, searches=searches)
        return len(found)


def around(reads: Reads, location: LocationView, now: datetime) -> Sequence[Unmet]:
    """What was looked for in vain around a location in the last 28 days, the latest first."""
    rows = reads.all(_AROUND, cells=cells_near(location), since=f"{now - SHOWN:%Y-%m-%d}")
    return [Unmet(middle_of(row.cell), row.day, row.searches) for row in rows]


def cells_near(location: LocationView) -> list[str]:
    """The cells of which an owner of a location is told: its own and two rings around it."""
    return sorted(h3.grid_disk(cell_of(location.latitude_e6, location.longitude_e6), RINGS))


def cell_of(latitude_e6: int, longitude_e6: int) -> str:
    """The cell in which a place is counted."""
    index: str = h3.latlng_to_cell(latitude_e6 / _DEGREE, longitude_e6 / _DEGREE, RESOLUTION)
    return index


def middle_of(index: str) -> Cell:
    """The cell with where its middle is."""
    latitude, longitude = h3.cell_to_latlng(index)
    return Cell(index, round(latitude * _DEGREE), round(longitude * _DEGREE))
