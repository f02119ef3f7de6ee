"""One connection's calls and answers, both ways: frames, order, time-outs, names of errors.

What a message means is not known here: `receive` is asked for the answer to a valid call.
Source: OCPP-J 1.6, section 4, and OCPP 2.0.1 part 4, section 4.
"""

import asyncio
import logging
import re
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import orjson
import structlog
from websockets.asyncio.connection import Connection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.protocol import State

from chargehub.ocpp.counts import Counts
from chargehub.ocpp.limits import Pace
from chargehub.ocpp.problems import CallProblem, CallRefused, LineClosed
from chargehub.ocpp.repairs import mend
from chargehub.ocpp.schemas import check, is_usable
from chargehub.ocpp.versions import Version
from chargehub.ocpp.wire import note, wire

log = structlog.get_logger(__name__)

CALL: Final = 2
RESULT: Final = 3
ERROR: Final = 4
RESULT_ERROR: Final = 5  # of 2.1: an answer of ours, or of the station's, could not be read
SEND: Final = 6  # of 2.1: a call that has no answer
LONGEST_ID: Final = 36  # signs of a message id; it is stored with the report
LONGEST_TEXT: Final = 255  # signs of an error's description
REMEMBERED: Final = 8  # answers of a line; a station repeats its last call, not older ones
NOTHING: Final = b""  # the answer to what takes its turn and has no answer
FINISH_S: Final = 5.0  # what the message in hand may take at a shutdown
CUT_OFF_S: Final = 1.0  # to hear why; a station that floods is not read until it says goodbye

# Repeating these harms nobody, and a remembered answer would tell an old time or an old standing.
# Some firmware gives every call the same message id.
ANSWERED_ANEW: Final = frozenset({"Authorize", "BootNotification", "Heartbeat"})

_HEAD = re.compile(rb'\s*\[\s*2\s*,\s*"[^"\\]*(?:\\.[^"\\]*)*"\s*,\s*"[^"\\]*(?:\\.[^"\\]*)*"\s*,')
_ID = re.compile(rb'\s*\[\s*2\s*,\s*"([!#-\[\]-~]{1,36})"')


class Call(NamedTuple):
    """What a station asks, as it came, but for `repairs` of its payload: a rule for each place."""

    id: str
    action: str
    payload: Any
    frame: bytes

    is_answered: bool = True
    repairs: tuple[str, ...] = ()

    @property
    def payload_text(self) -> str:
        """The payload as received, as JSON text."""
        head = _HEAD.match(self.frame)
        if head is None:
            return orjson.dumps(self.payload).decode()
        return self.frame[head.end() : self.frame.rindex(b"]")].strip().decode()


Receive = Callable[[Call], Awaitable[Mapping[str, Any]]]
Note = Callable[[str, bytes], None]  # told of each frame: '<' came in, '>' went out


class Line:
    """The calls and answers of one open connection.

    Calls of the station are answered strictly in order, by a task of their own, so that answers
    to our calls are read meanwhile. At most one call of ours is under way. Bad content is
    answered with an error and never closes the line.
    """

    __slots__ = (
        "_answered",
        "_counts",
        "_is_closed",
        "_is_finishing",
        "_is_strict",
        "_most_bytes",
        "_note",
        "_pace",
        "_pending",
        "_receive",
        "_room",
        "_socket",
        "_timeout_s",
        "_turn",
        "_waiting",
        "_waiting_bytes",
        "_worker",
        "identity",
        "version",
    )

    def __init__(
        self,
        socket: Connection,
        identity: str,
        version: Version,
        receive: Receive,
        counts: Counts,
        *,
        pace: Pace,
        note: Note | None = None,
        queue_frames: int = 64,
        pending_bytes: int = 262_144,
        call_timeout_s: float = 30.0,
        is_strict: bool = False,
    ) -> None:
        self.identity = identity
        self.version = version
        self._socket = socket
        self._receive = receive
        self._counts = counts
        self._pace = pace
        self._note = note
        self._room = queue_frames
        self._most_bytes = pending_bytes
        self._waiting_bytes = 0
        self._timeout_s = call_timeout_s
        self._is_strict = is_strict
        self._waiting: deque[Call | bytes] = deque()  # calls, and answers that need no thought
        self._worker: asyncio.Task[None] | None = None
        self._answered: dict[str, tuple[int, bytes]] = {}
        self._pending: dict[str, asyncio.Future[Any]] = {}
        self._turn = asyncio.Lock()
        self._is_finishing = False
        self._is_closed = False

    async def run(self) -> None:
        """Read until the connection is closed; returns when the message in hand is done."""
        try:
            while True:
                self._take(await self._socket.recv(decode=False))
                if self._is_full() and self._worker is not None:  # stop reading
                    if self._pace.is_flood(len(self._waiting)):
                        await self._cut_off()
                        break
                    await asyncio.wait({self._worker})
        except ConnectionClosed:
            pass
        finally:
            self._end()
            if self._worker is not None:
                await asyncio.wait({self._worker})

    def _is_full(self) -> bool:
        return len(self._waiting) >= self._room or self._waiting_bytes >= self._most_bytes

    async def _cut_off(self) -> None:
        self._socket.close_timeout = CUT_OFF_S
        await self.close(CloseCode.POLICY_VIOLATION, "too many messages")

    async def call(self, action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask the station, and give its answer, which has what its schema requires.

        Raises CallRefused (it answered with an error, or with nonsense), TimeoutError, LineClosed.
        """
        message_id = str(uuid.uuid4())
        async with self._turn:
            if self._is_closed:
                raise LineClosed(was_sent=False)
            self._counts.asked += 1
            waiter = self._socket.loop.create_future()
            self._pending[message_id] = waiter
            try:
                async with asyncio.timeout(self._timeout_s):
                    if not await self._send(orjson.dumps([CALL, message_id, action, payload])):
                        raise LineClosed(was_sent=False)
                    answer: Mapping[str, Any] = await waiter
            except TimeoutError:
                self._counts.timed_out += 1
                raise
            finally:
                del self._pending[message_id]
                if waiter.done() and not waiter.cancelled():
                    waiter.exception()  # so that nobody complains that it was never looked at
        if not is_usable(self.version.schemas.answers[action], answer):
            if self.version.sent is not None:
                refusal = [RESULT_ERROR, message_id, "FormatViolation", "", {}]
                await self._send(orjson.dumps(refusal))
            raise CallRefused("FormatViolation", "The station's answer lacks what it must have.")
        return answer

    async def finish(self) -> None:
        """Finish the message in hand and take no other; what waits is the station's to repeat."""
        self._is_finishing = True
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=FINISH_S)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection. Our call under way fails at once."""
        self._end()
        await self._socket.close(code, reason)

    # --- what comes in ---------------------------------------------------------------------

    def _take(self, frame: bytes) -> None:
        self._counts.frames += 1
        self._tell("<", frame)
        try:
            message = orjson.loads(frame)
        except orjson.JSONDecodeError:
            self._take_unreadable(frame)
            return
        kind = message[0] if isinstance(message, list) and message else None
        if kind == CALL:
            self._take_call(message, frame)
        elif kind in (RESULT, ERROR):
            self._take_answer(message)
        elif self.version.sent is not None and kind in (RESULT_ERROR, SEND):
            self._take_unanswered(message, frame)
        elif isinstance(kind, int) and len(message) > 1:
            self._take_unknown_type(message[1])
        else:
            self._take_unreadable(frame)

    def _take_call(self, message: list[Any], frame: bytes) -> None:
        if len(message) != 4 or not _is_id(message[1]) or not isinstance(message[2], str):
            message_id = message[1] if len(message) > 1 else None
            self._take_unreadable(frame, message_id if isinstance(message_id, str) else None)
            return
        payload = {} if message[3] is None else message[3]
        self._queue(Call(message[1], message[2], payload, frame))

    def _take_unanswered(self, message: list[Any], frame: bytes) -> None:
        """A SEND, or the word that an answer of ours was no good. Neither is answered."""
        if message[0] == SEND and len(message) == 4 and _is_id(message[1]):
            self._queue(Call(message[1], message[2], message[3], frame, is_answered=False))
        elif message[0] == RESULT_ERROR:
            self._counts.answers_refused += 1
            code = _words(message[2] if len(message) > 2 else None)
            log.warning("answer refused", station=self.identity, code=code)
            self._queue(NOTHING)
        else:
            self._counts.unreadable += 1
            self._queue(NOTHING)

    def _take_answer(self, message: list[Any]) -> None:
        message_id = message[1] if len(message) > 1 else None
        waiter = self._pending.get(message_id) if isinstance(message_id, str) else None
        if waiter is None or waiter.done():
            self._counts.unsolicited += 1
            self._queue(NOTHING)
            return
        content = message[2] if len(message) > 2 else None
        if message[0] == RESULT:
            waiter.set_result({} if content is None else content)
            return
        text = message[3] if len(message) > 3 else ""
        waiter.set_exception(CallRefused(_words(content), _words(text)))

    def _take_unknown_type(self, message_id: Any) -> None:
        """1.6 ignores message types it does not know, 2.x says so."""
        self._counts.unreadable += 1
        if self.version.unreadable_id is not None:
            answer_to = message_id if _is_id(message_id) else self.version.unreadable_id
            self._queue(self._error(answer_to, CallProblem("message_type", "")))
        else:
            self._queue(NOTHING)

    def _take_unreadable(self, frame: bytes, message_id: str | None = None) -> None:
        """Answered under its id where that can be read; else under "-1" in 2.x, not in 1.6."""
        self._counts.unreadable += 1
        found = _ID.match(frame)
        answer_to = message_id or (found[1].decode() if found else self.version.unreadable_id)
        if answer_to is None:
            self._queue(NOTHING)
        else:
            self._queue(self._error(answer_to, CallProblem("unreadable", "This is no call.")))

    # --- what goes out ---------------------------------------------------------------------

    def _queue(self, item: Call | bytes) -> None:
        if self._is_finishing:
            return
        self._waiting.append(item)
        self._waiting_bytes += _size(item)
        if self._worker is None or self._worker.done():
            self._worker = self._socket.loop.create_task(self._work())

    async def _work(self) -> None:
        """Answer what waits, in order. Ends when nothing waits: an idle line has no such task."""
        while self._waiting and not self._is_finishing and not self._is_closed:
            item = self._waiting.popleft()
            self._waiting_bytes -= _size(item)
            await self._await_turn(item)
            answer = await self._answer(item) if isinstance(item, Call) else item
            if answer is NOTHING or (isinstance(item, Call) and not item.is_answered):
                continue
            if not await self._send(answer):
                break

    async def _await_turn(self, item: Call | bytes) -> None:
        """Who sends more than one at a time lets others go between."""
        is_hurried, now_s = bool(self._waiting), self._socket.loop.time()
        wait_s = self._pace.wait_s(_size(item), now_s, is_hurried=is_hurried)
        if wait_s:
            self._counts.slowed += 1
            await asyncio.sleep(wait_s)

    async def _answer(self, call: Call) -> bytes:
        self._counts.calls += 1
        content = hash(call.frame)
        known = self._answered.get(call.id)
        if known is not None and known[0] == content:
            self._counts.repeated += 1
            return known[1]
        try:
            answer = orjson.dumps([RESULT, call.id, await self._receive(self._checked(call))])
        except CallProblem as problem:
            return self._error(call.id, problem)
        except Exception:  # the edge: the station gets an error and tries again, the line stays
            log.exception("report failed", station=self.identity, action=call.action)
            return self._error(call.id, CallProblem("internal", "The hub failed; try again."))
        if call.action not in ANSWERED_ANEW:
            self._remember(call.id, content, answer)
        return answer

    def _checked(self, call: Call) -> Call:
        """The call with a payload that fits its schema. Raises CallProblem."""
        validator = self.version.schemas.requests.get(call.action)
        if validator is None:
            raise CallProblem("unknown_action", "There is no such action in this OCPP version.")
        is_sent = call.action in (self.version.sent or ())
        if call.action not in self.version.messages or is_sent is call.is_answered:
            raise CallProblem("unsupported_action", "This hub does not take this action.")
        if self._is_strict:
            check(validator, call.payload)
            return call
        repairs = mend(validator, call.payload, self.version.words)
        if not repairs:
            return call
        self._counts.repairs.update(repairs)
        return call._replace(repairs=repairs)

    def _remember(self, message_id: str, content: int, answer: bytes) -> None:
        """Known by content too: a message id that is used again for something else is news."""
        self._answered.pop(message_id, None)
        self._answered[message_id] = (content, answer)
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]

    def _error(self, message_id: str, problem: CallProblem) -> bytes:
        if problem.problem == "internal":
            self._counts.failed += 1
        else:
            self._counts.refused += 1
        code = self.version.problems[problem.problem]
        return orjson.dumps([ERROR, message_id, code, problem.text[:LONGEST_TEXT], {}])

    async def _send(self, frame: bytes) -> bool:
        """False: the connection is closed."""
        self._tell(">", frame)
        socket = self._socket
        if socket.state is State.OPEN and not socket.transport.get_write_buffer_size():
            broadcast((socket,), frame, text=True)  # a third of what `send` costs
            return True
        try:
            await socket.send(frame, text=True)  # waits for a station that reads slowly
        except ConnectionClosed:
            return False
        return True

    def _tell(self, direction: str, frame: bytes) -> None:
        if self._note is not None:
            self._note(direction, frame)
        if wire.isEnabledFor(logging.DEBUG):
            note(self.identity, direction, frame)

    def _end(self) -> None:
        self._is_closed = True
        for waiter in self._pending.values():
            if not waiter.done():
                waiter.set_exception(LineClosed(was_sent=True))


def _size(item: Call | bytes) -> int:
    return len(item) if isinstance(item, bytes) else len(item.frame)


def _words(value: Any) -> str:
    """A station's error code or text. Anything but text says nothing, however deep it is nested."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_ID and value.isprintable()
