"""`chargehub serve` as a process of its own, and the load it is put under."""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection

from chargehub.commands.bench.frames import (
    ID_TOKEN,
    POWER_W,
    ask,
    begin_session,
    meter_values,
    open_line,
    stop_transaction,
    whole_session,
)
from chargehub.commands.bench.measure import (
    Rate,
    Station,
    answers,
    closed_loop,
    cpu_seconds,
    free_port,
    memory_kib,
)
from chargehub.ocpp import authority


@asynccontextmanager
async def running_hub(
    database: str | None, settings: Mapping[str, str] | None = None
) -> AsyncIterator["HubUnderLoad"]:
    """`chargehub serve` as a process of its own, on free ports and an empty database.

    `settings`: environment variables; without them the hub has its usual limits.
    """
    with tempfile.TemporaryDirectory(prefix="chargehub-bench-") as folder:
        http, ocpp_port, ocpps_port = free_port(), free_port(), free_port()
        certificate, key = Path(folder) / "tls.pem", Path(folder) / "tls.key"
        authority.create(certificate, key, "bench", datetime.now(UTC))
        environment = {
            **os.environ,
            "CHARGEHUB_DATABASE": database or f"sqlite:///{Path(folder) / 'bench.sqlite'}",
            "CHARGEHUB_SECRET_FILE": str(Path(folder) / "secret"),
            "CHARGEHUB_HTTP": f"127.0.0.1:{http}",
            "CHARGEHUB_OCPP": f"127.0.0.1:{ocpp_port}",
            "CHARGEHUB_OCPPS": f"127.0.0.1:{ocpps_port}",
            "CHARGEHUB_OCPPS_CERTIFICATE_FILE": str(certificate),
            "CHARGEHUB_OCPPS_KEY_FILE": str(key),
            "CHARGEHUB_LOG_LEVEL": "ERROR",
            "CHARGEHUB_LISTING_GRADE": "",  # its stations exist for their noise alone
            **(settings or {}),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chargehub", "serve", env=environment, stdout=DEVNULL
        )
        try:
            for port in (http, ocpp_port, ocpps_port):
                await answers(port, lambda: process.returncode is None)
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{http}", timeout=30) as api:
                yield HubUnderLoad(api, ocpp_port, ocpps_port, process.pid)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


class HubUnderLoad:
    """The hub under load, by its public addresses."""

    def __init__(self, api: httpx2.AsyncClient, port: int, tls_port: int, pid: int) -> None:
        self.api = api
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/ocpp"
        self.tls_url = f"wss://127.0.0.1:{tls_port}/ocpp"
        self.pid = pid

    async def _post(self, path: str, body: Any, method: str = "POST") -> Any:
        while True:
            answer = await self.api.request(method, f"/api/v1{path}", json=body)
            if answer.status_code != 429:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def register(self, count: int, *, has_driver: bool = False) -> list[Station]:
        """A driver with a card, unless there is one, and an owner with `count` stations."""
        if not has_driver:
            driver = await self._post("/accounts", account("driver"))
            self.api.headers["Authorization"] = f"Bearer {driver['token']}"
            await self._post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
            await self._post("/id-tokens", {"value": ID_TOKEN})
        owner = await self._post("/accounts", account(f"owner-of-{self.port}"))
        self.api.headers["Authorization"] = f"Bearer {owner['token']}"
        place = {
            "name": "Bench",
            "address": "-",
            "latitude": 59.9,
            "longitude": 10.7,
            "time_zone": "Europe/Oslo",
        }
        location = await self._post("/locations", place)
        tariff = await self._post(
            "/tariffs",
            {
                "name": "Bench",
                "currency": "EUR",
                "vat_percent": "19",
                "components": [{"kind": "energy", "per_kwh": "0.45"}],
            },
        )
        found: list[Station] = []
        for start in range(0, count, 20):
            part = range(start, min(start + 20, count))
            found += await asyncio.gather(
                *(self._station(location["id"], tariff["id"]) for _ in part)
            )
        return found

    async def _station(self, location_id: str, tariff_id: str) -> Station:
        evse = {
            "number": 1,
            "power_w": POWER_W,
            "connectors": [{"number": 1, "type": "IEC_62196_T2"}],
        }
        made = await self._post("/stations", {"location_id": location_id, "evses": [evse]})
        listing = {"tariff_id": tariff_id, "opening_hours": "24/7"}
        await self._post(f"/stations/{made['id']}/listing", listing, "PUT")
        return Station(made["identity"], made["password"])

    @asynccontextmanager
    async def lines(
        self, stations: list[Station], *, is_tls: bool = False
    ) -> AsyncIterator[list[ClientConnection]]:
        """The open lines of these stations, booted one after the other."""
        async with AsyncExitStack() as stack:
            opened = []
            for station in stations:
                url = f"{self.tls_url if is_tls else self.url}/{station.identity}"
                opened.append(await stack.enter_async_context(open_line(url, station)))
            yield opened

    async def idle_memory(self, stations: list[Station], *, is_tls: bool = False) -> float:
        """KiB that an idle line costs the hub's process, if none has been closed before."""
        before = memory_kib(self.pid)
        async with self.lines(stations, is_tls=is_tls):
            return (memory_kib(self.pid) - before) / max(len(stations), 1)

    async def readings(self, stations: list[Station], seconds: float) -> Rate:
        """MeterValues within running sessions, each answered after its commit."""
        async with self.lines(stations) as sockets:
            started = {socket: await begin_session(socket, 0) for socket in sockets}

            async def step(socket: ClientConnection) -> None:
                await ask(socket, meter_values(started[socket], 100))

            rate = await closed_loop(sockets, seconds, step, self.pid)
            for socket in sockets:
                await ask(socket, stop_transaction(started[socket], 200))
            return rate

    async def sessions(self, stations: list[Station], seconds: float) -> tuple[Rate, Rate]:
        """Whole sessions: how fast they are answered, and how fast they end in the ledger."""
        registers = dict.fromkeys(range(len(stations)), 1000)
        async with self.lines(stations) as sockets:
            numbers = {socket: number for number, socket in enumerate(sockets)}

            async def step(socket: ClientConnection) -> None:
                number = numbers[socket]
                registers[number] = await whole_session(socket, registers[number])

            before = await self._settled()
            begun, cpu_before = time.perf_counter(), cpu_seconds(self.pid)
            rate = await closed_loop(sockets, seconds, step, self.pid)
            wanted = before + round(rate.per_second * seconds)
            settled = await self._until_settled(wanted - len(stations))
            elapsed, cpu_s = time.perf_counter() - begun, cpu_seconds(self.pid) - cpu_before
        done = settled - before
        return rate, Rate(done / elapsed, cpu_us=cpu_s / max(done, 1) * 1e6 or None)

    async def _until_settled(self, wanted: int) -> int:
        """Wait for the ledger; another process works it off, so there is nothing to wait on."""
        async with asyncio.timeout(600):
            while (settled := await self._settled()) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        return settled

    async def _settled(self) -> int:
        """How many sessions the owner's statement holds."""
        month = datetime.now(UTC).strftime("%Y-%m")
        answer = await self.api.get(f"/api/v1/statements/{month}")
        items = answer.raise_for_status().json()["items"]
        return int(items[0]["sessions"]) if items else 0


def account(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.org", "name": name, "password": "a bench of one night"}
