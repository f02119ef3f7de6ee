"""`chargehub bench fuzz`: broken frames for a hub of its own, in every version of OCPP.

It must live, keep its memory, answer each line again, and every other station meanwhile.
"""

import asyncio
import base64
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chargehub.commands.bench.frames import ask, call, open_line
from chargehub.commands.bench.hub import HubUnderLoad, running_hub
from chargehub.commands.bench.measure import Station, memory_kib
from chargehub.commands.bench.samples import Faults, Samples, schema
from chargehub.ocpp import versions
from chargehub.ocpp.versions import Version

TOGETHER: Final = 50  # frames before the line has to show that it is answered still
ANSWER_S: Final = 60.0
GROWTH_KIB: Final = 100 * 1024  # more than this in the second half of the frames is a leak
BOOTS: Final[dict[str, dict[str, Any]]] = {
    "1.6": {"chargePointVendor": "Bench", "chargePointModel": "Bench"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Bench", "model": "Bench"}},
}
KINDS: Final = {2: "a call of the hub's", 3: "an answer"}  # some are whole though broken
SETTINGS: Final = {  # the limits would slow the stations down, as they should
    "CHARGEHUB_OCPP_FRAME_RATE": "1000000",
    "CHARGEHUB_OCPP_HURRIED_RATE": "1000000",
    "CHARGEHUB_OCPP_UNKNOWN_TOKENS": "1000000000",
}


@dataclass(slots=True)
class Found:
    """What came of it. `kinds`: (version, kind of answer) -> how many."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    heartbeats: int = 0
    memory_kib: list[float] = field(default_factory=list)

    def faults(self) -> list[str]:
        """What must not be."""
        failed = sum(count for (_, kind), count in self.kinds.items() if kind == "InternalError")
        first, middle, last = (self.memory_kib[at] for at in (0, len(self.memory_kib) // 2, -1))
        return [
            *([f"{failed} frames met a fault of the hub's own"] if failed else []),
            *(["the memory goes on growing"] if last - max(first, middle) > GROWTH_KIB else []),
            *([] if self.heartbeats else ["another station was not answered"]),
        ]


def run(frames: int, seed: int, database: str | None) -> None:
    """Break frames and print what came of them; status 1 if anything came that must not."""
    found = asyncio.run(_fuzz(frames, seed, database))
    console = Console()
    table = Table(title=f"{frames} broken frames, seed {seed}")
    for heading in ("OCPP", "answer", "frames"):
        table.add_column(heading, justify="right" if heading == "frames" else "left")
    for (version, kind), count in sorted(found.kinds.items()):
        table.add_row(version, kind, str(count))
    console.print(table)
    first, last = found.memory_kib[0] / 1024, found.memory_kib[-1] / 1024
    console.print(f"memory of the hub: {first:.0f} MiB before, {last:.0f} MiB after")
    console.print(f"heartbeats of another station answered meanwhile: {found.heartbeats}")
    for fault in found.faults():
        console.print(f"✗ {fault}")
    sys.exit(1 if found.faults() else 0)


async def _fuzz(frames: int, seed: int, database: str | None) -> Found:
    found = Found()
    known = list(versions.supported().values())
    async with running_hub(database, SETTINGS) as hub:
        *bad, good = await hub.register(len(known) + 1)
        beating = asyncio.create_task(_beat(f"{hub.url}/{good.identity}", good, found))
        with Progress(transient=True) as progress:
            task = progress.add_task("breaking frames", total=frames)
            for version, station in zip(known, bad, strict=True):
                victim = _Victim(hub, version, station, found)
                await victim.suffer(frames // len(known), seed, progress, task)
        if beating.done():
            beating.result()  # says why the other station was not answered
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
    return found


async def _beat(url: str, station: Station, found: Found) -> None:
    async with open_line(url, station) as socket:
        while True:
            async with asyncio.timeout(ANSWER_S):
                await ask(socket, call("Heartbeat", {}))
            found.heartbeats += 1
            await asyncio.sleep(0.1)


class _Victim:
    """Sends broken frames over one station's line, which it opens again where it must."""

    def __init__(self, hub: HubUnderLoad, version: Version, station: Station, found: Found) -> None:
        self._hub = hub
        self._version = version
        self._station = station
        self._found = found

    async def suffer(self, frames: int, seed: int, progress: Progress, task: TaskID) -> None:
        """So many frames, and after every few a heartbeat that must be answered."""
        broken = self._broken(frames, seed)
        socket = await self._line()
        for start in range(0, frames, TOGETHER):
            part = broken[start : start + TOGETHER]
            try:
                await self._send(socket, part)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                self._found.kinds[self._version.name, f"line closed ({code})"] += 1
                socket = await self._line()
            if start // TOGETHER % 100 == 0:
                self._found.memory_kib.append(memory_kib(self._hub.pid))
            progress.advance(task, len(part))
        self._found.memory_kib.append(memory_kib(self._hub.pid))
        await socket.close()

    def _broken(self, frames: int, seed: int) -> list[str]:
        samples, faults = Samples(seed), Faults(seed)
        actions = sorted(self._version.messages)
        schemas = [schema(self._version.name, action) for action in actions]
        broken = []
        for number in range(frames):
            at = number % len(actions)
            whole = orjson.dumps([2, f"m{number}", actions[at], samples.of(schemas[at])])
            broken.append(faults.break_(whole).decode(errors="replace"))
        return broken

    async def _line(self) -> ClientConnection:
        station = self._station
        login = base64.b64encode(f"{station.identity}:{station.password}".encode()).decode()
        socket = await connect(
            f"{self._hub.url}/{station.identity}",
            subprotocols=[Subprotocol(self._version.subprotocol)],
            additional_headers={"Authorization": f"Basic {login}"},
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        await ask(socket, call("BootNotification", BOOTS.get(self._version.name, BOOTS["2.0.1"])))
        return socket

    async def _send(self, socket: ClientConnection, frames: list[str]) -> None:
        for frame in frames:
            await socket.send(frame)
        alive = f"alive-{time.monotonic_ns()}"
        await socket.send(orjson.dumps([2, alive, "Heartbeat", {}]).decode())
        async with asyncio.timeout(ANSWER_S):
            while True:
                answer = orjson.loads(await socket.recv())
                if answer[1] == alive:
                    return
                kind = str(answer[2]) if answer[0] == 4 else KINDS.get(answer[0], "unexpected")
                self._found.kinds[self._version.name, kind] += 1
