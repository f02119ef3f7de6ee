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
    """What one measurement gave: things done a second, latencies, CPU time of each at the server.

    None: not measured. The CPU time says more than the rate on a machine that is not idle.
    """

    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None

    @classmethod
    def of(cls, latencies_s: list[float], seconds: float, cpu_s: float) -> "Rate":
        ordered = sorted(latencies_s)
        count = len(ordered)
        if not count:
            return cls(0.0)
        p50, p99 = ordered[count // 2], ordered[count * 99 // 100]
        return cls(count / seconds, p50 * 1000, p99 * 1000, cpu_s / count * 1e6 or None)


@dataclass(frozen=True, slots=True)
class Station:
    """A registered station and how it logs in."""

    identity: str
    password: str


async def closed_loop(
    sockets: list[ClientConnection],
    seconds: float,
    step: Callable[[ClientConnection], Awaitable[None]],
    pid: int,
) -> Rate:
    """Every station does the step again as soon as it is done. `pid` is the server's."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def drive(socket: ClientConnection) -> None:
        while (start := time.perf_counter()) < end:
            await step(socket)
            latencies.append(time.perf_counter() - start)

    begun, cpu_before = time.perf_counter(), cpu_seconds(pid)
    await asyncio.gather(*(drive(socket) for socket in sockets))
    return Rate.of(latencies, time.perf_counter() - begun, cpu_seconds(pid) - cpu_before)


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(port: int, is_alive: Callable[[], bool]) -> None:
    """Wait until somebody listens. Raises RuntimeError if the server has ended instead."""
    async with asyncio.timeout(60):
        while True:
            if not is_alive():
                raise RuntimeError("the server ended before it listened; see what it printed above")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def cpu_seconds(pid: int) -> float:
    """CPU time a process has had; 0 where the system does not tell it this way."""
    told = Path(f"/proc/{pid}/stat")
    if not told.exists():
        return 0.0
    user, system = told.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> float:
    """Resident memory; 0 where the system does not tell it this way."""
    told = Path(f"/proc/{pid}/statm")
    return int(told.read_text().split()[1]) * PAGE_KIB if told.exists() else 0.0
