"""The frames of simulated 1.6 stations, as bytes, and the line they go over."""

import base64
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from chargehub.commands.bench.measure import Station

READINGS = 5  # within a whole session
POWER_W = 11_000
OPEN_S = 120.0  # thousands knock in the same moment
ID_TOKEN = "BENCHDRIVER"


@asynccontextmanager
async def open_line(url: str, station: Station | None) -> AsyncIterator[ClientConnection]:
    headers, protocols = {}, None
    if station is not None:
        login = base64.b64encode(f"{station.identity}:{station.password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        protocols = [Subprotocol("ocpp1.6")]
    async with connect(
        url,
        ssl=_unverified() if url.startswith("wss:") else None,
        subprotocols=protocols,
        additional_headers=headers,
        compression=None,
        open_timeout=OPEN_S,
        ping_interval=None,
        proxy=None,
    ) as opened:
        if station is not None:
            boot = {"chargePointVendor": "Bench", "chargePointModel": "Bench"}
            await ask(opened, call("BootNotification", boot))
        yield opened


@cache
def _unverified() -> ssl.SSLContext:
    """TLS to a hub of our own, which made its certificate a moment ago."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


_numbers = iter(range(1, sys.maxsize))


def call(action: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([2, str(next(_numbers)), action, payload])


async def ask(socket: ClientConnection, frame: bytes) -> Any:
    await socket.send(frame, text=True)
    answer = orjson.loads(await socket.recv())
    if answer[0] == 4:
        raise RuntimeError(f"the hub answered with an error: {answer}")
    return answer[-1]


def meter_values(transaction_id: str, register_wh: int) -> bytes:
    sampled = [
        {"value": str(register_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": str(POWER_W), "measurand": "Power.Active.Import", "unit": "W"},
    ]
    value = {"timestamp": now_text(), "sampledValue": sampled}
    payload = {"connectorId": 1, "transactionId": int(transaction_id), "meterValue": [value]}
    return call("MeterValues", payload)


async def begin_session(socket: ClientConnection, register_wh: int) -> str:
    payload = {
        "connectorId": 1,
        "idTag": ID_TOKEN,
        "meterStart": register_wh,
        "timestamp": now_text(),
    }
    answer = await ask(socket, call("StartTransaction", payload))
    if answer["idTagInfo"]["status"] != "Accepted":
        raise RuntimeError(f"the hub refused a start: {answer}")
    return str(answer["transactionId"])


def stop_transaction(transaction_id: str, register_wh: int) -> bytes:
    payload = {
        "transactionId": int(transaction_id),
        "meterStop": register_wh,
        "timestamp": now_text(timedelta(seconds=1)),
        "reason": "Local",
    }
    return call("StopTransaction", payload)


async def whole_session(socket: ClientConnection, register_wh: int) -> int:
    """Start, readings, stop; the register after it."""
    transaction_id = await begin_session(socket, register_wh)
    for _ in range(READINGS):
        register_wh += 200
        await ask(socket, meter_values(transaction_id, register_wh))
    register_wh += 200
    await ask(socket, stop_transaction(transaction_id, register_wh))
    return register_wh


def now_text(ahead: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + ahead).isoformat()
