"""What every measurement shares: rates, closed loops, ports, memory."""

import asyncio
import os
import socket as sockets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection

PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024 if hasattr(os, "sysconf") else 4.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one measurement gave: things done a second, latencies in ms."""

    per_second: float
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, latencies_s: list[float], seconds: float) -> "Rate":
        ordered = sorted(latencies_s) or [0.0]
        return cls(
            len(latencies_s) / seconds,
            ordered[len(ordered) // 2] * 1000,
            ordered[len(ordered) * 99 // 100] * 1000,
        )


@dataclass(frozen=True, slots=True)
class Station:
    """A registered station and how it logs in."""

    identity: str
    password: str


async def closed_loop(
    sockets: list[ClientConnection],
    seconds: float,
    step: Callable[[ClientConnection], Awaitable[None]],
) -> Rate:
    """Every station does the step again as soon as it is done."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def drive(socket: ClientConnection) -> None:
        while (start := time.perf_counter()) < end:
            await step(socket)
            latencies.append(time.perf_counter() - start)

    begun = time.perf_counter()
    await asyncio.gather(*(drive(socket) for socket in sockets))
    return Rate.of(latencies, time.perf_counter() - begun)


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(port: int) -> None:
    """Wait until somebody listens."""
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def memory_kib(pid: int) -> float:
    """Resident memory; 0 where the system does not tell it this way."""
    told = Path(f"/proc/{pid}/statm")
    return int(told.read_text().split()[1]) * PAGE_KIB if told.exists() else 0.0
