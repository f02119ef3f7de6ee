"""The bad hours of a hub: all stations knock at once; one station floods it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from chargehub.commands.bench.frames import (
    ask,
    begin_session,
    call,
    meter_values,
    open_line,
    stop_transaction,
)
from chargehub.commands.bench.hub import HubUnderLoad
from chargehub.commands.bench.measure import Rate, Station, cpu_seconds

PAUSE_S = 0.25  # between the reports of a station that does not hurry
TOGETHER = 500  # frames that the bad station writes at once
BEGUN_S = 10.0  # within which it must have its line


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


async def beside_a_flood(
    hub: HubUnderLoad, stations: list[Station], seconds: float
) -> tuple[Rate, Rate]:
    """Reports now and then from all but the last station: without, and with a flood of its."""
    bad = stations[-1]
    async with hub.lines(stations[:-1]) as sockets:
        started = {socket: await begin_session(socket, 0) for socket in sockets}
        quiet = await _now_and_then(hub.pid, started, seconds)
        async with _flooding(f"{hub.url}/{bad.identity}", bad):
            flooded = await _now_and_then(hub.pid, started, seconds)
        for socket, transaction_id in started.items():
            await ask(socket, stop_transaction(transaction_id, 200))
    return quiet, flooded


async def _now_and_then(pid: int, started: dict[ClientConnection, str], seconds: float) -> Rate:
    latencies: list[float] = []
    begun, cpu_before = time.perf_counter(), cpu_seconds(pid)

    async def drive(number: int, socket: ClientConnection, transaction_id: str) -> None:
        await asyncio.sleep(PAUSE_S * number / len(started))  # not all in the same moment
        while (start := time.perf_counter()) < begun + seconds:
            await ask(socket, meter_values(transaction_id, 100))
            latencies.append(time.perf_counter() - start)
            await asyncio.sleep(PAUSE_S)

    driven = (drive(number, *each) for number, each in enumerate(started.items()))
    await asyncio.gather(*driven)
    return Rate.of(latencies, time.perf_counter() - begun, cpu_seconds(pid) - cpu_before)


@asynccontextmanager
async def _flooding(url: str, station: Station) -> AsyncIterator[None]:
    """The flood is a process of its own: it must slow the hub, not those who measure."""
    context = get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_flood, args=(url, station, begun), daemon=True)
    process.start()
    try:
        await asyncio.to_thread(begun.wait, BEGUN_S)
        yield
    finally:
        process.terminate()
        process.join()


def _flood(url: str, station: Station, begun: Event) -> None:
    asyncio.run(_flood_for_ever(url, station, begun))


async def _flood_for_ever(url: str, station: Station, begun: Event) -> None:
    """Heartbeats as fast as the hub reads them. Whenever it hangs up the station comes back."""
    while True:
        with suppress(ConnectionClosed, OSError):
            async with open_line(url, station) as socket:
                begun.set()
                await asyncio.gather(_pour(socket), _drain(socket))


async def _pour(socket: ClientConnection) -> None:
    frames = Frame(Opcode.TEXT, call("Heartbeat", {})).serialize(mask=True) * TOGETHER
    while socket.state is State.OPEN:
        if socket.transport.get_write_buffer_size() < len(frames):
            socket.transport.write(frames)
        await asyncio.sleep(0.005)


async def _drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass
