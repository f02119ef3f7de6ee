"""The half of a simulated station that is about its line: connect, lose it, wait, be asked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection

from chargers.dialects.peer import Dialect
from chargers.dialects.versions import DIALECTS
from chargers.faults import Faults
from chargers.faulty_line import FaultyLine, Misbehaviour
from chargers.line import (
    SUBPROTOCOLS,
    ConnectionLost,
    HandshakeRefused,
    Line,
    NoSubprotocol,
    basic_auth,
    open_socket,
    station_url,
)
from chargers.messages import Received, SecurityEvent
from chargers.protection import PASSWORD_ALONE, Attempt, Protection
from chargers.remote import Job, RemoteControl
from chargers.security import Security
from chargers.settings import Settings
from chargers.traffic import Direction, Traffic

WAIT_LIMIT_S = 10.0


class Online:
    """A station's line and what comes in over it. `StationSim` adds what the station does.

    `commands`: every command received. `traffic`: what went over its lines. `failures`: what went
    wrong while the station followed a command. `is_changing_line`: it went, to come back at once.
    """

    _remote: RemoteControl

    def __init__(
        self,
        version: str,
        identity: str,
        password: str | bytes,
        url: str,
        *,
        compression: str | None = None,
        protection: Protection = PASSWORD_ALONE,
        faults: Faults | None = None,
    ) -> None:
        self.version = version
        self.identity = identity
        self.password = password
        self.url = url
        self.commands: list[Received] = []
        self.traffic = Traffic()
        self.failures: list[BaseException] = []
        self._dialect_type = DIALECTS[version]
        self.is_changing_line = False
        self.security = Security(self, protection, lambda job: self._remote.follow(job))
        known = {**self._dialect_type.settings, **self.security.settings()}
        self.settings = Settings(known, self._dialect_type.password_setting)
        self.security.guard(self.settings)
        self._compression = compression
        self._misbehaviour = Misbehaviour(faults) if faults else None
        self._dialect: Dialect | None = None
        self._line: Line | None = None
        self._reader: asyncio.Task[None] | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self._taken: dict[str, int] = {}
        self._changed = asyncio.Event()

    @property
    def frames(self) -> Sequence[tuple[Direction, str]]:
        """What went over the line, newest last."""
        return self.traffic.frames

    @property
    def last_answers(self) -> Mapping[str, dict[str, Any]]:
        """Action -> payload of the hub's last result."""
        return self.traffic.answers

    @property
    def faults_played(self) -> Counter[str]:
        """Fault -> how often it struck."""
        return Counter() if self._misbehaviour is None else self._misbehaviour.faults.played

    @property
    def is_connected(self) -> bool:
        """True while there is a line to the hub."""
        return self._dialect is not None

    @property
    def close_code(self) -> int | None:
        """How the last line was closed; 1006 if it broke; None while it is open."""
        return self._line.close_code if self._line else None

    async def connect(self) -> None:
        """Open the line. Raises HandshakeRefused with the HTTP status, NoSubprotocol, OSError."""
        assert self._dialect is None, f"{self.identity} is connected already"
        line = await self._find_line(SUBPROTOCOLS[self.version])
        dialect = self._dialect_type(
            self.identity, line, self._remote, self._note_command, self._run
        )
        self._line, self._dialect = line, dialect
        self._reader = asyncio.create_task(self._read(dialect))
        self._note_change()

    @contextmanager
    def _changing_line(self) -> Iterator[None]:
        self.is_changing_line = True
        try:
            yield
        finally:
            self.is_changing_line = False
            self._note_change()

    async def _find_line(self, wanted: str) -> Line:
        """The first that opens; else what was said to the last attempt is raised."""
        failure: Exception = ConnectionLost()
        for attempt in self.security.attempts():
            try:
                line = await self._open_line(wanted, attempt)
            except (HandshakeRefused, ConnectionLost, OSError) as error:
                self.security.failed(error)
                failure = error
                continue
            if line.subprotocol != wanted:
                await line.close()
                raise NoSubprotocol(f"the hub does not speak {wanted}")
            self.security.entered(attempt)
            return line
        raise failure

    async def _open_line(self, wanted: str, attempt: Attempt) -> Line:
        shown = attempt.password
        headers = {} if shown is None else {"Authorization": basic_auth(self.identity, shown)}

        def open_one() -> Coroutine[Any, Any, ClientConnection]:
            return open_socket(
                station_url(attempt.way.url, self.identity),
                (wanted,),
                headers,
                compression=self._compression,
                tls=attempt.tls,
            )

        if self._misbehaviour is None:
            return Line(await open_one(), self.traffic)
        line = FaultyLine(await open_one(), self.traffic, self._misbehaviour)
        await line.open_spare(open_one)
        return line

    def now(self) -> datetime:
        """The station's time."""
        raise NotImplementedError

    async def come_anew(self) -> None:
        """Change the line for one with what the station was given since."""
        raise NotImplementedError

    async def deliver_queue(self) -> None:
        """Send what waits."""
        raise NotImplementedError

    def queue_report(self, said: SecurityEvent) -> None:
        """Tell it with what else waits for the hub."""
        raise NotImplementedError

    async def disconnect(self) -> None:
        """Say goodbye and close the line. What happens now is queued."""
        if self._line is not None and self._dialect is not None:
            await self._line.close()
        await self._after_close()

    async def go_offline(self) -> None:
        """Lose the line without a word. What happens now is queued with its own time."""
        if self._line is not None and self._dialect is not None:
            await self._line.break_off()
        await self._after_close()

    async def closed(self, limit_s: float = WAIT_LIMIT_S) -> int | None:
        """Wait until the hub closes the line; returns the close code."""
        await self.until(lambda: self._dialect is None, limit_s)
        return self.close_code

    async def close(self) -> None:
        """Close the line and drop what is still being done; for the end of a test or program."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await self.disconnect()

    async def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call the hub with any action of this version, in OCPP's own field names.

        Returns the answer's payload. Raises AnsweredWithError.
        """
        return await self._open_dialect().raw_call(action, payload)

    async def receive(self, kind: str, limit_s: float = WAIT_LIMIT_S) -> Received:
        """The next command of this kind (`start_session`, `reserve`, ...) not yet received here."""
        index = self._taken.get(kind, 0)

        def of_kind() -> list[Received]:
            return [command for command in self.commands if command.kind == kind]

        await self.until(lambda: len(of_kind()) > index, limit_s)
        self._taken[kind] = index + 1
        return of_kind()[index]

    async def settled(self, limit_s: float = WAIT_LIMIT_S) -> None:
        """Wait until everything the hub's commands asked for is done. Raises what failed."""
        await self.until(lambda: not self._jobs, limit_s)

    async def until(self, holds: Callable[[], bool], limit_s: float = WAIT_LIMIT_S) -> None:
        """Wait until something holds that the hub's commands bring about. Raises TimeoutError,
        and what failed while following a command."""
        async with asyncio.timeout(limit_s):
            while True:
                if self.failures:
                    raise self.failures.pop(0)
                if holds():
                    return
                await self._changed.wait()

    def _note_change(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _note_command(self, command: Received) -> None:
        self.commands.append(command)
        self._note_change()

    def _run(self, job: Job) -> None:
        task = asyncio.create_task(self._follow(job))
        self._jobs.add(task)
        task.add_done_callback(self._job_done)
        self._note_change()

    def _run_follow_ups(self) -> None:
        for job in self._remote.take_jobs():
            self._run(job)

    def _job_done(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)
        self._note_change()

    async def _follow(self, job: Job) -> None:
        try:
            await job()
        except ConnectionLost:
            return  # the line went before it was done; what must arrive waits in the queue

    def _open_dialect(self) -> Dialect:
        if self._dialect is None:
            raise ConnectionLost(self.close_code)
        return self._dialect

    async def _read(self, dialect: Dialect) -> None:
        try:
            await dialect.serve()
        finally:
            if self._dialect is dialect:
                self._dialect = None
                self.traffic.line_is_gone()
            self._note_change()

    async def _after_close(self) -> None:
        if self._reader is not None:
            await self._reader
            self._reader = None
