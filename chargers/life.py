"""A simulated station in real time: it stays connected, charges, and follows the hub.

The one place of the simulator that waits; tests and demos drive `StationSim` themselves.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chargers.line import ConnectionLost, HandshakeRefused, NoSubprotocol
from chargers.messages import CallFailed
from chargers.station import StationSim

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
HOPELESS = (401, 403, 404)  # the hub knows the station and will not have it


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a station looks after its sessions, and how fast energy flows.

    `speed` 60: an hour's energy flows in a minute, at the station's unchanged clock.
    """

    reading_s: float = 10.0
    speed: int = 1


class Life:
    """Keeps one station alive. `say` is told what happens, in one line each.

    `wants_line` False: it stays offline until `come_back`. `is_back`: it booted since it last went.
    `is_refused`: the hub will not have it.
    """

    def __init__(
        self,
        station: StationSim,
        pace: Pace,
        say: Callable[[str], None],
        *,
        wants_line: bool = True,
    ) -> None:
        self.station = station
        self.errors = 0
        self.pace = pace
        self.wants_line = wants_line
        self._say = say
        self._heartbeat_s = 300.0
        self._heartbeat_due = 0.0
        self._looked_s = time.monotonic()
        self._woken = asyncio.Event()
        self.is_back = asyncio.Event()
        self.is_refused = False

    async def live(self) -> None:
        """Connect, boot, charge, beat; reconnect when the line is lost. Ends only by being
        cancelled, or with HandshakeRefused when the hub will not have this station."""
        retry_s = FIRST_RETRY_S
        while True:
            station = self.station
            if station.is_connected or station.is_changing_line or not self.wants_line:
                retry_s = FIRST_RETRY_S
                await self._guarded(self._look_after())
                await self._pause(self.pace.reading_s)
            elif not await self._come_online():
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    async def go_offline(self) -> None:
        """Lose the line and stay away until `come_back`."""
        self.wants_line = False
        self.is_back.clear()
        await self.station.go_offline()

    def come_back(self) -> None:
        """Look for a line again."""
        self.wants_line = True
        self._woken.set()

    async def _come_online(self) -> bool:
        try:
            await self.station.connect()
            reply = await self.station.boot()
        except HandshakeRefused as refusal:
            self._say(str(refusal))
            self.is_refused = refusal.status in HOPELESS
            if self.is_refused:
                raise
            return False
        except (OSError, TimeoutError, ConnectionLost, NoSubprotocol, CallFailed) as error:
            self._say(f"no line: {error}")
            await self.station.disconnect()
            return False
        self._heartbeat_s = max(1.0, reply.interval_s or self._heartbeat_s)
        self._heartbeat_due = time.monotonic() + self._heartbeat_s
        if reply.status != "accepted":
            self._say(f"the hub answers {reply.status}")
            await self.station.disconnect()
            return False
        self._say("connected and booted")
        await self._guarded(self.station.deliver_queue())
        self.is_back.set()
        return True

    async def _look_after(self) -> None:
        station = self.station
        now_s = time.monotonic()
        elapsed = timedelta(seconds=(now_s - self._looked_s) * self.pace.speed)
        self._looked_s = now_s
        for number, place in station.evses.items():
            if place.awaited is not None and place.vehicle is None:
                verdict = await station.plug_in(number)
                place.awaited = None
                self._say(f"EVSE {number}: a car comes for the remote start: {verdict}")
            elif place.session is not None and place.vehicle is not None:
                await station.tick(number, elapsed)
        if station.is_connected:
            await station.expire_reservations()
            await self._beat()
            await station.security.renew_if_due()

    async def _beat(self) -> None:
        if time.monotonic() >= self._heartbeat_due:
            await self.station.heartbeat()
            self._heartbeat_due = time.monotonic() + self._heartbeat_s

    async def _guarded(self, doing: Awaitable[None]) -> None:
        try:
            await doing
        except ConnectionLost:
            self._say(f"the line is lost (code {self.station.close_code})")
        except (CallFailed, TimeoutError) as error:
            self.errors += 1
            self._say(str(error) or "no answer")

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the line holds, no guest has come and nobody wakes it."""
        self._woken.clear()
        try:
            if self.wants_line:
                await self.station.until(self._has_news, seconds)
            else:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        except TimeoutError:
            return
        except CallFailed as error:
            self.errors += 1
            self._say(str(error))
        except (ConnectionLost, HandshakeRefused, NoSubprotocol, OSError) as error:
            self._say(f"no line: {error}")  # of a restart; it is tried again

    def _has_news(self) -> bool:
        is_lost = not self.station.is_connected and not self.station.is_changing_line
        return is_lost or self._has_guest()

    def _has_guest(self) -> bool:
        """A remote start waits for a car: no need to wait longer."""
        places = self.station.evses.values()
        return any(place.awaited is not None and place.vehicle is None for place in places)
