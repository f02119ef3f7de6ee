"""Who has a line, and asking it: the one way from the hub to its stations."""

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from types import MappingProxyType
from typing import Final

import orjson

from chargehub.clock import Clock
from chargehub.events import StationCommanded
from chargehub.ocpp.counts import Counts
from chargehub.ocpp.fields import Calls, Payload, Unfit
from chargehub.ocpp.manners import Manners
from chargehub.ocpp.parts import parted
from chargehub.ocpp.problems import CallProblem, CallRefused, LineClosed
from chargehub.ocpp.rpc import Line
from chargehub.ocpp.schemas import check
from chargehub.ocpp.versions import Version
from chargehub.stations import actions as stations
from chargehub.stations import passwords, tables
from chargehub.stations.commands import Call, Command, Outcome, SetPassword, Switchboard
from chargehub.store.writer import Store

NO_TURN: Final = nullcontext()
HUNG_UP: Final = 1000  # close code: the hub wants the line closed, nobody did wrong
NONE: Final[Mapping[str, str]] = MappingProxyType({})


class OcppSwitchboard:
    """The lines of this process, at most one a station: the newest."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._lines: dict[str, Line] = {}
        self._manners: dict[str, Manners] = {}

    def is_connected(self, station_id: str) -> bool:
        """Does the station have a line?"""
        return station_id in self._lines

    def connected(self) -> Mapping[str, int]:
        """How many stations have a line, by OCPP version."""
        return Counter(line.version.name for line in self._lines.values())

    def connect(self, station_id: str, line: Line, manners: Manners | None = None) -> Line | None:
        """Put a station's newest line in; the one it replaces, for the caller to close."""
        replaced = self._lines.get(station_id)
        self._lines[station_id] = line
        if manners is not None:
            self._manners[station_id] = manners
        return replaced

    def disconnect(self, station_id: str, line: Line) -> bool:
        """Take a closed line out. False: a newer one has its place, and nothing happens."""
        if self._lines.get(station_id) is not line:
            return False
        del self._lines[station_id]
        self._manners.pop(station_id, None)
        return True

    def limits_of(self, station_id: str) -> tuple[str, ...]:
        """The settings by which a station that has a line tells how long a call may be."""
        line = self._lines.get(station_id)
        rules = line.version.parted.values() if line is not None else ()
        return tuple(name for rule in rules for name in rule.settings)

    async def ask(
        self, station_id: str, command: Command, limits: Mapping[str, str] = NONE
    ) -> Outcome:
        """Send and await the answer; never raises for what a station does or does not do."""
        line = self._lines.get(station_id)
        if line is None:
            return Outcome("offline")
        speech = line.version.commands.get(type(command))
        if speech is None:
            reason = f"OCPP {line.version.name}, which this station speaks, has no such message."
            return Outcome("error", "NotSent", {"reason": reason})
        to_calls, to_outcome = speech
        manners = self._manners.get(station_id)
        try:
            calls = to_calls(command if manners is None else manners.worded(command))
            if not isinstance(command, Call):  # what operators send goes as they wrote it
                calls = parted(calls, line.version.parted, limits)
            _check(line.version, calls)
            if manners is not None:
                manners.check(calls)
        except Unfit as unfit:
            return Outcome("error", "NotSent", {"reason": str(unfit)})
        except CallProblem as problem:
            return Outcome("error", "NotSent", {"reason": problem.text})
        answers: list[Payload] = []
        try:
            for action, payload in calls:
                async with NO_TURN if manners is None else manners.turn():
                    answers.append(await line.call(action, payload))
        except CallRefused as refused:
            return Outcome("error", refused.code, {"reason": refused.text, "done": len(answers)})
        except TimeoutError:
            return Outcome("timed_out", "", {"done": len(answers)})
        except LineClosed as closed:
            was_sent = closed.was_sent or answers
            return Outcome("timed_out" if was_sent else "offline", "", {"done": len(answers)})
        return to_outcome(command, answers)

    async def hang_up(self, station_id: str, reason: str) -> None:
        """Close the station's line, if it has one."""
        line = self._lines.get(station_id)
        if line is not None:
            await line.close(HUNG_UP, reason)


def _check(version: Version, calls: Calls) -> None:
    """Raises CallProblem for what the station's version of OCPP cannot carry."""
    for action, payload in calls:
        if action not in version.to_station:
            text = f"In OCPP {version.name} a hub asks no station for this."
            raise CallProblem("unknown_action", text)
        check(version.schemas.requests[action], orjson.loads(orjson.dumps(payload)))


class CarryOut:
    """The effect that sends a command; its outcome is recorded by `stations.record_outcome`."""

    def __init__(self, switchboard: Switchboard, store: Store, clock: Clock, secret: bytes) -> None:
        self._secret = secret
        self._switchboard = switchboard
        self._store = store
        self._clock = clock

    async def run(self, event: StationCommanded, key: str) -> Outcome:
        """Mark the command as sent, send it, and wait for what comes of it."""
        if not self._switchboard.is_connected(event.station_id):
            return Outcome("offline")
        command = await self._store.do(stations.mark_sent, event.command_id, self._clock.now())
        if command is None:  # finished or expired: nothing to send, and nothing to record
            return Outcome("offline")
        if isinstance(command, SetPassword):
            password = passwords.unseal(self._secret, command.password)
            if password is None:
                return Outcome("error", "NotSent", {"reason": "The hub's secret has changed."})
            command = SetPassword(password)
        return await self._switchboard.ask(event.station_id, command, await self._limits(event))

    async def _limits(self, event: StationCommanded) -> Mapping[str, str]:
        """How long the station says that a call may be."""
        names = self._switchboard.limits_of(event.station_id)
        return await self._store.read(tables.settings_named, event.station_id, names)


def carry_out(switchboard: Switchboard, store: Store, clock: Clock, secret: bytes) -> CarryOut:
    """The effect behind StationCommanded. `secret` is the hub's."""
    return CarryOut(switchboard, store, clock, secret)
