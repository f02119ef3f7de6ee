"""`chargehub bench search`: how long searches take in a market of some size.

Searches are asked of the store, one after the other, as REST asks them; the time is until the
values of a page are there.
"""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, Self

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, func, select, text
from sqlmodel import col

from chargehub.commands.bench.market import Market, Size
from chargehub.listings.schema import OfferRow
from chargehub.search import journeys, maps, rules, tables
from chargehub.search.corridor import Corridor
from chargehub.search.ranking import Weights
from chargehub.search.rules import Box, Filters, NeedAsked, Place, Wanted
from chargehub.stations.schema import Location
from chargehub.store.engines import write_engine
from chargehub.store.migrate import migrate
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from chargehub.units import Span

PAGE: Final = 51  # the usual page, and one more that tells whether any follows
_HOUR: Final = timedelta(hours=1)
_ANY: Final = Filters()
_FAST: Final = Filters(connector_types=("IEC_62196_T2_COMBO",), min_power_w=50_000)
_T2: Final = ("IEC_62196_T2",)

_HEADINGS: Final = ("search", "p50", "p99", "max", "CPU p50", "CPU p99", "CPU max", "found")
AIM_MS: Final = 50

Query = Callable[[Reads], Any]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of many times in ms, those that half of them and 99 in 100 do not pass, and the longest."""

    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, times: Sequence[float]) -> Self:
        ordered = sorted(times)
        p50, p99 = (ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 99))
        return cls(p50, p99, ordered[-1])


@dataclass(frozen=True, slots=True)
class Figures:
    """One kind of search: what passed, what this process worked, and how many a search found."""

    elapsed: Spread
    worked: Spread
    found: float

    def told(self) -> Iterator[float]:
        """In the order of the headings."""
        for spread in (self.elapsed, self.worked):
            yield from (spread.p50, spread.p99, spread.longest)
        yield self.found


def run(size: Size, queries: int, database: str | None) -> None:
    """Fill the database, unless it is filled already; measure and print."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chargehub-bench-") as folder:
        url = database or f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        now = prepare(url, size, console.print)
        found = asyncio.run(_measured(url, Market(size, now), now, queries))
    load = "/".join(f"{part:.1f}" for part in os.getloadavg())
    title = f"{queries} searches each, ms; {os.cpu_count()} cores, load {load}"
    table = Table(title=title)
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "search" else "right")
    for name, figures in found.items():
        table.add_row(name, *(f"{figure:.1f}" for figure in figures.told()))
    console.print(table)
    console.print(verdict(found))


def verdict(found: Mapping[str, Figures]) -> str:
    """A sentence: does every kind of search keep to the aim?"""
    slow = [name for name, figures in found.items() if figures.elapsed.p99 >= AIM_MS]
    if not slow:
        return f"Of each kind, 99 of 100 searches took less than {AIM_MS} ms."
    return f"99 of 100 searches took less than {AIM_MS} ms, but not these: {'; '.join(slow)}."


def prepare(url: str, size: Size, tell: Callable[[str], None]) -> datetime:
    """A database with the market in it; when it was made."""
    migrate(url)
    engine = write_engine(url)
    made_at = _made_at(engine)
    if made_at is not None:
        tell(f"the database is filled already, with {_count(engine):,} EVSEs")
        engine.dispose()
        return made_at
    tell(f"writing {size.evses:,} EVSEs …")
    now, begun = datetime.now(UTC).replace(microsecond=0), time.perf_counter()
    Market(size, now).fill(engine)
    if engine.dialect.name == "postgresql":  # its server does so by itself, some minutes later
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    tell(f"written in {time.perf_counter() - begun:.0f} s")
    return now


def _made_at(engine: Engine) -> datetime | None:
    with engine.connect() as connection:
        made_at: datetime | None = connection.scalar(select(col(Location.created_at)).limit(1))
        return made_at


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(OfferRow)) or 0


def kinds(market: Market, now: datetime, seed: int = 1) -> dict[str, Iterator[Query]]:
    """Every kind of search, each with places and times of its own without end."""
    asked = _Asked(market, now, Random(seed))
    return {
        "around a place, 5 km": asked.near(5_000),
        "around a place, 5 km, in a window": asked.near(5_000, is_later=True),
        "around a place, 5 km, free now": asked.near(5_000, is_now=True),
        "around a place, 25 km, in a window": asked.near(25_000, is_later=True),
        "… 50 kW with CCS, 25 km, in a window": asked.fast(25_000),
        "the cheapest, 5 km, in a window": asked.cheapest(5_000),
        "the cheapest, 25 km, in a window": asked.cheapest(25_000),
        "the best, 5 km, in a window": asked.best(5_000),
        "the best, 25 km, in a window": asked.best(25_000),
        "a map of 4 km": asked.map(2_000),
        "a map of 40 km": asked.map(20_000),
        "a map of 40 km, 50 kW with CCS": asked.map(20_000, _FAST),
        "a map of 1,000 km": asked.map(500_000),
        "along a way of 100 km, in a window": asked.journey(),
        "one EVSE": asked.one(),
    }


class _Asked:
    def __init__(self, market: Market, now: datetime, random: Random) -> None:
        self._market, self._now, self._random = market, now, random

    def near(
        self, radius_m: int, *, is_later: bool = False, is_now: bool = False
    ) -> Iterator[Query]:
        while True:
            during = self._later() if is_later else self._soon() if is_now else None
            plugs = _T2 if during else ()
            wanted = Wanted(self._market.place(), radius_m, Filters(during, plugs, 7_000))
            yield self._nearest(wanted)

    def fast(self, radius_m: int) -> Iterator[Query]:
        while True:
            fast = replace(_FAST, during=self._later())
            yield self._nearest(Wanted(self._market.place(), radius_m, fast))

    def cheapest(self, radius_m: int) -> Iterator[Query]:
        while True:
            need = NeedAsked(20_000, "EUR", None)
            place, during = self._market.place(), self._later()
            wanted = Wanted(place, radius_m, Filters(during, _T2, 7_000, need))
            yield self._ranked(wanted)

    def best(self, radius_m: int) -> Iterator[Query]:
        while True:
            need = NeedAsked(20_000, "EUR", None)
            filters = Filters(self._later(), _T2, 7_000, need)
            yield self._weighed(Wanted(self._market.place(), radius_m, filters))

    def map(self, reach_m: int, filters: Filters = _ANY) -> Iterator[Query]:
        while True:
            yield self._mapped(rules.boxes(self._market.place(), reach_m), filters)

    def journey(self) -> Iterator[Query]:
        while True:
            start = self._market.place()
            end = Place(start.latitude_e6 + 600_000, start.longitude_e6 + 1_000_000)
            filters = Filters(self._later(), _T2, 7_000)
            yield self._passed(Corridor((start, end), 2_000), filters)

    def one(self) -> Iterator[Query]:
        somewhere = self._nearest(Wanted(self._market.place(), 100_000))
        while True:
            yield lambda reads: [
                tables.one(reads, found.evse.id, self._now) for found in somewhere(reads)[:1]
            ]

    def _mapped(self, boxes: Sequence[Box], filters: Filters) -> Query:
        def search(reads: Reads) -> Sequence[Any]:
            found = maps.map_of(reads, boxes, filters, self._now)
            return found.evses or found.clusters

        return search

    def _passed(self, corridor: Corridor, filters: Filters) -> Query:
        return lambda reads: journeys.along(reads, corridor, filters, self._now, (None, PAGE))

    def _ranked(self, wanted: Wanted) -> Query:
        return lambda reads: tables.cheapest(reads, wanted, self._now, None, PAGE)

    def _weighed(self, wanted: Wanted) -> Query:
        return lambda reads: tables.best(reads, wanted, self._now, Weights(), (None, PAGE))

    def _nearest(self, wanted: Wanted) -> Query:
        return lambda reads: tables.near(reads, wanted, self._now, None, PAGE)

    def _soon(self) -> Span:
        return Span(self._now, self._now + self._random.randint(1, 4) * _HOUR)

    def _later(self) -> Span:
        start = self._now + self._random.randint(4, 100) * _HOUR
        return Span(start, start + self._random.randint(1, 5) * _HOUR)


async def _measured(url: str, market: Market, now: datetime, queries: int) -> dict[str, Figures]:
    """Kind by kind."""
    store = Store(url)
    try:
        return {
            name: await _one_kind(store, asked, queries)
            for name, asked in kinds(market, now).items()
        }
    finally:
        await store.close()


async def _one_kind(store: Store, asked: Iterator[Query], queries: int) -> Figures:
    for _ in range(max(3, queries // 20)):  # so that statements are compiled and pages in memory
        await _timed(store.read(next(asked)))
    gc.collect()
    gc.freeze()  # as `serve` does, or else looking through what was imported is measured too
    each = [await _timed(store.read(next(asked))) for _ in range(queries)]
    elapsed, worked = (Spread.of([one[at] * 1000 for one in each]) for at in (0, 1))
    return Figures(elapsed, worked, sum(count for *_, count in each) / queries)


async def _timed(search: Awaitable[Any]) -> tuple[float, float, int]:
    begun, cpu = time.perf_counter(), time.process_time()
    found = await search
    return time.perf_counter() - begun, time.process_time() - cpu, len(found)
