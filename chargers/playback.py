"""Playing recorded sessions as stations that were offline and deliver what they kept.

A light client instead of a whole station: thousands of sessions, two messages each. Its frames
are built here from nothing but the standards' field names, and a test holds them to the schemas.
Source: OCPP 1.6, 4.2, 4.8, 4.10; OCPP 2.0.1 part 2, B01, E02, E04, E06 (offline transactions).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chargers.line import (
    SUBPROTOCOLS,
    ConnectionLost,
    HandshakeRefused,
    basic_auth,
    open_socket,
    station_url,
)
from chargers.messages import AnsweredWithError

ANSWER_LIMIT_S = 60.0
TRIES = 8  # of a message or a connection; the waits between them double, 50 s in all
FIRST_WAIT_S = 0.2
TRY_AGAIN = ("InternalError", "GenericError")  # the hub could not, this time

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A session as a station tells it: registers in Wh, aware instants."""

    session_id: str
    id_token: str
    started_at: datetime
    ended_at: datetime
    start_wh: int
    end_wh: int


@dataclass(frozen=True, slots=True)
class Player:
    """A station that has sessions to deliver."""

    identity: str
    password: str
    version: str
    sessions: Sequence[Told]


@dataclass(slots=True)
class Played:
    """What came of it. `refused`: starts whose token the hub did not accept, by its word."""

    sessions: int = 0
    messages: int = 0
    repeats: int = 0
    refused: dict[str, int] = field(default_factory=dict)


def instant(at: datetime) -> str:
    """An instant in UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def transaction_id(session_id: str) -> str:
    """A 2.0.1 station's own id for a session, the same in every replay; at most 36 characters."""
    plain = f"replay-{session_id}"
    is_fit = len(plain) <= 36 and plain.isascii() and plain.isprintable()
    return plain if is_fit else str(uuid5(NAMESPACE_URL, plain))


def boot(version: str) -> Payload:
    """BootNotification."""
    if version == "1.6":
        return {"chargePointVendor": "ChargeHub", "chargePointModel": "Replay"}
    station = {"vendorName": "ChargeHub", "model": "Replay"}
    return {"chargingStation": station, "reason": "PowerUp"}


def available(version: str, at: datetime) -> Payload:
    """StatusNotification: nobody is plugged in any more."""
    if version == "1.6":
        return {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Available",
            "timestamp": instant(at),
        }
    return {
        "timestamp": instant(at),
        "connectorStatus": "Available",
        "evseId": 1,
        "connectorId": 1,
    }


def start_transaction(told: Told) -> Payload:
    """1.6: StartTransaction."""
    return {
        "connectorId": 1,
        "idTag": told.id_token,
        "meterStart": told.start_wh,
        "timestamp": instant(told.started_at),
    }


def stop_transaction(told: Told, number: int) -> Payload:
    """1.6: StopTransaction with the id the hub gave."""
    return {
        "transactionId": number,
        "idTag": told.id_token,
        "meterStop": told.end_wh,
        "timestamp": instant(told.ended_at),
        "reason": "Local",
    }


def started(told: Told) -> Payload:
    """2.0.1: TransactionEvent Started, told late."""
    return {
        "eventType": "Started",
        "timestamp": instant(told.started_at),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "offline": True,
        "transactionInfo": {
            "transactionId": transaction_id(told.session_id),
            "chargingState": "Charging",
        },
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": told.id_token, "type": "ISO14443"},
        "meterValue": [_register(told.started_at, told.start_wh, "Transaction.Begin")],
    }


def ended(told: Told) -> Payload:
    """2.0.1: TransactionEvent Ended, told late."""
    return {
        "eventType": "Ended",
        "timestamp": instant(told.ended_at),
        "triggerReason": "StopAuthorized",
        "seqNo": 1,
        "offline": True,
        "transactionInfo": {
            "transactionId": transaction_id(told.session_id),
            "stoppedReason": "Local",
        },
        "meterValue": [_register(told.ended_at, told.end_wh, "Transaction.End")],
    }


def _register(at: datetime, register_wh: int, context: str) -> Payload:
    sample = {
        "value": register_wh,
        "context": context,
        "measurand": "Energy.Active.Import.Register",
        "unitOfMeasure": {"unit": "Wh"},
    }
    return {"timestamp": instant(at), "sampledValue": [sample]}


async def play(player: Player, url: str, played: Played, one_more: Callable[[], None]) -> None:
    """Connect, boot, deliver every session in order, say Available, and go.

    A lost line and an InternalError are tried again; what was answered is not sent again.
    `one_more` is called after each session. Raises HandshakeRefused, AnsweredWithError,
    ConnectionLost, TimeoutError when trying again does not help.
    """
    delivered = failures = 0
    while True:
        before = delivered
        try:
            async with _line(player, url, played) as line:
                for told in player.sessions[delivered:]:
                    await _deliver(line, player.version, told, played)
                    delivered += 1
                    one_more()
                await line.call("StatusNotification", available(player.version, line.hub_time))
                return
        except (ConnectionLost, OSError, TimeoutError):
            failures = failures + 1 if delivered == before else 1
            if failures == TRIES:
                raise
            played.repeats += 1
            await asyncio.sleep(FIRST_WAIT_S * 2**failures)


class _Line:
    """One connection: calls in turn, politely refusing what the hub asks."""

    def __init__(self, socket: ClientConnection, played: Played) -> None:
        self._socket = socket
        self._played = played
        self._count = 0
        self.hub_time = datetime.now(UTC)

    async def call(self, action: str, payload: Payload) -> Payload:
        """The payload that answers; an internal error of the hub is tried again."""
        for attempt in range(TRIES):
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    return await self._call_once(action, payload)
            except AnsweredWithError as error:
                if error.code not in TRY_AGAIN or attempt == TRIES - 1:
                    raise
                self._played.repeats += 1
                await asyncio.sleep(FIRST_WAIT_S * 2**attempt)
        raise AssertionError(action)

    async def _call_once(self, action: str, payload: Payload) -> Payload:
        self._count += 1
        name = str(self._count)
        try:
            await self._send([2, name, action, payload])
            while True:
                frame = orjson.loads(await self._socket.recv())
                if frame[0] == 2:
                    await self._send([4, frame[1], "NotSupported", "This is a recording.", {}])
                elif frame[1] == name and frame[0] == 4:
                    raise AnsweredWithError(action, frame[2], frame[3])
                elif frame[1] == name:
                    self._played.messages += 1
                    answer: Payload = frame[2]
                    return answer
        except ConnectionClosed:
            raise ConnectionLost(self._socket.close_code) from None

    async def _send(self, frame: list[Any]) -> None:
        await self._socket.send(orjson.dumps(frame).decode())


@asynccontextmanager
async def _line(player: Player, url: str, played: Played) -> AsyncIterator[_Line]:
    header = {"Authorization": basic_auth(player.identity, player.password)}
    subprotocols = (SUBPROTOCOLS[player.version],)
    try:
        socket = await open_socket(station_url(url, player.identity), subprotocols, header)
    except HandshakeRefused as refusal:
        if refusal.status in (429, 503):
            raise ConnectionLost from refusal
        raise
    async with socket:
        line = _Line(socket, played)
        answer = await line.call("BootNotification", boot(player.version))
        line.hub_time = datetime.fromisoformat(answer["currentTime"])
        if answer["status"] != "Accepted":
            raise ConnectionLost  # it is asked to come back later
        yield line


async def _deliver(line: _Line, version: str, told: Told, played: Played) -> None:
    if version == "1.6":
        answer = await line.call("StartTransaction", start_transaction(told))
        verdict = answer["idTagInfo"]["status"]
        await line.call("StopTransaction", stop_transaction(told, answer["transactionId"]))
    else:
        answer = await line.call("TransactionEvent", started(told))
        verdict = answer.get("idTokenInfo", {}).get("status", "Accepted")
        await line.call("TransactionEvent", ended(told))
    played.sessions += 1
    if verdict != "Accepted":
        played.refused[verdict] = played.refused.get(verdict, 0) + 1
