"""What a station does with the hub's commands, whatever version they came in.

Each method gives the answer at once and leaves what follows (starting, stopping, telling) as a
job, run after the answer has gone out: a station must not call while it is being called.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal, Protocol

from chargers.evse import AwaitedStart, Evse, Reservation
from chargers.habits import Habits
from chargers.local_auth import LocalAuth
from chargers.messages import Charging, IdToken, Reason, Status, Trigger
from chargers.profile_rules import Criteria, Refusal
from chargers.profiles import Profile
from chargers.security import Security
from chargers.settings import Settings
from chargers.smart import SmartCharging
from chargers.upkeep import Upkeep

Job = Callable[[], Awaitable[object]]
Reported = Literal["boot", "heartbeat", "status", "meter_values", "session", "certificate"]


class Acts(Protocol):
    """What the remote control needs of a station."""

    settings: Settings
    charging: SmartCharging
    local_auth: LocalAuth
    upkeep: Upkeep
    habits: Habits
    security: Security

    @property
    def evses(self) -> Mapping[int, Evse]: ...
    def now(self) -> datetime: ...
    async def begin(
        self, evse: int, id_token: IdToken, trigger: Trigger, remote_start_id: int | None
    ) -> object: ...
    async def stop(self, evse: int, reason: Reason) -> object: ...
    async def say(self, evse: int, status: Status, charging: Charging) -> None: ...
    async def say_again(self, evse: int) -> None: ...
    async def read_meter(self, evse: int) -> None: ...
    async def tell_session(self, evse: int) -> None: ...
    async def boot(self) -> object: ...
    async def heartbeat(self) -> object: ...
    async def restart(self, reason: Reason) -> None: ...
    async def obey_limits(self) -> None: ...


class RemoteControl:
    """Answers commands for a station. `take_jobs` hands over what is to follow."""

    def __init__(self, station: Acts) -> None:
        self._station = station
        self._jobs: list[Job] = []
        self._reset_when_idle = False

    @property
    def settings(self) -> Settings:
        """The station's settings."""
        return self._station.settings

    @property
    def charging(self) -> SmartCharging:
        """The station's charging profiles."""
        return self._station.charging

    @property
    def local_auth(self) -> LocalAuth:
        """The station's local list and cache."""
        return self._station.local_auth

    @property
    def upkeep(self) -> Upkeep:
        """The station's firmware and logs."""
        return self._station.upkeep

    @property
    def security(self) -> Security:
        """How the station protects its line."""
        return self._station.security

    def now(self) -> datetime:
        """The station's time."""
        return self._station.now()

    def limit(self, profile: Profile) -> Refusal | None:
        """Take a charging profile, and let the cars follow it; returns why not."""
        why = self.charging.install(profile)
        if why is None:
            self._jobs.append(self._station.obey_limits)
        return why

    def lift_limits(self, criteria: Criteria) -> bool:
        """Drop charging profiles; False: none fits."""
        is_any = self.charging.clear(criteria)
        if is_any:
            self._jobs.append(self._station.obey_limits)
        return is_any

    def follow(self, job: Job) -> None:
        """Do this once the command is answered."""
        self._jobs.append(job)

    def take_jobs(self) -> list[Job]:
        """What the commands answered so far ask for; each job is handed over once."""
        jobs, self._jobs = self._jobs, []
        return jobs

    def start(
        self,
        evse: int | None,
        id_token: IdToken,
        remote_start_id: int | None,
        profile: Profile | None = None,
    ) -> bool:
        """Begin a session, at once if a car is plugged in, else when one comes.

        `profile` is for that session alone.
        """
        now, habits = self._station.now(), self._station.habits
        if not habits.takes_remote_starts or not habits.begins_remote_starts:
            return habits.takes_remote_starts
        place = self._free_for(evse, id_token.value, now)
        if place is None or not self.charging.may_begin_with(profile, place.number):
            return False
        until = now + habits.plug_in_within
        place.awaited = AwaitedStart(id_token, until, remote_start_id, profile)
        if place.vehicle is not None:
            number = place.number
            self._jobs.append(
                lambda: self._station.begin(number, id_token, "remote_start", remote_start_id)
            )
        return True

    def stop(self, transaction_id: str) -> bool:
        """End the session with this id."""
        for place in self._station.evses.values():
            session = place.session
            if session and session.is_running and session.transaction_id == transaction_id:
                self._follow_with_stop(place, "remote")
                return True
        return False

    def reserve(
        self, reservation_id: int, evse: int | None, id_token: IdToken, expires_at: datetime
    ) -> Literal["accepted", "occupied", "faulted", "unavailable", "rejected"]:
        """Keep an EVSE for a token. The same id again replaces the reservation."""
        if not self._station.habits.offers_reservations:
            return "rejected"
        places = self._station.evses
        place = places.get(evse) if evse else self._any_free(id_token.value)
        if place is None:
            return "rejected" if evse else "occupied"
        if place.status == "faulted":
            return "faulted"
        if not place.is_open:
            return "unavailable"
        held = place.held(self._station.now())
        if place.session or place.vehicle or (held and held.id != reservation_id):
            return "occupied"
        place.reservation = Reservation(reservation_id, id_token.value, expires_at)
        self._follow_with_status(place, "reserved")
        return "accepted"

    def cancel_reservation(self, reservation_id: int) -> bool:
        """Let a reservation go."""
        for place in self._station.evses.values():
            if place.reservation and place.reservation.id == reservation_id:
                place.reservation = None
                if place.status == "reserved":
                    self._follow_with_status(place, place.resting_status(self._station.now()))
                return True
        return False

    def change_availability(
        self, evse: int, operative: bool
    ) -> Literal["accepted", "scheduled", "rejected"]:
        """Into or out of service; EVSE 0 is all of them. A running session is let finish."""
        places = self._places(evse)
        if not places:
            return "rejected"
        waits = False
        for place in places:
            place.is_operative = operative
            place.awaited = place.awaited if operative else None
            if place.session is not None and not operative:
                waits = True
            elif place.vehicle is None or not operative:
                self._follow_with_status(place, place.resting_status(self._station.now()))
        return "scheduled" if waits else "accepted"

    def reset(self, immediate: bool) -> Literal["accepted", "scheduled"]:
        """Restart: at once, ending what runs, or when no session runs any more."""
        busy = any(place.session for place in self._station.evses.values())
        if busy and not immediate:
            self._reset_when_idle = True
            return "scheduled"
        reason: Reason = "hard_reset" if immediate else "soft_reset"
        self._jobs.append(lambda: self._station.restart(reason))
        return "accepted"

    def soft_reset(self) -> None:
        """1.6's soft reset: end what runs in good order, then restart."""
        self._jobs.append(lambda: self._station.restart("soft_reset"))

    def session_over(self) -> None:
        """A session has ended: do what waited for that."""
        busy = any(place.session for place in self._station.evses.values())
        if self._reset_when_idle and not busy:
            self._reset_when_idle = False
            self._jobs.append(lambda: self._station.restart("soft_reset"))

    def unlock(self, evse: int, stops_session: bool) -> Literal["unlocked", "ongoing", "unknown"]:
        """Release the cable; 1.6 ends the session with it, 2.x refuses while one runs."""
        place = self._station.evses.get(evse)
        if place is None:
            return "unknown"
        if place.session is not None:
            if not stops_session:
                return "ongoing"
            self._follow_with_stop(place, "unlock")
        return "unlocked"

    def trigger(self, report: Reported | None, evse: int | None) -> Literal["accepted", "rejected"]:
        """Report something now, of one EVSE or of all."""
        places = self._places(evse or 0)
        if not places:
            return "rejected"
        station = self._station
        if report == "boot":
            self._jobs.append(station.boot)
        elif report == "heartbeat":
            self._jobs.append(station.heartbeat)
        elif report == "certificate":
            self._jobs.append(station.security.request_certificate)
        else:
            tell = {
                "status": station.say_again,
                "meter_values": station.read_meter,
                "session": station.tell_session,
            }[report or "status"]
            for place in places:
                self._jobs.append(lambda number=place.number: tell(number))  # type: ignore[misc]
        return "accepted"

    def _places(self, evse: int) -> list[Evse]:
        if evse == 0:
            return list(self._station.evses.values())
        place = self._station.evses.get(evse)
        return [] if place is None else [place]

    def _free_for(self, evse: int | None, id_token: str, now: datetime) -> Evse | None:
        for place in self._places(evse or 0):
            is_free = place.session is None and place.is_open and place.status != "faulted"
            is_kept = place.reserved_for_another(id_token, now)
            if is_free and not is_kept and not place.awaits_another(id_token, now):
                return place
        return None

    def _any_free(self, id_token: str) -> Evse | None:
        now = self._station.now()
        for place in self._station.evses.values():
            if place.vehicle is None and place.is_open and place.held(now) is None:
                return place
        return None

    def _follow_with_status(self, place: Evse, status: Status) -> None:
        self._jobs.append(lambda: self._station.say(place.number, status, "idle"))

    def _follow_with_stop(self, place: Evse, reason: Reason) -> None:
        self._jobs.append(lambda: self._station.stop(place.number, reason))
