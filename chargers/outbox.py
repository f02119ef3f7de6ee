"""Messages of a station that must reach the hub: in order, once answered, kept while offline.

Source: OCPP 1.6, 3.7.1 and 4.4 (transaction-related messages); OCPP 2.0.1 part 2, E04 and E13.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from chargers.dialects.peer import Dialect
from chargers.line import ConnectionLost
from chargers.messages import (
    CallFailed,
    Ended,
    Essential,
    Message,
    Reply,
    SecurityEvent,
    Started,
    StatusSaid,
)

EVENTS_KEPT = 100  # of security without a line: a hub that cannot be trusted is one at each try


@dataclass(eq=False, slots=True)
class _Entry:
    message: Message
    reply: Reply | None = None
    refusals: int = 0


class Outbox:
    """A queue in front of the line.

    `on_reply` sees every answer and may put more. A message leaves the queue when it was
    answered; an OCPP error keeps it there if it is of a session, and is raised to whoever sends.
    After `attempts` errors it is given up; None: never.
    """

    def __init__(
        self,
        dialect: Callable[[], Dialect | None],
        on_reply: Callable[[Message, Reply], None],
        break_off: Callable[[], Awaitable[None]],
        attempts: int | None = None,
    ) -> None:
        self._dialect = dialect
        self._on_reply = on_reply
        self._break_off = break_off
        self._queue: deque[_Entry] = deque()
        self._sending = asyncio.Lock()
        self._attempts = attempts
        self.given_up = 0
        self.last: Started | Ended | None = None
        self.loses_next_answer = False

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, message: Message) -> None:
        """Queue a message; it is marked offline if there is no line now."""
        self._put(message)

    async def tell(self, message: Message) -> Reply | None:
        """Queue a message and deliver what can be. None: it still waits for a line."""
        entry = self._put(message)
        await self.deliver()
        return entry.reply

    async def deliver(self) -> None:
        """Send what waits, in order, until the queue is empty or the line is gone."""
        async with self._sending:
            while self._queue and await self._deliver_first():
                pass

    async def repeat_last(self) -> Reply:
        """Send the last start or stop again: same content, a new message id."""
        assert self.last is not None, "nothing was started or stopped yet"
        dialect = self._dialect()
        if dialect is None:
            raise ConnectionLost
        async with self._sending:
            return await dialect.tell(self.last)

    def _put(self, message: Message) -> _Entry:
        if isinstance(message, Essential) and self._dialect() is None:
            message = replace(message, offline=True)
        if isinstance(message, Started | Ended):
            self.last = message
        if isinstance(message, SecurityEvent):
            self._drop_oldest_event()
        entry = _Entry(message)
        self._queue.append(entry)
        return entry

    def _drop_oldest_event(self) -> None:
        events = [entry for entry in self._queue if isinstance(entry.message, SecurityEvent)]
        if len(events) >= EVENTS_KEPT:
            self._queue.remove(events[0])

    async def _deliver_first(self) -> bool:
        entry = self._queue[0]
        dialect = self._dialect()
        if dialect is None:
            return False
        is_status = isinstance(entry.message, StatusSaid)
        if is_status:
            self._queue.popleft()
        try:
            reply = await dialect.tell(entry.message)
        except ConnectionLost:
            return False
        except CallFailed:
            entry.refusals += 1
            is_essential = isinstance(entry.message, Essential)
            if not is_status and (not is_essential or entry.refusals == self._attempts):
                self._queue.popleft()
                self.given_up += is_essential
            raise
        if self.loses_next_answer and isinstance(entry.message, Started | Ended):
            self.loses_next_answer = False
            await self._break_off()
            return False
        if not is_status:
            self._queue.popleft()
        entry.reply = reply
        self._on_reply(entry.message, reply)
        return True
