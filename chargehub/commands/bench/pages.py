"""`chargehub bench pages`: what the map page weighs and takes, and the memory of live streams.

Browsers are played over HTTP on loopback, each with an address of its own as behind a proxy. The
time is until the whole page is here, one page after the other.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import httpx2
from rich.console import Console
from rich.table import Table

from chargehub.commands.bench.hub import HubUnderLoad, running_hub
from chargehub.commands.bench.market import Market, Size
from chargehub.commands.bench.measure import cpu_seconds, memory_kib
from chargehub.commands.bench.search import Spread, prepare
from chargehub.commands.open_files import allow_many_files
from chargehub.search.rules import Place

AIM_KB, AIM_MS, AIM_MIB = 100, 50, 100
WARM: Final = 5  # pages before what is measured: templates are read, routes are built
AT_ONCE: Final = 50  # streams that are opened at a time
SETTLES_S: Final = 2.0
FULL: Final = range(150, 201)  # cards of the longest page; where more lie they are counted
LOOKS: Final = 60  # for an area with so many
_FULL = "one town, 150 to 200 cards"
_EUROPE = {"south": 36, "west": -10, "north": 65, "east": 30}


@dataclass(frozen=True, slots=True)
class Pages:
    """One kind of page: its size over the wire, and how long it took."""

    name: str
    sizes: Sequence[int]
    elapsed: Spread
    worked_ms: float


def run(stations: int, pages: int, browsers: int, seed: int) -> None:
    """Measure and print."""
    allow_many_files()
    asyncio.run(_run(Size(2 * stations, seed), pages, browsers))


async def _run(size: Size, pages: int, browsers: int) -> None:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chargehub-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        now = await asyncio.to_thread(prepare, url, size, console.print)
        async with running_hub(url) as hub:
            bench = _Bench(hub, Market(size, now))
            await bench.find_full()
            found = [await bench.measure(name, pages) for name in bench.kinds]
            grown_mib = await bench.streams(browsers)
    console.print(_table(found, pages))
    console.print(
        f"{browsers} browsers on live streams: {grown_mib:.0f} MiB more ({AIM_MIB} aimed)"
    )


def _table(found: Sequence[Pages], pages: int) -> Table:
    load = "/".join(f"{part:.1f}" for part in os.getloadavg())
    title = f"{pages} pages each; aims {AIM_KB} kB, {AIM_MS} ms; load {load}"
    table = Table(title=title)
    for heading in ("map page", "kB at most", "p50 ms", "p99 ms", "CPU ms"):
        table.add_column(heading, justify="left" if heading == "map page" else "right")
    for each in found:
        figures = max(each.sizes) / 1000, each.elapsed.p50, each.elapsed.p99, each.worked_ms
        table.add_row(each.name, *(f"{figure:.1f}" for figure in figures))
    return table


def _around(place: Place, reach_e6: int) -> dict[str, float]:
    south, west = place.latitude_e6 - reach_e6, place.longitude_e6 - reach_e6
    sides = south, west, south + 2 * reach_e6, west + 2 * reach_e6
    return dict(zip(_EUROPE, (side / 1_000_000 for side in sides), strict=True))


class _Bench:
    """Browsers of many people, at one hub."""

    def __init__(self, hub: HubUnderLoad, market: Market) -> None:
        self._hub = hub
        self._market = market
        self._people = count()
        self._held: list[AsyncIterator[bytes]] = []
        self.kinds: dict[str, Mapping[str, float]] = {"all stations, in clusters": _EUROPE}

    async def find_full(self) -> None:
        """An area with as many EVSEs as are shown one by one."""
        reach_e6, place = 200_000, self._market.place()
        for _ in range(LOOKS):
            sides = _around(place, reach_e6)
            answer = await self._hub.api.get(
                "/api/v1/maps/evses", params=sides, headers=self._somebody()
            )
            found = answer.raise_for_status().json()
            if len(found["evses"]) in FULL:
                self.kinds[_FULL] = sides
                return
            is_many = bool(found["clusters"])
            reach_e6 = reach_e6 * 4 // 5 if is_many else reach_e6 * 9 // 8
        raise RuntimeError("no area with that many stations was found; try another seed")

    async def measure(self, name: str, pages: int) -> Pages:
        """Load the page of other places, again and again."""
        for _ in range(WARM):
            await self._load(name)
        sizes, times = [], []
        worked = cpu_seconds(self._hub.pid)
        for _ in range(pages):
            begun = time.perf_counter()
            sizes.append(await self._load(name))
            times.append((time.perf_counter() - begun) * 1000)
        worked = cpu_seconds(self._hub.pid) - worked
        return Pages(name, sizes, Spread.of(times), worked / pages * 1000)

    async def _load(self, name: str) -> int:
        """How many bytes the page had over the wire."""
        headers = {**self._somebody(), "Accept-Encoding": "gzip"}
        api = self._hub.api
        async with api.stream("GET", "/", params=dict(self.kinds[name]), headers=headers) as answer:
            answer.raise_for_status()
            return len(b"".join([piece async for piece in answer.aiter_raw()]))

    def _somebody(self) -> dict[str, str]:
        number = next(self._people)
        return {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}

    async def streams(self, browsers: int) -> float:
        """MiB that so many browsers, each on a live stream of one EVSE, cost the hub's process."""
        found = await self._hub.api.get("/api/v1/maps/evses", params=dict(self.kinds[_FULL]))
        evse_id = found.raise_for_status().json()["evses"][0]["id"]
        before = memory_kib(self._hub.pid)
        limits = httpx2.Limits(max_connections=None)
        async with (
            httpx2.AsyncClient(
                base_url=self._hub.api.base_url, limits=limits, timeout=120
            ) as client,
            AsyncExitStack() as stack,
        ):
            for start in range(0, browsers, AT_ONCE):
                many = min(AT_ONCE, browsers - start)
                await asyncio.gather(*(self._watch(client, stack, evse_id) for _ in range(many)))
            await asyncio.sleep(SETTLES_S)
            return (memory_kib(self._hub.pid) - before) / 1024

    async def _watch(self, client: httpx2.AsyncClient, stack: AsyncExitStack, evse_id: str) -> None:
        """A page's stream, read up to its first event, and left open."""
        stream = client.stream(
            "GET", "/data/evses/stream", params={"evse_id": evse_id}, headers=self._somebody()
        )
        answer = await stack.enter_async_context(stream)
        answer.raise_for_status()
        pieces = answer.aiter_raw()
        await anext(pieces)
        self._held.append(pieces)  # forgotten, it would close its line
