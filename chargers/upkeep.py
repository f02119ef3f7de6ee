"""What a station does for its upkeep: it fetches and installs firmware, and uploads its logs.

Errands run beside everything else and wait by the station's own clock; each tells how far it is.
Source: OCPP 1.6, 4.5, 4.6, 5.9, 5.19 and its security white paper, 4.3 to 4.5; OCPP 2.0.1 part 2,
L01, L02 and N01.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Literal, Protocol, TypeVar
from urllib.parse import urlsplit

from chargers import signing, transfer
from chargers.evse import Evse
from chargers.habits import Habits
from chargers.journal import Journal
from chargers.messages import FirmwareStatus, LogStatus, SecurityEvent, UpkeepKind, UpkeepSaid

LOOK_S = 0.1  # how often an errand looks at the clock
Outcome = TypeVar("Outcome")
VERSION = re.compile(r"\d+(?:\.\d+)+")
Accepted = Literal["accepted", "cancelled_another", "rejected", "invalid_certificate"]
LOG_FAILURES: Mapping[transfer.Failure, LogStatus] = {
    "unsupported": "not_supported",
    "not_permitted": "permission_denied",
    "bad_request": "bad_message",
    "refused": "failed",
    "unreachable": "failed",
}


@dataclass(frozen=True, slots=True)
class FirmwareOrder:
    """Firmware to fetch from `location` and install. `kind` names the messages that tell of it.

    `retries`: how often a failed download is tried again. Certificate and signature as PEM and
    base64, both or none.
    """

    kind: UpkeepKind
    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    request_id: int | None = None
    retries: int = 0
    retry_after: timedelta = timedelta(seconds=10)
    certificate: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class LogOrder:
    """A log to upload to `location`, of what happened from `since` until `until`."""

    kind: UpkeepKind
    location: str
    is_security: bool = False
    since: datetime | None = None
    until: datetime | None = None
    request_id: int | None = None
    retries: int = 0
    retry_after: timedelta = timedelta(seconds=10)


class Maintains(Protocol):
    """What upkeep needs of a station."""

    identity: str
    firmware_version: str
    journal: Journal
    habits: Habits

    @property
    def evses(self) -> Mapping[int, Evse]: ...
    def now(self) -> datetime: ...
    async def report(self, said: UpkeepSaid | SecurityEvent) -> None: ...
    async def close_evses(self) -> None: ...
    async def restart_with(self, firmware_version: str) -> None: ...


class Upkeep:
    """The errands of a station: at most one of firmware and one of a log at a time."""

    def __init__(self, station: Maintains) -> None:
        self._station = station
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._orders: dict[str, FirmwareOrder | LogOrder] = {}
        self._last: dict[UpkeepKind, UpkeepSaid] = {}
        self._is_installing = False
        self.failures: list[BaseException] = []

    def update(self, order: FirmwareOrder) -> Accepted:
        """Take an order for firmware; one that is not installed yet gives way."""
        if self._is_installing:
            return "rejected"
        if order.certificate is not None:
            now, roots = self._station.now(), self._station.habits.manufacturer_roots
            if not signing.is_trusted(order.certificate, roots, now):
                self._start("event", self._tell_event("InvalidFirmwareSigningCertificate"))
                return "invalid_certificate"
        return self._begin("firmware", order, self._firmware(order))

    def upload(self, order: LogOrder) -> tuple[Accepted, str]:
        """Take an order for a log; returns the file's name too."""
        name = f"{self._station.identity}-{'security' if order.is_security else 'diagnostics'}.log"
        return self._begin("log", order, self._upload(order, name)), name

    def last(self, kind: UpkeepKind) -> UpkeepSaid:
        """How far the last errand of a kind is; idle once it is over."""
        said = self._last.get(kind)
        is_over = said is None or said.status in ("installed", "uploaded")
        return UpkeepSaid(kind, "idle") if said is None or is_over else said

    async def repeat(self, kind: UpkeepKind) -> None:
        """Say how far the last errand is: the hub asked."""
        await self._station.report(self.last(kind))

    @property
    def is_busy(self) -> bool:
        """True while an errand runs."""
        return any(not one.done() for one in self._errands.values())

    async def done(self, limit_s: float = 10.0) -> None:
        """Wait until every errand is over. Raises what went wrong in one."""
        async with asyncio.timeout(limit_s):
            while self.is_busy:
                await asyncio.wait([one for one in self._errands.values() if not one.done()])
        if self.failures:
            raise self.failures.pop(0)

    async def close(self) -> None:
        """Drop what still runs."""
        for errand in self._errands.values():
            errand.cancel()
        await asyncio.gather(*self._errands.values(), return_exceptions=True)

    def _begin(self, name: str, order: FirmwareOrder | LogOrder, work: Awaitable[None]) -> Accepted:
        before = self._errands.get(name)
        is_replaced = before is not None and not before.done()
        if is_replaced:
            assert before is not None
            before.cancel()
        former, self._orders[name] = self._orders.get(name), order
        gone = former if is_replaced and isinstance(former, LogOrder) else None
        self._start(name, self._after(before, gone, work))
        return "cancelled_another" if is_replaced else "accepted"

    async def _after(
        self, before: asyncio.Task[None] | None, gone: LogOrder | None, work: Awaitable[None]
    ) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        if gone is not None and gone.kind == "log":
            await self._say(UpkeepSaid("log", "cancelled", gone.request_id))
        await work

    def _start(self, name: str, work: Awaitable[None]) -> None:
        async def errand() -> None:
            await work

        task = asyncio.create_task(errand())
        task.add_done_callback(self._ended)
        self._errands[name] = task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)

    async def _firmware(self, order: FirmwareOrder) -> None:
        is_new = order.kind != "firmware_16"

        async def say(status: FirmwareStatus) -> None:
            await self._say(UpkeepSaid(order.kind, status, order.request_id))

        if order.retrieve_at > self._station.now():
            if is_new:
                await say("download_scheduled")
            await self._until(lambda now: now >= order.retrieve_at)
        await say("downloading")
        fetched = await self._retried(order, lambda: transfer.fetch(order.location))
        if not isinstance(fetched, transfer.Fetched):
            await say("download_failed")
            return
        await say("downloaded")
        if order.certificate is not None:
            if not signing.is_signed(fetched.digest, order.signature or "", order.certificate):
                await say("invalid_signature")
                await self._tell_event("InvalidFirmwareSignature")
                return
            await say("signature_verified")
        await self._install(order, fetched, say)

    async def _install(
        self,
        order: FirmwareOrder,
        fetched: transfer.Fetched,
        say: Callable[[FirmwareStatus], Awaitable[None]],
    ) -> None:
        """Install when the time has come and no car charges any more, and restart."""
        station, is_new = self._station, order.kind != "firmware_16"
        wanted_at = order.install_at or station.now()
        if is_new and (wanted_at > station.now() or self._is_in_use()):
            await say("install_scheduled")
        await self._until(lambda now: now >= wanted_at)
        await station.close_evses()
        await self._until(lambda _: not self._is_in_use())
        self._is_installing = True
        try:
            await say("installing")
            if fetched.size == 0 or station.habits.install_time is None:
                await station.restart_with(station.firmware_version)
                await say("installation_failed")
                return
            done_at = station.now() + station.habits.install_time
            await self._until(lambda now: now >= done_at)
            if is_new:
                await say("install_rebooting")
            await station.restart_with(_version(order.location, fetched.digest))
            await say("installed")
            if is_new:
                await self._tell_event("FirmwareUpdated", station.firmware_version)
        finally:
            self._is_installing = False

    async def _upload(self, order: LogOrder, name: str) -> None:
        await self._say(UpkeepSaid(order.kind, "uploading", order.request_id))
        content = self._station.journal.text(order.is_security, order.since, order.until)

        async def attempt() -> transfer.Failure | None:
            return await transfer.send(order.location, name, content.encode())

        failure = await self._retried(order, attempt)
        status: LogStatus = "uploaded"
        if failure is not None:
            status = LOG_FAILURES[failure]
        await self._say(UpkeepSaid(order.kind, status, order.request_id))

    async def _retried(
        self, order: FirmwareOrder | LogOrder, attempt: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        """The outcome of the first attempt that does not fail, else of the last."""
        outcome = await attempt()
        for _ in range(order.retries):
            if not isinstance(outcome, str):
                break
            again_at = self._station.now() + order.retry_after
            await self._until(lambda now, at=again_at: now >= at)  # type: ignore[misc]
            outcome = await attempt()
        return outcome

    async def _say(self, said: UpkeepSaid) -> None:
        self._last[said.kind] = said
        await self._station.report(said)

    async def _tell_event(self, kind: str, about: str | None = None) -> None:
        await self._station.report(SecurityEvent(kind, self._station.now(), about))

    async def _until(self, holds: Callable[[datetime], bool]) -> None:
        while True:
            if holds(self._station.now()):
                return
            await asyncio.sleep(LOOK_S)

    def _is_in_use(self) -> bool:
        return any(place.session is not None for place in self._station.evses.values())


def _version(location: str, digest: bytes) -> str:
    """The version that a file's name tells, else the beginning of its hash."""
    found = VERSION.search(PurePosixPath(urlsplit(location).path).name)
    return found.group() if found else digest.hex()[:8]
