"""How one station is treated on its line, by the quirk profile of its model.

Most stations have none: then nothing here takes time.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.protocol import State

from chargehub.ocpp.fields import Calls, Unfit
from chargehub.ocpp.versions import Version
from chargehub.stations.commands import Command, Reserve, StartSession, WriteSettings
from chargehub.stations.local_list import Listed, SendLocalList
from chargehub.stations.quirks import (
    EVERY,
    UNTREATED,
    Hardware,
    QuirkBook,
    QuirkProfile,
    Treatment,
)
from chargehub.stations.reports import Booted
from chargehub.stations.views import StationView

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.05  # how often a call that waits for a boot looks whether it came
BOOT_S: Final = 10.0  # how long a boot that is being stored holds calls back
SETTLE_S: Final = 0.1  # from a boot's answer to the first call: it must arrive first
LEAVE_S: Final = 0.5  # from the answer to a boot in the wrong version to the end of its line


class TunedConnection(ServerConnection):
    """A connection whose pings may be set anew while it is open."""

    answers_pings = True

    def set_pings(self, interval_s: float | None, answers_pings: bool) -> None:
        """None: no pings. Nothing happens where it is so already."""
        if (interval_s, answers_pings) == (self.ping_interval, self.answers_pings):
            return
        if self.keepalive_task is not None:
            self.keepalive_task.cancel()
        self.ping_interval = self.ping_timeout = interval_s
        self.answers_pings = answers_pings
        if self.state is State.OPEN:
            self.start_keepalive()

    async def keepalive(self) -> None:
        """As ever; or an unasked pong at each interval, which nobody has to answer.

        Source: RFC 6455, section 5.5.3.
        """
        if self.answers_pings:
            await super().keepalive()
            return
        assert self.ping_interval is not None
        try:
            while True:
                await asyncio.sleep(self.ping_interval)
                await self.pong()
        except ConnectionClosed:
            return


def hardware_of(station: StationView) -> Hardware:
    """Who a station said it is when it last booted."""
    return Hardware(station.vendor, station.model, station.firmware_version)


class Manners:
    """One line's. Calls of the hub ask it first; a boot may change whose profile counts."""

    __slots__ = (
        "_book",
        "_choice",
        "_leaving",
        "_not_before_s",
        "_offered",
        "_profile",
        "_socket",
        "_turn",
        "_usual_ping_s",
        "_version",
        "delays",
        "treatment",
    )

    def __init__(
        self,
        book: QuirkBook,
        station: StationView,
        version: Version,
        socket: TunedConnection,
        offered: Sequence[str],
    ) -> None:
        self._book = book
        self._choice = station.quirk_profile
        self._version = version
        self._socket = socket
        self._offered = offered
        self._usual_ping_s = socket.ping_interval
        self._leaving: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._profile: QuirkProfile | None = None
        self.treatment: Treatment = UNTREATED
        self.delays: Mapping[str, float] = {}
        self._apply(book.of(hardware_of(station), self._choice))
        self._not_before_s = time.monotonic() + self.treatment.boot_wait_s

    # --- what the station asks -------------------------------------------------------------

    def begin_boot(self, report: Booted) -> None:
        """The station says who it is. Until it has its answer, nothing is asked of it."""
        hardware = Hardware(report.vendor, report.model, report.firmware_version)
        found = self._book.of(hardware, self._choice)
        if found is not self._profile:
            self._apply(found)
        if self._profile is not None:
            self._not_before_s = time.monotonic() + BOOT_S

    def end_boot(self) -> None:
        """Its answer goes out now, held back or not."""
        if self._profile is None:
            return
        delay_s = self.delay_s("BootNotification")
        quiet_s = max(SETTLE_S, self.treatment.quiet_after_boot_s)
        self._not_before_s = time.monotonic() + delay_s + quiet_s
        if self._is_wrong_version() and self._leaving is None:
            self._leaving = asyncio.create_task(self._leave(delay_s))

    @property
    def heartbeat_interval_s(self) -> int | None:
        """What the station is told at boot; None: what all are told."""
        return self.treatment.heartbeat_interval_s

    @property
    def settings(self) -> Mapping[str, str]:
        """What is written after a boot, in order: name -> value."""
        treatment, names = self.treatment, self._version.tuning.names
        wanted = {
            "measurands": ",".join(treatment.measurands) or None,
            "sampling_interval_s": treatment.sampling_interval_s,
            "clock_aligned_interval_s": treatment.clock_aligned_interval_s,
            "station_ping_interval_s": treatment.station_ping_interval_s,
        }
        told = {names[name]: str(value) for name, value in wanted.items() if value is not None}
        version = self._version.name
        own = [one for one in treatment.settings if one == version]
        return told | dict(treatment.settings[own[0]] if own else {})

    def delay_s(self, action: str) -> float:
        """How long the answer to this action is held back."""
        return self.delays.get(action, self.delays.get(EVERY, 0.0))

    # --- what the hub asks -----------------------------------------------------------------

    def worded(self, command: Command) -> Command:
        """The command with id tokens, and in the order of settings, as this model wants them."""
        style = self.treatment.id_tokens
        if isinstance(command, WriteSettings):
            return replace(command, settings=self._in_order(command.settings))
        if style == "as_given":
            return command
        if isinstance(command, StartSession | Reserve):
            return replace(command, id_token=_cased(command.id_token, style))
        if isinstance(command, SendLocalList):
            added, removed = (_all_cased(each, style) for each in (command.added, command.removed))
            return replace(command, added=added, removed=removed)
        return command

    def check(self, calls: Calls) -> None:
        """Raises Unfit for what this model is never asked."""
        if self._profile is None:
            return
        for action, payload in calls:
            for never in self.treatment.never:
                if never.forbids(str(action), payload):
                    raise Unfit(f"Not for a {self._profile.title}: {never.because}")
            self._check_measurands(str(action), payload)

    def _in_order(self, settings: Mapping[str, str]) -> Mapping[str, str]:
        """As the profile has them: commands are stored without an order. Others come after."""
        first = [name for name in self.settings if name in settings]
        return {name: settings[name] for name in dict.fromkeys([*first, *settings])}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around a call: waits until the station may be asked, a pause after the last one."""
        if not self.treatment.pause_s:
            await self._await_turn()
            yield
            return
        async with self._turn:
            await self._await_turn()
            try:
                yield
            finally:
                self._not_before_s = time.monotonic() + self.treatment.pause_s

    async def _await_turn(self) -> None:
        while (wait_s := self._not_before_s - time.monotonic()) > 0:
            if self._socket.state is not State.OPEN:
                return
            await asyncio.sleep(min(wait_s, LOOK_S))

    def _check_measurands(self, action: str, payload: Mapping[str, object]) -> None:
        allowed, tuning = set(self.treatment.measurands), self._version.tuning
        if not allowed:
            return
        for name, value in tuning.written(action, payload).items():
            is_list = name.casefold() in tuning.of_measurands
            asked = {one.strip() for one in value.split(",") if one.strip()}
            if is_list and not asked <= allowed:
                assert self._profile is not None
                listed = ", ".join(self.treatment.measurands)
                raise Unfit(f"Not for a {self._profile.title}: it measures {listed} alone.")

    # --- its profile -----------------------------------------------------------------------

    def _apply(self, profile: QuirkProfile | None) -> None:
        self._profile = profile
        self.treatment = treatment = UNTREATED if profile is None else profile.treatment
        self.delays = treatment.reply_delay_s
        told = treatment.ping_interval_s
        interval_s = self._usual_ping_s if told is None else told or None
        self._socket.set_pings(interval_s, treatment.answers_pings)

    def _is_wrong_version(self) -> bool:
        wanted = {f"ocpp{name}" for name in self.treatment.versions}
        return bool(wanted.intersection(self._offered)) and (
            self._version.subprotocol not in wanted
        )

    async def _leave(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s + LEAVE_S)
        log.info("station is to come back in another version", ocpp=self._version.name)
        await self._socket.close(CloseCode.SERVICE_RESTART, "come back with another OCPP version")


def _all_cased(listed: Sequence[Listed], style: str) -> tuple[Listed, ...]:
    return tuple(replace(entry, id_token=_cased(entry.id_token, style)) for entry in listed)


def _cased(id_token: str, style: str) -> str:
    return id_token.upper() if style == "upper" else id_token.lower()
