"""What queries of `tables.py` give: frozen values, never rows. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.stations.commands import Command, Outcome
from chargehub.stations.rules import Told, command_of


@dataclass(frozen=True, slots=True)
class LocationView:
    """A place. Coordinates in microdegrees; `time_zone` is a name of the tz database."""

    id: str
    owner_id: str
    external_ref: str | None
    name: str
    address: str
    latitude_e6: int
    longitude_e6: int
    time_zone: str
    created_at: datetime
    access_notes: str
    removed_at: datetime | None = None
    country: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class StationView:
    """A station and what is known of its line. `connection` 0: it has none.

    `next_…`: a password or security profile that it was asked to take on; until it comes with
    that, the one before counts too.

    `is_accepted`: it booted once and was accepted. `clock_ahead_s` None: not measured.
    `quirk_profile`: what an operator chose, as QuirkBook.of takes it.
    """

    id: str
    owner_id: str
    location_id: str
    time_zone: str
    external_ref: str | None
    identity: str
    name: str
    password_digest: str
    next_password_digest: str | None
    security_profile: int
    next_security_profile: int | None
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    accepted_at: datetime | None
    connection: int
    connected_at: datetime | None
    disconnected_at: datetime | None
    last_seen_at: datetime | None
    retired_at: datetime | None
    clock_ahead_s: int | None
    quirk_profile: str = "auto"

    @property
    def is_accepted(self) -> bool:
        return self.accepted_at is not None and self.retired_at is None

    @property
    def is_connected(self) -> bool:
        return self.connection != 0


@dataclass(frozen=True, slots=True)
class Window:
    """A pairing window that is open for the identity somebody came with."""

    pairing_id: str
    security_profile: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PairingView:
    """A pairing. `ended_at` None: its window is open, unless its time is over.

    `state`: waiting, refused (who came last showed too little, for `reason`), adopted, expired,
    cancelled. `knocked_…`: when somebody last came under the identity, and from where.
    """

    id: str
    owner_id: str
    identity: str
    wanted: dict[str, Any]
    security_profile: int
    state: str
    reason: str | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    knocked_at: datetime | None
    knocked_from: str | None
    is_contested: bool
    station_id: str | None

    def at(self, now: datetime) -> "PairingView":
        """As it is at this moment: a window whose time is over has ended, noted or not."""
        if self.ended_at is not None or now < self.expires_at:
            return self
        became = "expired" if self.state == "waiting" else self.state
        return replace(self, state=became, ended_at=self.expires_at)


@dataclass(frozen=True, slots=True)
class EvseView:
    """An EVSE with what its station and location say of it. `charging` None: not told.

    `status_at` is the device's time of the status; None: the station never told one.
    """

    id: str
    station_id: str
    number: int
    owner_id: str
    location_id: str
    time_zone: str
    ocpp_version: str | None
    power_w: int
    status: str
    charging: str | None
    status_at: datetime | None
    error_code: str | None
    is_connected: bool


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """A plug or socket; `type` in OCPI's names."""

    evse_id: str
    number: int
    type: str


@dataclass(frozen=True, slots=True)
class EquippedEvse:
    """An EVSE with its connectors."""

    evse: EvseView
    connectors: tuple[ConnectorView, ...]


@dataclass(frozen=True, slots=True)
class EquippedStation:
    """A station with its EVSEs, by number."""

    station: StationView
    evses: tuple[EquippedEvse, ...]


@dataclass(frozen=True, slots=True)
class ConnectorTold:
    """A connector with the last that was told of it."""

    id: str
    evse_id: str
    evse_number: int
    number: int
    told: Told


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting as the station last reported it."""

    name: str
    value: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command and how far it came. `tries` counts how often it was marked as sent.

    `state`: queued, sent, answered (the station accepted), refused, failed (an OCPP error, or
    no answer), expired. `outcome` None: nothing came back yet. `progress`: what the station told
    since, as `status` and `at`.
    """

    id: str
    station_id: str
    owner_id: str
    kind: str
    body: dict[str, Any]
    state: str
    session_id: str | None
    booking_id: str | None
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    outcome: Outcome | None
    tries: int
    request_id: int | None = None
    progress: dict[str, Any] | None = None

    @property
    def is_open(self) -> bool:
        """Waits for the station, or for its answer."""
        return self.state in ("queued", "sent")

    @property
    def was_not_taken(self) -> bool:
        """The station said no, or never got it. An answer that was lost says neither."""
        if self.outcome is None:
            return not self.is_open and self.tries == 0
        return self.outcome.fate in ("refused", "error")

    @property
    def command(self) -> Command:
        """What is asked of the station."""
        return command_of(self.body)
