"""Puts the frames of all lines into the frame log: in batches, a second later, never in their way.

What the database does not take is lost, and so is the last second of a hub that crashes.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sized
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, Final

import structlog

from chargehub.clock import Clock
from chargehub.ocpp.wire import shown
from chargehub.stations import frames
from chargehub.stations.frames import NewFrame
from chargehub.stations.rules import legible
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

EVERY_S: Final = 1.0
WAITING: Final = 200  # frames of a station in that time; of a faster one the newest are kept
WAITING_BYTES: Final = 131_072  # and so much: hiding what is secret in it takes the hub's time
TOGETHER: Final = 250  # frames a commit: others wait for it
LONGEST: Final = 8_000  # signs of a frame that are kept
KINDS: Final = {2: "call", 3: "result", 4: "error", 5: "result_error", 6: "send"}
DIRECTIONS: Final = {"<": "received", ">": "sent"}

Noted = tuple[datetime, str, bytes]


class FrameLog:
    """Takes frames as they pass. `kept` is how many of a station stay in the log.

    `rate_per_s`: so many are written a second over all stations, the newest of each.
    """

    def __init__(self, store: Store, clock: Clock, kept: int, rate_per_s: int) -> None:
        assert kept > 0
        self._store = store
        self._clock = clock
        self._kept = kept
        self._most = int(rate_per_s * EVERY_S)
        self._waiting: dict[str, deque[Noted]] = {}
        self._bytes: Counter[str] = Counter()
        self._since_trim: Counter[str] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def note(self, station_id: str, direction: str, frame: bytes) -> None:
        """A frame passed: '<' came in, '>' went out."""
        waiting = self._waiting.get(station_id)
        if waiting is None:
            waiting = self._waiting[station_id] = deque()
        waiting.append((self._clock.now(), direction, frame))
        self._bytes[station_id] += len(frame)
        while len(waiting) > WAITING or self._bytes[station_id] > WAITING_BYTES:
            self._bytes[station_id] -= len(waiting.popleft()[2])
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def stop(self) -> None:
        """Write what waits. No line is open any more."""
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing
        await self.flush()

    async def flush(self) -> None:
        """Write what waits now. It is lost if that cannot be done: stations come first."""
        waiting, self._waiting = self._waiting, {}
        self._bytes.clear()
        described = _described(waiting, self._share(waiting))
        while part := tuple(islice(described, TOGETHER)):
            try:
                await self._store.do(frames.keep, part, self._full(part), self._kept)
            except Exception as error:  # the edge: it is a log, nothing waits for it
                log.warning("frames not kept", frames=len(part), error=type(error).__name__)

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(EVERY_S)
            await self.flush()
        self._writing = None

    def _share(self, waiting: Mapping[str, Sized]) -> int:
        """How many frames of each station are written; not all only where too many wait."""
        is_much = sum(map(len, waiting.values())) > self._most
        return max(1, self._most // len(waiting)) if is_much else WAITING

    def _full(self, part: tuple[NewFrame, ...]) -> list[str]:
        """The stations that have more than is kept, by now and then a quarter of it."""
        self._since_trim.update(frame.station_id for frame in part)
        most = max(1, self._kept // 4)
        full = [name for name, count in self._since_trim.items() if count >= most]
        for name in full:
            del self._since_trim[name]
        return full


def _described(waiting: Mapping[str, deque[Noted]], share: int) -> Iterator[NewFrame]:
    for station_id, noted in waiting.items():
        for at, direction, frame in islice(noted, max(0, len(noted) - share), None):
            yield description(station_id, at, DIRECTIONS[direction], frame)


def description(station_id: str, at: datetime, direction: str, frame: bytes) -> NewFrame:
    """What the log keeps of a frame."""
    content, text = shown(frame)
    parts: list[Any] = content if isinstance(content, list) else []
    kind = KINDS.get(parts[0], "unreadable") if _is_number(parts[:1]) else "unreadable"
    third = _words(parts[2:3], 50)
    is_call, is_error = kind in ("call", "send"), kind in ("error", "result_error")
    return NewFrame(
        station_id,
        at,
        direction,
        kind,
        _words(parts[1:2], 36),
        third if is_call else None,
        third if is_error else None,
        text[:LONGEST].replace("\x00", ""),
    )


def _is_number(part: list[Any]) -> bool:
    return bool(part) and type(part[0]) is int


def _words(part: list[Any], limit: int) -> str | None:
    return legible(part[0], limit) if part and isinstance(part[0], str) else None
