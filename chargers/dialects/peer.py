"""What all dialects share: the library's ChargePoint on our line, one call at a time.

The library's validation on threads is switched off: it costs more than it saves for one station.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, TypeVar, cast
from uuid import uuid4

import ocpp.messages
from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case
from ocpp.exceptions import OCPPError, UnknownCallErrorCodeError
from ocpp.messages import Call, CallError, validate_payload
from ocpp.routing import on

from chargers.line import ConnectionLost, Line
from chargers.local_auth import Switch
from chargers.messages import (
    AnsweredWithError,
    BadAnswer,
    BootReply,
    GridReading,
    IdToken,
    Message,
    Reading,
    Received,
    Reply,
    Session,
)
from chargers.remote import Job, RemoteControl
from chargers.settings import Setting
from chargers.traffic import read_frame

ocpp.messages.ASYNC_VALIDATION = False

# The library writes whole frames, tokens and all, at INFO; whoever wants them attaches here.
WIRE = logging.getLogger("chargers.wire")
WIRE.addHandler(logging.NullHandler())
WIRE.propagate = False

Method = TypeVar("Method", bound=Callable[..., Any])


def answers(action: str) -> Callable[[Method], Method]:
    """The method answers this action of the hub's."""
    return cast(Callable[[Method], Method], on(action))


def instant(at: datetime) -> str:
    """An instant as stations write it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """An instant as hubs write it; without a zone it is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Dialect(Protocol):
    """One version's way to say what stations say, over one line."""

    names_own_sessions: ClassVar[bool]
    settings: ClassVar[Mapping[str, Setting]]
    password_setting: ClassVar[str]
    local_switches: ClassVar[Mapping[Switch, str]]

    def __init__(
        self,
        identity: str,
        line: Line,
        commands: RemoteControl,
        received: Callable[[Received], None],
        run: Callable[[Job], None],
    ) -> None: ...
    async def serve(self) -> None: ...
    async def boot(self, vendor: str, model: str, firmware: str, reason: str) -> BootReply: ...
    async def heartbeat(self) -> datetime: ...
    async def authorize(self, id_token: IdToken) -> Reply: ...
    async def tell(self, message: Message) -> Reply: ...
    async def meter(self, evse: int, session: Session | None, reading: Reading) -> None: ...
    async def grid(self, reading: GridReading) -> None: ...
    async def reservation_ended(self, reservation_id: int, status: str) -> None: ...
    async def raw_call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]: ...


class Peer:
    """Goes before the library's ChargePoint in a dialect's bases."""

    _call: Any  # the library's modules of this version's requests and answers
    _call_result: Any
    _ocpp_version: str
    _commands: RemoteControl

    def __init__(
        self,
        identity: str,
        line: Line,
        commands: RemoteControl,
        received: Callable[[Received], None],
        run: Callable[[Job], None],
    ) -> None:
        super().__init__(identity, line, logger=WIRE)  # type: ignore[call-arg]
        self.identity = identity
        self._line = line
        self._commands = commands
        self._received = received
        self._run = run
        self._lost = asyncio.Event()

    async def serve(self) -> None:
        """Read the line until it is gone."""
        try:
            while True:
                await self.route_message(await self._line.recv())
        except ConnectionLost:
            pass
        finally:
            self._lost.set()

    async def route_message(self, raw: str) -> None:
        """Let the library answer, then start what the command asked for."""
        await super().route_message(raw)  # type: ignore[misc]
        frame = read_frame(raw)
        if frame is not None and frame[0] == 2:
            payload = frame[3] if len(frame) > 3 else None
            self._received(Received(frame[2], payload or {}))
        for job in self._commands.take_jobs():
            self._run(job)

    async def ask(self, request: Any) -> dict[str, Any]:
        """Call the hub and return the answer's payload as received.

        Raises AnsweredWithError, BadAnswer, ConnectionLost, TimeoutError.
        """
        payload = snake_to_camel_case(remove_nones(serialize_as_dict(request)))
        return await self.raw_call(type(request).__name__, payload)

    async def raw_call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call any action with a payload in OCPP's own field names, none of them rewritten."""
        name = str(uuid4())
        call = asyncio.ensure_future(self._exchange(Call(name, action, payload)))
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({call, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise ConnectionLost(self._line.close_code)
            return call.result()
        except (OCPPError, UnknownCallErrorCodeError) as error:
            if name in self._line.errors:
                code, description = self._line.errors.pop(name)
                raise AnsweredWithError(action, code, description) from None
            self._line.traffic.misfits += 1
            raise BadAnswer(action, str(error)) from error
        except TimeoutError:
            self._line.traffic.unanswered += 1
            raise
        finally:
            call.cancel()
            lost.cancel()
            await asyncio.gather(call, lost, return_exceptions=True)

    async def _exchange(self, call: Call) -> dict[str, Any]:
        library: Any = self
        await validate_payload(call, self._ocpp_version)
        async with library._call_lock:
            await self._line.send(call.to_json())
            limit_s = library._response_timeout
            answer = await library._get_specific_response(call.unique_id, limit_s)
        if isinstance(answer, CallError):
            raise answer.to_exception()
        answer.action = call.action
        await validate_payload(answer, self._ocpp_version)
        payload: dict[str, Any] = answer.payload
        return payload
