"""`chargehub bench ocpp`: a hub of its own under simulated load, beside the bare echo ceiling.

Server, load and flood are processes of their own. Figures of one run come from the same machine
within minutes: compare ratios, not runs.
"""

import asyncio
import os
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from chargehub.commands.bench.echo import echo_rate
from chargehub.commands.bench.floods import ROUNDS, beside_a_flood
from chargehub.commands.bench.frames import READINGS
from chargehub.commands.bench.hub import HubUnderLoad, running_hub
from chargehub.commands.bench.measure import Rate, Station
from chargehub.commands.bench.storm import storm
from chargehub.commands.open_files import allow_many_files

TLS_LINES = 500  # each costs this side several times what it costs the hub
WIDE = {"CHARGEHUB_OCPP_CONNECTIONS_PER_ADDRESS": "100000"}  # all stations come from one


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: stations that talk, for how long, idle lines, lines of the storm,
    and beside which kinds of flood.
    """

    stations: int
    seconds: float
    idle: int
    storm: int
    floods: tuple[str, ...]


def ocpp(size: Size, database: str | None) -> None:
    """Measure and print."""
    allow_many_files()
    asyncio.run(_Bench(size, database).run())


def cell(figure: float | None, digits: int) -> str:
    """A figure of the table; empty where it was not measured."""
    return "" if figure is None else f"{figure:.{digits}f}"


class _Bench:
    """Measures one thing after the other, and prints all of it at the end."""

    def __init__(self, size: Size, database: str | None) -> None:
        self._size = size
        self._database = database
        self._console = Console()
        title = f"{size.stations} stations at once, {size.seconds:g} s each, {os.cpu_count()} cores"
        self._table = Table(title=title)
        for heading in ("measured", "a second", "p50 ms", "p99 ms", "CPU µs", "of echo"):
            self._table.add_column(heading, justify="left" if heading == "measured" else "right")
        self._below: list[str] = []

    async def run(self) -> None:
        self._console.print("measuring the echo of the bare socket library …")
        echo = await echo_rate(self._size.stations, self._size.seconds)
        self._row("echo, bare websockets", echo)
        async with running_hub(self._database, WIDE) as hub:
            await self._load(hub, echo)
        # A hub that had no line before: what closed lines leave behind would be taken again.
        async with running_hub(self._database) as hub:
            await self._disturb(hub)
        self._console.print(self._table)
        for line in self._below:
            self._console.print(line)

    def _row(self, name: str, rate: Rate, ceiling: Rate | None = None) -> None:
        share = f"{rate.per_second / ceiling.per_second:.0%}" if ceiling else ""
        figures = rate.per_second, rate.p50_ms, rate.p99_ms, rate.cpu_us
        cells = (cell(figure, digits) for figure, digits in zip(figures, (0, 1, 1, 0), strict=True))
        self._table.add_row(name, *cells, share)

    async def _load(self, hub: HubUnderLoad, echo: Rate) -> None:
        size = self._size
        registered = await self._register(hub, max(size.stations, size.idle, size.storm))
        stations = registered[: size.stations]
        memory = await hub.idle_memory(registered[: size.idle])
        self._below.append(f"memory of an idle line: {memory:.1f} KiB ({size.idle} lines)")
        self._console.print("measuring MeterValues, committed before each answer …")
        self._row("MeterValues, durable", await hub.readings(stations, size.seconds), echo)
        self._console.print("measuring whole sessions, until they are settled …")
        sessions, settled = await hub.sessions(stations, size.seconds)
        self._row(f"sessions ({READINGS} readings), answered", sessions)
        self._row("sessions, priced and posted", settled)
        if size.storm:
            self._console.print(f"letting {size.storm} stations knock at once …")
            returned = await storm(hub, registered[: size.storm])
            self._row(f"storm of {size.storm}, booted", returned)

    async def _disturb(self, hub: HubUnderLoad) -> None:
        size = self._size
        secure = min(size.idle, TLS_LINES)
        count = max(size.stations, secure) + ROUNDS * len(size.floods)
        has_driver = self._database is not None  # it is the database of the first hub
        registered = await self._register(hub, count, has_driver=has_driver)
        memory = await hub.idle_memory(registered[:secure], is_tls=True)
        self._below.append(f"memory of an idle line with TLS: {memory:.1f} KiB ({secure} lines)")
        for number, kind in enumerate(size.floods):
            self._console.print(f"measuring others beside a flood '{kind}' …")
            bad = registered[count - ROUNDS * (number + 1) : count - ROUNDS * number]
            good = registered[: size.stations]
            quiet, flooded = await beside_a_flood(hub, kind, good, bad, size.seconds)
            self._row(f"now and then, before '{kind}'", quiet)
            self._row(f"now and then, beside '{kind}'", flooded)
            if quiet.p99_ms and flooded.p99_ms:
                times = flooded.p99_ms / quiet.p99_ms
                self._below.append(f"p99 beside a flood '{kind}': {times:.2f} times that without")

    async def _register(
        self, hub: HubUnderLoad, count: int, *, has_driver: bool = False
    ) -> list[Station]:
        self._console.print(f"registering {count} stations …")
        return await hub.register(count, has_driver=has_driver)
