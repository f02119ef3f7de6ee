"""A line that plays a station's faults: it stands between the machine and the socket.

Every call of the machine becomes a few frames, often one, sometimes none; the machine gets the
answer to one of them and knows nothing of the rest.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.frames import Opcode

from chargers.distortions import Call, Payload
from chargers.faults import Faults
from chargers.line import ConnectionLost, Line
from chargers.traffic import CALL, CALL_ERROR, CALL_RESULT, Traffic, read_frame

REMEMBERED = 50  # calls of sessions that come again as they were
FAST_S = 1.0  # one model failed 77 of 89 starts until its answers were held back about as long
SLOW_S = 2.0
SILENCE_S = 5.0  # until a station notices that its link is dead
RESTLESS_S = (1.0, 5.0)
MEASURED = frozenset(
    {"Current.Import", "Energy.Active.Import.Register", "Power.Active.Import", "Voltage"}
)
WAKE = ""  # no frame: the line waits for something else from now on


@dataclass(slots=True)
class Script:
    """The frames that stand for one call, and which answer the machine gets (-1: the last)."""

    name: str
    frames: deque[tuple[str, Payload]]
    kept: int = 0
    waits_for: str = ""
    answers: list[list[Any]] = field(default_factory=list)


@dataclass(slots=True)
class Misbehaviour:
    """What a station's faults leave behind from line to line."""

    faults: Faults
    held: deque[tuple[str, Payload]] = field(default_factory=deque)
    written: dict[bytes, Payload] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def rewritten(self, action: str, payload: Payload) -> Payload:
        """The payload with its faults; a message of a session comes again as it was."""
        if not Call(action, payload).is_of_a_session:
            return self.faults.distort(action, payload)
        content = orjson.dumps((action, payload))
        if content not in self.written:
            payload = self._renumbered(orjson.loads(orjson.dumps(payload)))
            self.written[content] = self.faults.distort(action, payload)
            if len(self.written) > REMEMBERED:
                self.written.pop(next(iter(self.written)))
        return self.written[content]

    def script(self, name: str, action: str, payload: Payload) -> Script:
        """The frames for a call; those that are left out are answered as the machine hopes."""
        faults, written = self.faults, self.rewritten(action, payload)
        call, frame = Call(action, written), (action, written)
        if call.is_stop and faults.strikes("lost_stop"):
            return Script(name, deque())
        if call.is_reading and faults.strikes("reordered_queue"):
            self.held.append(frame)
            return Script(name, deque())
        frames = deque([frame, *self.held])
        self.held.clear()
        if call.is_start and faults.strikes("retried_start"):
            return Script(name, deque([frame, *list(frames)[1:], frame]), kept=-1)
        if call.is_stop and faults.strikes("repeated_stop"):
            frames.append(frame)
        if call.is_of_a_session and faults.strikes("doubled_queue"):
            frames.append(frame)
        return Script(name, frames + self._more(call))

    def real_name(self, text: str) -> str:
        """A frame of the hub's with the machine's own transaction ids."""
        for real, told in self.numbers.items():
            text = re.sub(rf'("transactionId"\s*:\s*)"{re.escape(told)}"', rf'\1"{real}"', text)
        return text

    def _more(self, call: Call) -> deque[tuple[str, Payload]]:
        more: deque[tuple[str, Payload]] = deque()
        values = call.payload.get("meterValue")
        if call.is_reading and values and self.faults.strikes("station_readings"):
            is_old = call.action == "MeterValues" and "connectorId" in call.payload
            where = {"connectorId": 0} if is_old else {"evseId": 0}
            more.append(("MeterValues", {**where, "meterValue": values}))
        if call.action == "BootNotification" and self.faults.strikes("data_transfer_object"):
            more.append(("DataTransfer", {"vendorId": "acme", "data": {"bay": 7}}))
        return more

    def _renumbered(self, payload: Payload) -> Payload:
        about = payload.get("transactionInfo")
        if about is None or "same_transaction_ids" not in self.faults.rates:
            return payload
        real = about["transactionId"]
        if real not in self.numbers and self.faults.strikes("same_transaction_ids"):
            self.numbers[real] = str(len(self.numbers) + 1)
        about["transactionId"] = self.numbers.setdefault(real, real)
        return payload


class FaultyLine(Line):
    """A line as `Line`, but for the faults."""

    def __init__(
        self, socket: ClientConnection, traffic: Traffic, misbehaviour: Misbehaviour
    ) -> None:
        super().__init__(socket, traffic)
        self._misbehaviour = misbehaviour
        self._faults = faults = misbehaviour.faults
        self._local: asyncio.Queue[str] = asyncio.Queue()
        self._reading: asyncio.Future[str] | None = None
        self._script: Script | None = None
        self._asked_s = 0.0
        self._spare: ClientConnection | None = None
        self._ends_s = float("inf")
        self._is_dead = False
        self._is_heard = False
        if faults.strikes("deaf_to_pings"):
            _stop_pongs(socket)
        if faults.strikes("restless"):
            self._ends_s = time.monotonic() + faults.chance.uniform(*RESTLESS_S)

    async def open_spare(self, open_one: Callable[[], Awaitable[ClientConnection]]) -> None:
        """Maybe open a second socket; the first, still open, is forgotten till the end."""
        if self._faults.strikes("several_sockets"):
            self._spare, self._socket = self._socket, await open_one()

    async def send(self, text: str) -> None:
        """Send what a station with these faults sends for it. Raises ConnectionLost."""
        frame = orjson.loads(text)
        if frame[0] != CALL:
            await self._send_answer(text)
            return
        self._script = self._misbehaviour.script(frame[1], frame[2], frame[3])
        if self._faults.strikes("silent_death"):
            self._is_dead, self._ends_s = True, time.monotonic() + SILENCE_S
            self._local.put_nowait(WAKE)
        await self._go_on(self._script)

    async def recv(self) -> str:
        """The next frame for the machine. Raises ConnectionLost."""
        while True:
            text = await self._next()
            if text == WAKE:
                continue
            frame = read_frame(text)
            if frame is None:
                return text
            if frame[0] == CALL:
                if self._hangs_up(frame):
                    await self._end()
                if not await self._refuses(frame):
                    return self._misbehaviour.real_name(text)
            elif (answer := await self._take(frame, text)) is not None:
                return answer

    async def close(self, code: int = 1000) -> None:
        """Say goodbye and close, and drop the forgotten socket too."""
        await super().close(code)
        self._forget()

    async def break_off(self) -> None:
        """Drop the line and the forgotten socket without a word."""
        await super().break_off()
        self._forget()

    async def _next(self) -> str:
        if not self._local.empty():
            return self._local.get_nowait()
        self._reading = self._reading or asyncio.ensure_future(super().recv())
        local = asyncio.ensure_future(self._local.get())
        left_s = self._ends_s - time.monotonic()
        limit_s = None if self._ends_s == float("inf") else max(0.0, left_s)
        waited: set[asyncio.Future[str]] = {local} if self._is_dead else {local, self._reading}
        done, _ = await asyncio.wait(waited, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if local in done:
            return local.result()
        local.cancel()
        if self._reading in done:
            reading, self._reading = self._reading, None
            return reading.result()
        return await self._end()

    async def _end(self) -> str:
        reading, self._reading = self._reading, None
        await self.break_off()
        if reading is not None:
            await asyncio.gather(reading, return_exceptions=True)
        raise ConnectionLost(self.close_code)

    async def _go_on(self, script: Script) -> None:
        if not script.frames:
            answer = script.answers[script.kept] if script.answers else [CALL_RESULT, "", {}]
            self._script = None
            self._local.put_nowait(orjson.dumps([answer[0], script.name, *answer[2:]]).decode())
            return
        action, payload = script.frames.popleft()
        is_first = not script.answers
        script.waits_for = script.name if is_first else str(uuid4())
        self._asked_s = time.monotonic()
        if not self._is_dead:
            await super().send(orjson.dumps([CALL, script.waits_for, action, payload]).decode())

    async def _take(self, frame: list[Any], text: str) -> str | None:
        script = self._script
        if script is None or frame[0] not in (CALL_RESULT, CALL_ERROR):
            return text
        if frame[1] != script.waits_for:
            return None
        self._is_heard = True
        took_s = time.monotonic() - self._asked_s
        if took_s < FAST_S and self._faults.strikes("hangs_up_on_fast_answers"):
            await self._end()
        script.answers.append(frame)
        await self._go_on(script)
        return None

    def _hangs_up(self, frame: list[Any]) -> bool:
        is_beyond = bool(_measurands(frame) - MEASURED)
        return (not self._is_heard and self._faults.strikes("hangs_up_when_asked_early")) or (
            is_beyond and self._faults.strikes("hangs_up_on_measurands")
        )

    async def _refuses(self, frame: list[Any]) -> bool:
        action, payload = frame[2], frame[3] if len(frame) > 3 else None
        starts = action in ("RemoteStartTransaction", "RequestStartTransaction")
        aims = bool({"connectorId", "evseId"} & (payload or {}).keys())
        is_refused = (action == "TriggerMessage" and self._faults.strikes("refuses_trigger")) or (
            starts and not aims and self._faults.strikes("refuses_unaimed_start")
        )
        if is_refused:
            answer = [CALL_RESULT, frame[1], {"status": "Rejected"}]
            await self._send_answer(orjson.dumps(answer).decode())
        return is_refused

    async def _send_answer(self, text: str) -> None:
        if self._is_dead or self._faults.strikes("no_answers"):
            return
        if self._faults.strikes("slow_answers"):
            await asyncio.sleep(SLOW_S)
        await super().send(text)

    def _forget(self) -> None:
        if self._spare is not None:
            self._spare.transport.abort()
            self._spare = None


def _measurands(frame: list[Any]) -> set[str]:
    """What a call wants to have sampled, in the words of any version."""
    payload: Payload = frame[3] if len(frame) > 3 and isinstance(frame[3], dict) else {}
    settings = {str(payload.get("key")): str(payload.get("value"))}
    for one in payload.get("setVariableData", ()):
        settings[str(one["variable"]["name"])] = str(one["attributeValue"])
    lists = [
        value for name, value in settings.items() if name.endswith(("Measurands", "SampledData"))
    ]
    return {one.strip() for value in lists for one in value.split(",") if one.strip()}


def _stop_pongs(socket: ClientConnection) -> None:
    protocol = socket.protocol
    send_frame = protocol.send_frame

    def send_all_but_pongs(frame: Any) -> None:
        if frame.opcode is not Opcode.PONG:
            send_frame(frame)

    protocol.send_frame = send_all_but_pongs  # type: ignore[method-assign]
