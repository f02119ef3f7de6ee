"""A simulated charging station: the same calls tell the same story in every OCPP version.

No sleeps and no clock of its own: the moment comes from the clock it is given, and every call
returns when the hub has answered, or at once when the message must wait for a line.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from chargers.evse import Evse
from chargers.habits import Habits
from chargers.machine import Machine, token_of
from chargers.messages import Charging, GridReading, IdToken, Reply, Status, StatusSaid
from chargers.vehicle import Vehicle

__all__ = ["Habits", "StationSim"]


class StationSim(Machine):
    """A station with `evses` EVSEs of `power_w` each, one connector per EVSE.

    `version` "1.6", "2.0.1" or "2.1"; `url` the hub's OCPP address without the identity; `clock`
    gives the station's aware time. `sessions`: every session it had, in order. A verdict is the
    hub's word on a token: accepted, invalid, blocked, expired, concurrent, no_credit, not_now,
    not_here; None where the hub has not answered. The station's own are reserved, out_of_service
    and, offline, unknown_offline (neither list nor cache know it) and not_offline.

    While there is no line everything of a session is queued with its own time and delivered in
    order by `reconnect` or `deliver_queue`. An OCPP error to a start, reading or stop raises
    AnsweredWithError and keeps the message for the next delivery.
    """

    async def close(self) -> None:
        """Close the line and drop what is still being done; for the end of a test or program."""
        await self.upkeep.close()
        await super().close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # The line and the queue.

    async def reconnect(self, *, boot: bool = False, deliver: bool = True) -> None:
        """Come back after the line was lost, with a boot if asked, and deliver the queue.

        A line that is only half open, or not yet known to be gone, is given up first.
        """
        await self.disconnect()
        await self.connect()
        if boot:
            await self.boot()
        if deliver:
            await self.deliver_queue()

    async def repeat_last_message(self) -> Reply:
        """Send the last start or stop again as firmware does whose answer got lost.

        Same content, a new message id; returns the hub's answer.
        """
        return await self._outbox.repeat_last()

    def lose_next_answer(self) -> None:
        """The hub's answer to the next start or stop never arrives: the line breaks first.

        The message stays queued; `reconnect` sends it again under a new message id.
        """
        self._outbox.loses_next_answer = True

    # What people do in front of it.

    async def authorize(self, id_token: str | IdToken) -> str:
        """Ask whether a token may charge; returns the verdict."""
        token = token_of(id_token)
        reply = await self._open_dialect().authorize(token)
        assert reply.verdict is not None, "both schemas want one"
        self._remember(token.value, reply)
        return reply.verdict

    async def plug_in(
        self,
        evse: int,
        id_token: str | IdToken | None = None,
        *,
        authorize: bool = True,
        vehicle: Vehicle | None = None,
    ) -> str | None:
        """Plug a car in and present a token; returns the verdict.

        Without a token the car waits, or begins the session the hub has asked for. `authorize`
        False: the station asks by starting, as with a token it knows.
        """
        place = self.evses[evse]
        now = self.now()
        if not place.is_open:
            return "out_of_service"
        if id_token is not None and self._keeps_off(place, id_token, now):
            return "reserved"
        place.vehicle = vehicle or Vehicle()
        await self.say(evse, "occupied", "ev_connected")
        if place.awaited is not None and place.awaited.until > now:
            wish = place.awaited
            return await self.begin(evse, wish.id_token, "remote_start", wish.remote_start_id)
        if id_token is None:
            return None
        return await self.present(evse, id_token, authorize=authorize)

    async def present(
        self, evse: int, id_token: str | IdToken, *, authorize: bool = True
    ) -> str | None:
        """Present a token where a car is plugged in; starts if the local list, the cache or the hub
        allows, or its silence."""
        place = self.evses[evse]
        assert place.vehicle is not None, f"no car at EVSE {evse}"
        assert place.session is None, f"EVSE {evse} charges already"
        if not place.is_open:
            return "out_of_service"
        if self._keeps_off(place, id_token, self.now()):
            return "reserved"
        if authorize:
            verdict = await self._verdict(token_of(id_token))
            if verdict != "start":
                return verdict
        return await self.begin(evse, token_of(id_token), "authorized", None)

    async def _verdict(self, id_token: IdToken) -> str:
        """`start`, or why not: by the local list or the cache, else by the hub."""
        decision = self.local_auth.decision(id_token.value, self.now(), self.is_connected)
        if decision != "ask":
            self.started_unasked += self.is_connected
            return decision
        verdict = await self.authorize(id_token)
        return "start" if verdict == "accepted" else verdict

    async def charge(
        self,
        evse: int,
        energy_wh: int,
        readings: int = 1,
        *,
        power_w: int | None = None,
        before_each: Callable[[], object] | None = None,
    ) -> None:
        """Let `energy_wh` flow, whatever the limits, and report it in `readings` steps, as equal
        as whole Wh allow.

        `before_each` runs before each step; a test moves its clock there.
        """
        assert readings >= 1, readings
        assert energy_wh >= 0, energy_wh
        place = self.evses[evse]
        for step in range(readings):
            if before_each is not None:
                before_each()
            share = energy_wh * (step + 1) // readings - energy_wh * step // readings
            self._take(place, share)
            told_w = self.charging.offered_w(place) if power_w is None else power_w
            await self._progress(place, told_w)

    async def tick(self, evse: int, elapsed: timedelta) -> int:
        """Let the car charge as it can for `elapsed` and report it; returns the Wh taken.

        Charging profiles are followed at each instant since the last look, which is taken to have
        lasted `elapsed`. A car that is full suspends the session; so does a limit of nothing.
        """
        place = self.evses[evse]
        assert place.vehicle is not None, f"no car at EVSE {evse}"
        if not place.draws:
            place.looked_at = self.now()
            return 0
        gained = 0
        for piece in self.charging.pieces(place, elapsed):
            taken = place.meter.run(place.vehicle.power_w(piece.power_w), piece.lasts)
            place.vehicle = place.vehicle.charged(taken)
            gained += taken
        if place.vehicle.is_full and gained == 0:
            place.is_held_back = False
            await self.suspend(evse)
        elif not await self._held_back(place):
            await self._progress(place, self._flowing_w(place))
        return gained

    async def suspend(self, evse: int, by: Charging = "suspended_ev") -> None:
        """The car (or the EVSE: `suspended_evse`) stops taking energy; the session goes on."""
        await self._move(self.evses[evse], by)

    async def resume(self, evse: int) -> None:
        """Energy flows again."""
        self.evses[evse].looked_at = self.now()
        await self._move(self.evses[evse], "charging")

    async def unplug(self, evse: int) -> None:
        """The car leaves; a session that still runs ends with it."""
        place = self.evses[evse]
        if place.session is not None:
            await self.stop(evse, "ev_disconnected")
        place.vehicle = None
        await self.say(evse, place.resting_status(self.now()), "idle")

    # What it says of itself.

    async def status(
        self,
        evse: int,
        status: Status | None = None,
        charging: Charging | None = None,
        error: str | None = None,
    ) -> None:
        """Say the state of an EVSE (0: the station), after changing it where given.

        `error` is OCPP 1.6's error code; 2.x has none in this message.
        """
        if evse == 0:
            word: Status = status or "available"
            await self._tell(StatusSaid(0, word, "idle", self.now(), error))
            return
        place = self.evses[evse]
        place.status = status or place.status
        place.charging = charging or place.charging
        place.error = error
        await self.say_again(evse)

    async def read_grid(
        self,
        export_w: int | None = None,
        import_w: int | None = None,
        exported_wh: int | None = None,
    ) -> None:
        """Tell what the meter at the site's grid connection shows now."""
        reading = GridReading(self.now(), export_w, import_w, exported_wh)
        await self._open_dialect().grid(reading)

    async def expire_reservations(self) -> None:
        """Let go of reservations whose time is over, and say so."""
        now = self.now()
        for place in self.evses.values():
            if place.reservation is not None and place.held(now) is None:
                await self._expire(place, place.reservation.id, now)

    async def _expire(self, place: Evse, reservation_id: int, now: datetime) -> None:
        place.reservation = None
        if place.status == "reserved":
            await self.say(place.number, place.resting_status(now), "idle")
        await self._open_dialect().reservation_ended(reservation_id, "expired")
