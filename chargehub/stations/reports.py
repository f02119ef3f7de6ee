"""What a station tells the hub, in one language for every version of OCPP, and what it is told.

Pure values. Energy is whole Wh on the station's register, power whole W, instants aware UTC.
No word of one OCPP version comes this far (style: field words). `repairs` says what had to be
assumed when a report was read: 'time_without_zone' (taken as UTC), 'time_unreadable' (1970).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chargehub.stations.contracts import (
    CertificateVerdict,
    ChainStatusAnswer,
    ChainStatusAsked,
    ContractAnswer,
    ContractAsked,
    ContractShown,
    StatusAnswer,
    StatusAsked,
)
from chargehub.stations.gridmeter import GridReading
from chargehub.stations.signed import SignedReading

ConnectorStatus = Literal["available", "occupied", "reserved", "unavailable", "faulted"]
ChargingState = Literal["idle", "ev_connected", "charging", "suspended_ev", "suspended_evse"]
StartVerdict = Literal["accepted", "invalid", "blocked", "expired", "not_now", "no_credit"]
Trigger = Literal["started", "updated", "ended"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One instant of a meter. `register_wh` is the import register; None where it was not sent.

    `is_absurd`: one was sent that no meter shows, such as MaxInt for a missing value.
    `power_w` and `soc_percent` are for show; only the register prices. `raw` is not kept here:
    the report as received is stored beside it.
    """

    at: datetime
    register_wh: int | None
    power_w: int | None = None
    soc_percent: int | None = None
    context: str = "sample_periodic"
    is_absurd: bool = False


@dataclass(frozen=True, slots=True)
class Booted:
    """BootNotification: who the station says it is."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The station is alive and wants the time."""


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """StatusNotification: what became of a connector.

    `evse` 0 is the station itself. `charging` None: not told. `at` None: the station gave no time
    (1.6 may leave it out); it is news.
    """

    evse: int
    connector: int
    status: ConnectorStatus
    charging: ChargingState | None
    at: datetime | None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class TokenPresented:
    """Authorize: may this id token charge here? `contract`: certificates that came with it."""

    id_token: str
    contract: ContractShown | None = None


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A session began at an EVSE.

    1.6: StartTransaction, `transaction_id` None, the hub gives it. 2.x never sends this; it
    sends SessionProgressed. `meter_wh` None: what the station told is no register.
    """

    evse: int
    id_token: str
    meter_wh: int | None
    at: datetime
    transaction_id: str | None
    reservation_id: int | None = None
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """StopTransaction of 1.6: a session is over.

    `transaction_id` may be '0' or '-1' or stale: then it is matched by register, time and EVSE.
    `id_token` None: nobody presented one. `meter_wh` as at the start.
    """

    transaction_id: str
    meter_wh: int | None
    at: datetime
    reason: str
    id_token: str | None = None
    readings: tuple[Reading, ...] = ()
    repairs: tuple[str, ...] = ()
    signed: tuple[SignedReading, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionProgressed:
    """TransactionEvent of 2.x: a session began, went on or ended.

    `evse` and `id_token` are None where the station did not say.
    """

    trigger: Trigger
    transaction_id: str
    seq_no: int
    at: datetime
    evse: int | None = None
    id_token: str | None = None
    charging: ChargingState | None = None
    stop_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    offline: bool = False
    readings: tuple[Reading, ...] = ()
    repairs: tuple[str, ...] = ()
    signed: tuple[SignedReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Metered:
    """MeterValues: what the meter of an EVSE shows.

    `transaction_id` None: outside any session, or the station did not say. `grid`: of EVSE 0
    alone, what the site feeds into the grid.
    """

    evse: int
    transaction_id: str | None
    readings: tuple[Reading, ...]
    repairs: tuple[str, ...] = ()
    signed: tuple[SignedReading, ...] = ()
    grid: tuple[GridReading, ...] = ()


@dataclass(frozen=True, slots=True)
class DataTransferred:
    """DataTransfer: a vendor's own words. The hub knows no vendor's yet."""

    vendor_id: str
    message_id: str | None
    data: Any = None


NoteTopic = Literal[
    "battery_swap",
    "certificate",
    "charging_limit",
    "charging_needs",
    "charging_profiles",
    "customer_information",
    "display_messages",
    "energy_resource",
    "event",
    "event_stream",
    "firmware",
    "log",
    "monitoring",
    "payment",
    "security",
]


@dataclass(frozen=True, slots=True)
class Noted:
    """What a station tells beside sessions: of its upkeep, its limits, its cars' wishes.

    `content` is the message as the station's version of OCPP says it. `request_id` is the number
    of the command it answers; None: nobody asked. `is_last` False: more parts follow. `status`:
    how far the station is with it; None: it does not say.
    """

    topic: NoteTopic
    content: Mapping[str, Any]
    request_id: int | None = None
    is_last: bool = True
    status: str | None = None


CertificatePurpose = Literal["station", "vehicle", "vehicle_20", "both"]
"""Towards whom a station proves itself: the hub, cars (ISO 15118-2 or -20), or all of them."""


@dataclass(frozen=True, slots=True)
class ChargingNeedsTold:
    """NotifyEVChargingNeeds: the car at an EVSE says what it needs. `note`: all that it said."""

    evse: int
    note: Noted


@dataclass(frozen=True, slots=True)
class ChargingScheduleTold:
    """NotifyEVChargingSchedule: how the car at an EVSE means to charge, at its fastest.

    `limit` in `unit`, W or A per phase. `phases` None: not told. `note`: all that it said.
    """

    evse: int
    unit: Literal["W", "A"]
    limit: float
    phases: int | None
    note: Noted


@dataclass(frozen=True, slots=True)
class CertificateRequested:
    """SignCertificate: a request (PEM) to sign a certificate. `request_id`: 2.1 may number it."""

    request: str
    purpose: CertificatePurpose = "station"
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsReported:
    """NotifyReport: part of a device model report. `settings` are name -> value as text."""

    request_id: int
    settings: Mapping[str, str]
    is_last: bool


@dataclass(frozen=True, slots=True)
class ReservationEnded:
    """ReservationStatusUpdate: the station let a reservation go. `status`: expired, removed."""

    reservation_id: int
    status: str


Report = (
    Booted
    | CertificateRequested
    | ChargingNeedsTold
    | ChargingScheduleTold
    | Heartbeat
    | StatusChanged
    | TokenPresented
    | SessionStarted
    | SessionEnded
    | SessionProgressed
    | Metered
    | DataTransferred
    | Noted
    | SettingsReported
    | ReservationEnded
    | StatusAsked
    | ChainStatusAsked
    | ContractAsked
)


@dataclass(frozen=True, slots=True)
class Received:
    """A report's envelope, kept with everything that matters to money.

    `message_id` is OCPP's unique id of the call, `action` its name on the wire, `payload` its
    payload as received, as JSON text. `connection` numbers the line it came by.
    """

    message_id: str
    action: str
    payload: str
    received_at: datetime
    connection: int = 0


@dataclass(frozen=True, slots=True)
class BootAnswer:
    """What a booting station is told: the time, and how often to say it is alive."""

    status: Literal["accepted", "pending", "rejected"]
    now: datetime
    interval_s: int


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    """The time."""

    now: datetime


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """May the token charge? `expires_at` None: no end. `group`: all of its account have it.

    `certificate`: how its contract's certificate stands; None: it came with none.
    """

    verdict: StartVerdict
    expires_at: datetime | None = None
    group: str | None = None
    certificate: CertificateVerdict | None = None


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """The answer to SessionStarted: the transaction id the station must use, and the verdict."""

    transaction_id: str
    verdict: StartVerdict
    group: str | None = None


@dataclass(frozen=True, slots=True)
class EndAnswer:
    """The answer to SessionEnded. `verdict` None: no token was presented."""

    verdict: StartVerdict | None = None


@dataclass(frozen=True, slots=True)
class ProgressAnswer:
    """The answer to SessionProgressed. `verdict` None: no token was presented.

    `total_cost_minor` with `currency_exponent` digits: the running or final cost, None if free
    of meaning (no tariff).
    """

    verdict: StartVerdict | None = None
    total_cost_minor: int | None = None
    currency_exponent: int = 2
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Stored; nothing more to say."""


@dataclass(frozen=True, slots=True)
class DataTransferAnswer:
    """The answer to a vendor's own words."""

    status: Literal["accepted", "rejected", "unknown_message_id", "unknown_vendor_id"]


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """Is the certificate signed? It follows as a command."""

    is_accepted: bool


@dataclass(frozen=True, slots=True)
class ChargingAnswer:
    """Is what the car said accepted? Its limit follows as a command, if it needs one."""

    is_accepted: bool


Answer = (
    BootAnswer
    | CertificateAnswer
    | ChargingAnswer
    | HeartbeatAnswer
    | TokenAnswer
    | StartAnswer
    | EndAnswer
    | ProgressAnswer
    | Acknowledged
    | DataTransferAnswer
    | Noted
    | StatusAnswer
    | ChainStatusAnswer
    | ContractAnswer
)
