"""What a station that floods the hub costs the others: their latency with it beside without it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

from websockets.asyncio.client import ClientConnection

from chargehub.commands.bench.flooders import Target, for_ever
from chargehub.commands.bench.frames import ask, begin_session, meter_values, stop_transaction
from chargehub.commands.bench.hub import HubUnderLoad
from chargehub.commands.bench.measure import Rate, Station, cpu_seconds

ROUNDS = 5  # without and with by turns, so that what else the machine does meets both
PAUSE_S = 0.25  # between the reports of a station that does not hurry
SETTLE_S = 0.3  # until the end of one part no longer disturbs the next
# An address of its own, as such a station has; only Linux has more than one on loopback.
OWN_ADDRESS = "127.0.0.2" if sys.platform == "linux" else None


@dataclass(slots=True)
class _Measured:
    latencies_s: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    cpu_s: float = 0.0

    def rate(self) -> Rate:
        return Rate.of(self.latencies_s, self.elapsed_s, self.cpu_s)


async def beside_a_flood(
    hub: HubUnderLoad, kind: str, good: list[Station], bad: list[Station], seconds: float
) -> tuple[Rate, Rate]:
    """Reports now and then from the good stations: without, and with a flood of this kind.

    By turns; each time another bad station floods, which nothing is held against yet.
    """
    quiet, flooded = _Measured(), _Measured()
    part_s = seconds / len(bad)
    async with hub.lines(good) as sockets:
        started = {socket: await begin_session(socket, 0) for socket in sockets}
        with _flooder() as orders:
            for station in bad:
                await _now_and_then(hub.pid, started, part_s, quiet)
                target = Target(hub.port, station.identity, station.password, OWN_ADDRESS)
                async with _flooding(orders, kind, target):
                    await _now_and_then(hub.pid, started, part_s, flooded)
                await asyncio.sleep(SETTLE_S)
        for socket, transaction_id in started.items():
            await ask(socket, stop_transaction(transaction_id, 200))
    return quiet.rate(), flooded.rate()


async def _now_and_then(
    pid: int, started: dict[ClientConnection, str], seconds: float, measured: _Measured
) -> None:
    begun, cpu_before = time.perf_counter(), cpu_seconds(pid)

    async def drive(number: int, socket: ClientConnection, transaction_id: str) -> None:
        await asyncio.sleep(PAUSE_S * number / len(started))  # not all in the same moment
        while (start := time.perf_counter()) < begun + seconds:
            await ask(socket, meter_values(transaction_id, 100))
            measured.latencies_s.append(time.perf_counter() - start)
            await asyncio.sleep(PAUSE_S)

    driven = (drive(number, *each) for number, each in enumerate(started.items()))
    await asyncio.gather(*driven)
    measured.elapsed_s += time.perf_counter() - begun
    measured.cpu_s += cpu_seconds(pid) - cpu_before


@contextmanager
def _flooder() -> Iterator[Connection]:
    """A process of its own, started before anything is measured: it must slow the hub alone."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_obey, args=(theirs,), daemon=True)
    process.start()
    try:
        ours.recv()
        yield ours
    finally:
        process.terminate()
        process.join()


@asynccontextmanager
async def _flooding(orders: Connection, kind: str, target: Target) -> AsyncIterator[None]:
    orders.send((kind, target))
    try:
        yield
    finally:
        orders.send(None)
        await asyncio.to_thread(orders.recv)


def _obey(orders: Connection) -> None:
    """Flood when told so, until told otherwise."""
    orders.send("ready")
    while True:
        kind, target = orders.recv()
        asyncio.run(_until_told(orders, kind, target))
        orders.send("done")


async def _until_told(orders: Connection, kind: str, target: Target) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(orders.fileno(), told.set)
    flood = asyncio.create_task(for_ever(kind, target))
    await told.wait()
    flood.cancel()
    await asyncio.wait([flood])
    orders.recv()
