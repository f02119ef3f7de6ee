"""A line of the hub and a station's socket, over a real WebSocket on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from chargehub.ocpp.counts import Counts
from chargehub.ocpp.limits import Bucket, Pace
from chargehub.ocpp.rpc import Call, Line
from chargehub.ocpp.versions import Version
from tests.ocpp.story import ISO

LIMIT_S = 5.0  # nothing here takes so long, unless it is broken


class Desk:
    """Receives calls: notes them, waits where it is told to, answers what fits."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()
        self.answer: Callable[[Call], Mapping[str, Any]] = lambda call: {"currentTime": ISO}

    async def receive(self, call: Call) -> Mapping[str, Any]:
        self.calls.append(call)
        self.reached.set()
        await self.gate.wait()
        return self.answer(call)


class Link:
    """Both ends: the hub's line and the station's socket."""

    def __init__(self, line: Line, station: ClientConnection, desk: Desk, counts: Counts) -> None:
        self.line = line
        self.station = station
        self.desk = desk
        self.counts = counts

    async def send(self, frame: Any) -> None:
        await self.station.send(frame if isinstance(frame, str) else orjson.dumps(frame).decode())

    async def receive(self) -> Any:
        async with asyncio.timeout(LIMIT_S):
            return orjson.loads(await self.station.recv())

    async def ask(self, frame: Any) -> Any:
        await self.send(frame)
        return await self.receive()

    async def is_alive(self) -> bool:
        """A heartbeat is answered, and before it nothing else came."""
        return bool(await self.ask([2, "alive", "Heartbeat", {}]) == [3, "alive", TIME])


TIME = {"currentTime": ISO}


@asynccontextmanager
async def linked(
    version: Version,
    timeout_s: float = LIMIT_S,
    room: int = 64,
    is_strict: bool = False,
    pace: Pace | None = None,
) -> AsyncIterator[Link]:
    desk, counts = Desk(), Counts()
    lines: asyncio.Queue[Line] = asyncio.Queue()

    async def accept(socket: ServerConnection) -> None:
        line = Line(
            socket,
            "CH-1",
            version,
            desk.receive,
            counts,
            pace=pace or Pace(Bucket(1_000, 10_000, 0), 10_000),
            queue_frames=room,
            call_timeout_s=timeout_s,
            is_strict=is_strict,
        )
        lines.put_nowait(line)
        await line.run()

    async with serve(accept, "127.0.0.1", 0, max_size=65_536) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", max_size=None) as station:
            line = await asyncio.wait_for(lines.get(), LIMIT_S)
            yield Link(line, station, desk, counts)
