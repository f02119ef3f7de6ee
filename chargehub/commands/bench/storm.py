"""The bad hour of a hub: all stations knock at once."""

import asyncio
import time
from contextlib import AsyncExitStack

from chargehub.commands.bench.frames import open_line
from chargehub.commands.bench.hub import HubUnderLoad
from chargehub.commands.bench.measure import Rate, Station, cpu_seconds


async def storm(hub: HubUnderLoad, stations: list[Station]) -> Rate:
    """Stations knock at once, as after a restart; each is timed until its boot is accepted."""
    latencies: list[float] = []
    async with AsyncExitStack() as stack:
        begun, cpu_before = time.perf_counter(), cpu_seconds(hub.pid)

        async def come_back(station: Station) -> None:
            await stack.enter_async_context(open_line(f"{hub.url}/{station.identity}", station))
            latencies.append(time.perf_counter() - begun)

        await asyncio.gather(*(come_back(station) for station in stations))
        elapsed, cpu_s = time.perf_counter() - begun, cpu_seconds(hub.pid) - cpu_before
    return Rate.of(latencies, elapsed, cpu_s)
