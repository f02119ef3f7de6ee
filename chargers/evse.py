"""One EVSE of a simulated station: its meter, car and session, and for whom it is kept."""

from dataclasses import dataclass
from datetime import datetime

from chargers.messages import Charging, IdToken, Session, Status
from chargers.meter import Meter
from chargers.profiles import Profile
from chargers.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Reservation:
    """The EVSE is kept for a token until `expires_at`."""

    id: int
    id_token: str
    expires_at: datetime

    def is_for(self, id_token: str) -> bool:
        """Case does not count in id tokens."""
        return self.id_token.casefold() == id_token.casefold()


@dataclass(frozen=True, slots=True)
class AwaitedStart:
    """The hub asked for a session; it begins when a car is plugged in before `until`."""

    id_token: IdToken
    until: datetime
    remote_start_id: int | None = None
    profile: Profile | None = None


@dataclass(eq=False, slots=True)
class Evse:
    """Serves one car at a time. `power_w` is what it offers; the register starts where it likes.

    `looked_at`: until when the energy of the session is counted. `is_held_back`: a charging profile
    lets no energy flow. `told_w`: the power told last. `is_closed`: firmware is to be installed.
    """

    number: int
    power_w: int
    meter: Meter
    status: Status = "available"
    charging: Charging = "idle"
    error: str | None = None
    vehicle: Vehicle | None = None
    session: Session | None = None
    reservation: Reservation | None = None
    awaited: AwaitedStart | None = None
    is_operative: bool = True
    is_closed: bool = False
    looked_at: datetime | None = None
    is_held_back: bool = False
    told_w: int | None = None

    @property
    def is_open(self) -> bool:
        """True if a session may begin as far as the hub and the firmware are concerned."""
        return self.is_operative and not self.is_closed

    @property
    def draws(self) -> bool:
        """True while a car takes energy, or would if a charging profile let it."""
        is_ready = self.charging == "charging" or self.is_held_back
        return self.session is not None and self.vehicle is not None and is_ready

    @property
    def register_wh(self) -> int:
        """The meter's register."""
        return self.meter.register_wh

    def reserved_for_another(self, id_token: str, now: datetime) -> bool:
        """True if an unexpired reservation names another token."""
        held = self.held(now)
        return held is not None and not held.is_for(id_token)

    def awaits_another(self, id_token: str, now: datetime) -> bool:
        """True if the hub has asked for a session of another token that may still begin."""
        awaited = self.awaited
        if awaited is None or awaited.until <= now:
            return False
        return awaited.id_token.value.casefold() != id_token.casefold()

    def held(self, now: datetime) -> Reservation | None:
        """The reservation, if it has not expired."""
        if self.reservation is None or self.reservation.expires_at <= now:
            return None
        return self.reservation

    def resting_status(self, now: datetime) -> Status:
        """What it is when no car is plugged in."""
        if not self.is_open:
            return "unavailable"
        return "reserved" if self.held(now) else "available"
