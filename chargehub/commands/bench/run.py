"""`chargehub bench ocpp`: a hub of its own under simulated load, beside the bare echo ceiling.

Server and load are two processes. Every figure of one run comes from the same machine within a
minute: compare ratios, not runs.
"""

import asyncio
import os
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from chargehub.commands.bench.echo import echo_rate
from chargehub.commands.bench.frames import READINGS
from chargehub.commands.bench.hub import running_hub
from chargehub.commands.bench.measure import Rate
from chargehub.commands.bench.storm import beside_a_flood, storm
from chargehub.commands.open_files import allow_many_files


def ocpp(stations: int, seconds: float, idle: int, storm: int, database: str | None) -> None:
    """Measure and print."""
    allow_many_files()
    asyncio.run(_bench(Size(stations, seconds, idle, storm), database, Console()))


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: stations that talk, for how long, idle lines, lines of the storm."""

    stations: int
    seconds: float
    idle: int
    storm: int


def cell(figure: float | None, digits: int) -> str:
    """A figure of the table; empty where it was not measured."""
    return "" if figure is None else f"{figure:.{digits}f}"


async def _bench(size: Size, database: str | None, console: Console) -> None:
    stations, seconds, idle = size.stations, size.seconds, size.idle
    table = Table(title=f"{stations} stations at once, {seconds:g} s each, {os.cpu_count()} cores")
    for heading in ("measured", "a second", "p50 ms", "p99 ms", "CPU µs", "of echo"):
        table.add_column(heading, justify="left" if heading == "measured" else "right")

    def row(name: str, rate: Rate, ceiling: Rate | None = None) -> None:
        share = f"{rate.per_second / ceiling.per_second:.0%}" if ceiling else ""
        figures = rate.per_second, rate.p50_ms, rate.p99_ms, rate.cpu_us
        cells = (cell(figure, digits) for figure, digits in zip(figures, (0, 1, 1, 0), strict=True))
        table.add_row(name, *cells, share)

    console.print("measuring the echo of the bare socket library …")
    echo = await echo_rate(stations, seconds)
    row("echo, bare websockets", echo)
    async with running_hub(database) as hub:
        count = max(stations + 1, idle, size.storm)
        console.print(f"registering {count} stations …")
        registered = await hub.register(count)
        memory = await hub.idle_memory(registered[:idle])
        console.print("measuring MeterValues, committed before each answer …")
        readings = await hub.readings(registered[:stations], seconds)
        row("MeterValues, durable", readings, echo)
        console.print("measuring whole sessions, until they are settled …")
        sessions, settled = await hub.sessions(registered[:stations], seconds)
        row(f"sessions ({READINGS} readings), answered", sessions)
        row("sessions, priced and posted", settled)
        console.print("measuring stations that report now and then, beside one that floods …")
        quiet, flooded = await beside_a_flood(hub, registered[: stations + 1], seconds)
        row("MeterValues now and then", quiet)
        row("MeterValues beside a flood", flooded)
        if size.storm:
            console.print(f"letting {size.storm} stations knock at once …")
            row(f"storm of {size.storm}, booted", await storm(hub, registered[: size.storm]))
    console.print(table)
    if quiet.p99_ms and flooded.p99_ms:
        console.print(f"p99 beside a flood: {flooded.p99_ms / quiet.p99_ms:.2f} times that without")
    console.print(f"memory of an idle line: {memory:.1f} KiB ({idle} lines, no compression)")
