"""What a simulated station does by itself or because the hub asked: states, sessions, reports."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from chargers.evse import Evse
from chargers.faults import Faults
from chargers.habits import USUAL, Habits
from chargers.journal import Journal
from chargers.line import ConnectionLost, HandshakeRefused, NoSubprotocol
from chargers.local_auth import Known, LocalAuth
from chargers.messages import (
    BootReply,
    CallFailed,
    Charging,
    Context,
    Ended,
    IdToken,
    Message,
    Progressed,
    Reading,
    Reason,
    Reply,
    SecurityEvent,
    Session,
    Started,
    Status,
    StatusSaid,
    Trigger,
    UpkeepSaid,
)
from chargers.meter import Meter
from chargers.metering import Metering
from chargers.online import Online
from chargers.outbox import Outbox
from chargers.protection import PASSWORD_ALONE, Protection
from chargers.remote import RemoteControl
from chargers.smart import SmartCharging
from chargers.upkeep import Upkeep


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class Machine(Online):
    """The station without the people in front of it. `sessions`: all it had, in order.

    `held_back`: how often a charging profile let no energy flow; `started_unasked`: how often its
    own list or cache let somebody charge while there was a line.
    """

    def __init__(
        self,
        version: str,
        identity: str,
        password: str | bytes,
        url: str,
        evses: int = 1,
        clock: Callable[[], datetime] = utc_now,
        power_w: int = 11_000,
        *,
        habits: Habits = USUAL,
        faults: Faults | None = None,
        protection: Protection = PASSWORD_ALONE,
    ) -> None:
        self._clock = clock
        super().__init__(
            version,
            identity,
            password,
            url,
            compression=habits.compression,
            faults=faults,
            protection=protection,
        )
        self.sessions: list[Session] = []
        self.habits = habits
        self._evses = {
            number: Evse(number, power_w, Meter(habits.first_register_wh))
            for number in range(1, evses + 1)
        }
        self.charging = SmartCharging(self, is_strict=self._dialect_type.names_own_sessions)
        self.local_auth = LocalAuth(self.settings, self._dialect_type.local_switches)
        self.journal = Journal()
        self.upkeep = Upkeep(self)
        self.metering = Metering(identity, habits, self.settings, evses)
        self.firmware_version = "1.0"
        self._is_timed = False
        self.held_back = 0
        self.started_unasked = 0
        self._remote = RemoteControl(self)
        self._outbox = Outbox(
            lambda: self._dialect, self._take_in, self.go_offline, habits.message_attempts
        )

    @property
    def evses(self) -> dict[int, Evse]:
        """The EVSEs by number, from 1."""
        return self._evses

    @property
    def queue_length(self) -> int:
        """Messages that wait for the hub."""
        return len(self._outbox)

    @property
    def given_up(self) -> int:
        """Messages that the hub would not have."""
        return self._outbox.given_up

    def now(self) -> datetime:
        """The station's time."""
        at = self._clock()
        assert at.tzinfo is not None, "the clock must give aware instants"
        return at

    async def boot(self, reason: str = "PowerUp", say_status: bool = True) -> BootReply:
        """Say who it is; once accepted, say the state of every EVSE."""
        dialect = self._open_dialect()
        habits = self.habits
        reply = await dialect.boot(habits.vendor, habits.model, self.firmware_version, reason)
        self.journal.note(self.now(), f"booted, {reason}: the hub says {reply.status}")
        self._is_timed = True
        if reply.status == "accepted" and say_status:
            await dialect.tell(StatusSaid(0, "available", "idle", self.now()))
            for place in self._evses.values():
                await dialect.tell(self._state(place))
        return reply

    async def heartbeat(self) -> datetime:
        """Say it is alive; returns the hub's time."""
        return await self._open_dialect().heartbeat()

    async def restart(self, reason: Reason, boot_reason: str | None = None) -> None:
        """End what runs, go away, come back and boot: what a reset does."""
        for number, place in self._evses.items():
            if place.session is not None:
                await self.stop(number, reason)
        told = boot_reason or ("RemoteReset" if reason == "hard_reset" else "ScheduledReset")
        with self._changing_line():
            await self.disconnect()
            await self.connect()
            await self.boot(told)
        await self.deliver_queue()

    async def restart_with(self, firmware_version: str) -> None:
        """Restart with this firmware and open the EVSEs again; without a line it boots later."""
        self.firmware_version = firmware_version
        for place in self._evses.values():
            place.is_closed = False
            place.status = "occupied" if place.vehicle else place.resting_status(self.now())
        if not self.is_connected:
            return  # whoever keeps the line boots with the new version
        try:
            await self.restart("soft_reset", "FirmwareUpdate")
        except (CallFailed, ConnectionLost, HandshakeRefused, OSError, TimeoutError):
            return

    async def close_evses(self) -> None:
        """Let no new session begin before the firmware is installed."""
        for number, place in self._evses.items():
            place.is_closed = True
            if place.session is None:
                await self.say(number, "unavailable", "idle")

    async def report(self, said: UpkeepSaid | SecurityEvent) -> None:
        """Tell of upkeep or security, now or when there is a line again."""
        self.queue_report(said)
        with suppress(CallFailed, TimeoutError):  # the traffic counts it; the errand goes on
            await self.deliver_queue()

    def queue_report(self, said: UpkeepSaid | SecurityEvent) -> None:
        """Write it down, and tell it with what else waits for the hub."""
        self.journal.note(self.now(), str(said), is_security=isinstance(said, SecurityEvent))
        self._outbox.put(said)

    async def come_anew(self) -> None:
        """Change the line for one with what the station was given since; sessions go on.

        If nobody lets it in, it stays away as after any loss of its line.
        """
        with (
            self._changing_line(),
            suppress(HandshakeRefused, NoSubprotocol, ConnectionLost, OSError),
        ):
            await self.disconnect()
            await self.connect()
        await self.deliver_queue()

    async def deliver_queue(self) -> None:
        """Send what waits, in order. Returns with messages left only if the line was lost."""
        await self._outbox.deliver()

    async def stop(
        self,
        evse: int,
        reason: Reason = "local",
        *,
        id_token: str | IdToken | None = None,
        transaction_id: int | None = None,
    ) -> Reply | None:
        """End the session; returns the hub's answer, None if it waits for a line.

        `transaction_id` is sent in 1.6 instead of the hub's (0 and -1 are what stations send that
        lost it); stations of 2.x name their own sessions, so nothing changes there.
        """
        place = self._evses[evse]
        assert place.session is not None, f"nothing to stop at EVSE {evse}"
        token = None if id_token is None else token_of(id_token)
        reply = await self._tell(self._end(place, reason, token, transaction_id))
        await self.say(evse, "occupied", "finished")
        self._remote.session_over()
        self._run_follow_ups()
        return reply

    async def say(self, evse: int, status: Status, charging: Charging) -> None:
        """Change the state of an EVSE and say so, if it is a change."""
        place = self._evses[evse]
        if (place.status, place.charging) == (status, charging):
            return
        is_change = place.status != status
        place.status, place.charging = status, charging
        self.charging.note_cars()
        self._note_change()
        await self._tell(self._state(place, is_change))

    async def say_again(self, evse: int) -> None:
        """Say the state of an EVSE as it is."""
        await self._tell(self._state(self._evses[evse]))

    async def read_meter(self, evse: int) -> None:
        """Report the register outside the periodic readings."""
        place = self._evses[evse]
        reading = self._reading(place, "trigger", None)
        await self._open_dialect().meter(evse, place.session, reading)

    async def tell_session(self, evse: int) -> None:
        """Report the running session, if there is one."""
        place = self._evses[evse]
        if place.session is not None:
            await self._progress(place, self._flowing_w(place), "trigger")

    async def obey_limits(self) -> None:
        """Let every car follow the charging profiles as they are now, and tell what changes."""
        for place in self._evses.values():
            if place.draws and not await self._held_back(place):
                power_w = self._flowing_w(place)
                if power_w not in (0, place.told_w):
                    await self._progress(place, power_w, "limit")

    async def begin(
        self, evse: int, id_token: IdToken, trigger: Trigger, remote_start_id: int | None
    ) -> str | None:
        """Start a session for a token; returns the verdict on it."""
        place = self._evses[evse]
        if place.session is not None:
            return None  # another start was faster
        at = self.now()
        held = place.held(at)
        reserved = held is not None and held.is_for(id_token.value)
        session = Session(
            evse=evse,
            id_token=id_token.value,
            started_at=at,
            start_wh=place.register_wh,
            transaction_id=uuid4().hex if self._dialect_type.names_own_sessions else None,
            reservation_id=held.id if held and reserved else None,
            remote_start_id=remote_start_id,
            trigger=trigger,
            token=id_token,
        )
        wish = place.awaited if trigger == "remote_start" else None
        place.session, place.awaited, place.looked_at = session, None, at
        self.charging.session_began(evse, wish.profile if wish else None)
        place.reservation = None if reserved else place.reservation
        self.sessions.append(session)
        self.journal.note(at, f"session begins at EVSE {evse}, {session.start_wh} Wh")
        reading = self._signed(place, self._reading(place, "begin", None), trigger)
        session.begin = reading
        started = Started(session, at, reading, trigger, id_token, session.take_seq_no())
        await self._tell(started)
        if place.session is session:
            await self._move(place, "charging")
            await self._held_back(place)
        return session.verdict

    async def _tell(self, message: Message) -> Reply | None:
        reply = await self._outbox.tell(message)
        self._note_change()
        return reply

    def _keeps_off(self, place: Evse, id_token: str | IdToken, now: datetime) -> bool:
        value = token_of(id_token).value
        return self.habits.honours_reservations and place.reserved_for_another(value, now)

    def _state(self, place: Evse, is_change: bool = True) -> StatusSaid:
        return StatusSaid(
            place.number, place.status, place.charging, self.now(), place.error, is_change
        )

    def _take(self, place: Evse, energy_wh: int) -> None:
        place.meter.add(energy_wh)
        if place.vehicle is not None:
            place.vehicle = place.vehicle.charged(energy_wh)

    def _reading(self, place: Evse, context: Context, power_w: int | None) -> Reading:
        if power_w is None:
            return Reading(self.now(), place.register_wh, context=context)
        soc = place.vehicle.soc_percent if place.vehicle else None
        told_w, phases = self.metering.measured(place, power_w)
        return Reading(self.now(), place.register_wh, told_w, soc, context, phases)

    def _signed(self, place: Evse, reading: Reading, why: Trigger | Reason) -> Reading:
        session = place.session
        assert session is not None and session.token is not None
        signed = self.metering.sign(place, reading, session.token, why, self._is_timed)
        return replace(reading, signed=signed)

    def _flowing_w(self, place: Evse) -> int:
        """The power that the car takes now."""
        offered_w = self.charging.offered_w(place)
        return place.vehicle.power_w(offered_w) if place.vehicle else offered_w

    async def _held_back(self, place: Evse) -> bool:
        """Whether a charging profile lets no energy flow; says so where that is new."""
        is_full = place.vehicle is not None and place.vehicle.is_full
        is_held_back = place.draws and not is_full and self.charging.offered_w(place) == 0
        if is_held_back != place.is_held_back:
            place.is_held_back = is_held_back
            self.held_back += is_held_back
            await self._move(place, "suspended_evse" if is_held_back else "charging")
        return is_held_back

    async def _progress(self, place: Evse, power_w: int, trigger: Trigger = "meter") -> None:
        session = place.session
        assert session is not None, f"no session at EVSE {place.number}"
        context: Context = "trigger" if trigger == "trigger" else "periodic"
        place.told_w = power_w
        readings = (self._reading(place, context, power_w),)
        seq_no = session.take_seq_no()
        await self._tell(Progressed(session, self.now(), seq_no, trigger, readings, place.charging))

    async def _move(self, place: Evse, charging: Charging) -> None:
        await self.say(place.number, "occupied", charging)
        session = place.session
        if session is not None:
            seq_no = session.take_seq_no()
            await self._tell(
                Progressed(session, self.now(), seq_no, "charging_state", (), charging)
            )

    def _end(
        self,
        place: Evse,
        reason: Reason,
        id_token: IdToken | None = None,
        told_transaction_id: int | None = None,
    ) -> Ended:
        session = place.session
        assert session is not None
        reading = self._signed(place, self._reading(place, "end", None), reason)
        session.ended_at, session.end_wh, session.reason = reading.at, reading.register_wh, reason
        place.session, place.is_held_back, place.told_w = None, False, None
        self.journal.note(reading.at, f"session ends at EVSE {place.number}: {reason}")
        self.charging.session_over(place.number)
        self.charging.note_cars()
        seq_no = session.take_seq_no()
        return Ended(session, reading.at, reading, reason, seq_no, id_token, told_transaction_id)

    def _take_in(self, message: Message, reply: Reply) -> None:
        """An answer came: learn the hub's transaction id and verdict, stop what it refuses."""
        self._note_change()
        if isinstance(message, StatusSaid | UpkeepSaid | SecurityEvent):
            return
        session = message.session
        if not isinstance(message, Ended):  # who ends a session says nothing of who began it
            session.verdict = reply.verdict or session.verdict
            self._remember(session.id_token, reply)
        if isinstance(message, Started) and reply.transaction_id is not None:
            session.transaction_id = reply.transaction_id
        refused = session.verdict not in (None, "accepted")
        place = self._evses[session.evse]
        if refused and self.habits.stops_when_refused and place.session is session:
            self._outbox.put(self._end(place, "deauthorized"))
            place.charging = "finished"
            self._outbox.put(self._state(place, is_change=False))

    def _remember(self, id_token: str, reply: Reply) -> None:
        if reply.verdict is not None:
            self.local_auth.remember(id_token, Known(reply.verdict, reply.expires_at))


def token_of(id_token: str | IdToken) -> IdToken:
    """A token as a value; plain text is an RFID card's."""
    return id_token if isinstance(id_token, IdToken) else IdToken(id_token)
