"""`chargehub serve` as a process that can be killed, and what stands before its stations."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from sqlalchemy import NullPool, create_engine, make_url, text
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from chargehub.clock import HandClock
from tests.hub import RunningHub

LIMIT_S = 60.0  # a start takes 2 s on an idle machine
VERSIONS = [Subprotocol(f"ocpp{version}") for version in ("1.6", "2.0.1", "2.1")]


class ServedHub(RunningHub):
    """A hub in a process of its own. `clock` is that of the stations; the hub has the real one.

    Stations reach it through `gate`; while that is shut they are heard and not answered.
    """

    def __init__(self, database: str, clock: HandClock, folder: Path) -> None:
        super().__init__(database, clock)
        self.gate = Gate()
        self._folder = folder
        self._reserved = [_reserve() for _ in range(2)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def http(self) -> str:
        """Where REST listens, HOST:PORT."""
        return f"127.0.0.1:{self._reserved[0].getsockname()[1]}"

    @property
    def ocpp(self) -> str:
        """Where the hub itself listens for stations."""
        return f"127.0.0.1:{self._reserved[1].getsockname()[1]}"

    async def start(self, ocpp_port: int = 0) -> None:
        http, ocpp = self.http, self.ocpp
        await self.gate.start(f"ws://{ocpp}")
        self._process = self._launch("--http", http, "--ocpp", ocpp, "--database", self.database)
        self.api = httpx2.AsyncClient(base_url=f"http://{http}", trust_env=False, timeout=LIMIT_S)
        await self._answers()

    def _launch(self, *flags: str) -> "subprocess.Popen[bytes]":
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARGEHUB_")}
        with (self._folder / "hub.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "chargehub", "serve", *flags],
                cwd=self._folder,
                env=environment | {"CHARGEHUB_TICK_S": "3600", "CHARGEHUB_LISTING_GRADE": ""},
                stdout=log,
                stderr=log,
            )

    async def _answers(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            while True:
                assert self._running.poll() is None, self.log
                with suppress(httpx2.TransportError):
                    if (await self.api.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """The process ends where it stands."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """The process is asked to end, and ends."""
        await self._end(signal.SIGTERM)

    async def _end(self, sign: signal.Signals) -> None:
        if self._running.poll() is None:
            self._running.send_signal(sign)
        try:
            ended = await asyncio.to_thread(self._running.wait, LIMIT_S)
        finally:
            self._running.kill()
            await self.api.aclose()
        assert ended in (-sign, 0), self.log

    async def close(self) -> None:
        for sim in self._sims:
            await sim.close()
        if self._process is not None and self._process.poll() is None:
            await self.stop()
        await self.gate.close()
        for one in self._reserved:
            one.close()

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "start() first"
        return self._process

    @property
    def log(self) -> str:
        """All that the processes said."""
        return (self._folder / "hub.log").read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.gate.port}/ocpp"

    @property
    def direct_url(self) -> str:
        """Where the hub itself listens, past the gate."""
        return f"ws://127.0.0.1:{self._reserved[1].getsockname()[1]}/ocpp"

    async def figure(self, name: str) -> float:
        """A sample of the hub's metrics."""
        lines = (await self.api.get("/metrics")).text.splitlines()
        return float(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])

    def stored(self, query: str) -> Any:
        """One value out of the database itself, past the hub."""
        engine = create_engine(self.database, poolclass=NullPool)
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar()


class Gate:
    """Carries frames between stations and the hub. While `is_shut`, no word of the hub passes."""

    def __init__(self) -> None:
        self.is_shut = False
        self.port = 0
        self._hub = ""
        self._server: Any = None

    async def start(self, hub: str) -> None:
        """Listen, from the first call on, and carry to this hub."""
        self._hub = hub
        if self._server is None:
            self._server = await serve(
                self._carry, "127.0.0.1", 0, subprotocols=VERSIONS, ping_interval=None
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _carry(self, station: ServerConnection) -> None:
        assert station.request is not None and station.subprotocol is not None
        async with connect(
            self._hub + station.request.path,
            subprotocols=[station.subprotocol],
            additional_headers={"Authorization": station.request.headers["Authorization"]},
            ping_interval=None,
            proxy=None,
        ) as hub:
            to_hub = asyncio.create_task(_to_hub(station, hub))
            with suppress(ConnectionClosed):
                async for frame in hub:
                    if not self.is_shut:
                        await station.send(frame)
            await hub.wait_closed()
            if hub.close_code in (None, CloseCode.ABNORMAL_CLOSURE):
                station.transport.abort()
            else:
                await station.close(hub.close_code, hub.close_reason or "")
            await to_hub


async def _to_hub(station: ServerConnection, hub: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        async for frame in station:
            await hub.send(frame)
    await hub.close()


@contextmanager
def locked(database: str, table: str) -> Iterator[None]:
    """Nobody else commits anything to this table, until the end; on SQLite to no table at all."""
    url = make_url(database)
    if url.drivername == "sqlite":
        with closing(sqlite3.connect(url.database or "", isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute(f'LOCK TABLE "{table}" IN SHARE MODE'.encode())
        yield


def _reserve() -> socket.socket:
    """A free port that the hub may listen at, again and again, and nobody else gets."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved
