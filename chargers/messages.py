"""What a simulated station says and hears, in the words of no OCPP version.

Pure values. Energy is whole Wh on the register, power whole W, instants aware. The dialects turn
these into a version's messages and its answers back.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Status = Literal["available", "occupied", "reserved", "unavailable", "faulted"]
Charging = Literal["idle", "ev_connected", "charging", "suspended_ev", "suspended_evse", "finished"]
Trigger = Literal["authorized", "remote_start", "charging_state", "meter", "trigger", "limit"]
Reason = Literal[
    "local",
    "remote",
    "ev_disconnected",
    "hard_reset",
    "soft_reset",
    "power_loss",
    "reboot",
    "unlock",
    "deauthorized",
    "emergency_stop",
    "other",
]
Context = Literal["begin", "periodic", "clock", "trigger", "end"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A reading as the meter signed it. `public_key`: DER; None: not told with it."""

    text: str
    method: str
    public_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Electrics:
    """Voltage and current of one phase."""

    volts: Decimal
    amperes: Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """The register at an instant. `power_w`, `soc_percent` None: not sampled.

    `phases`: L1, L2, L3 as far as they are measured. `signed`: None where the meter does not sign.
    """

    at: datetime
    register_wh: int
    power_w: int | None = None
    soc_percent: int | None = None
    context: Context = "periodic"
    phases: tuple[Electrics, ...] = ()
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class GridReading:
    """What the meter at the site's grid connection shows; None: it does not measure that.

    `exported_wh` is a register that only rises.
    """

    at: datetime
    export_w: int | None = None
    import_w: int | None = None
    exported_wh: int | None = None


@dataclass(frozen=True, slots=True)
class IdToken:
    """What a driver presents. `kind` is 2.x's type; 1.6 knows none."""

    value: str
    kind: str = "ISO14443"


@dataclass(eq=False, slots=True)
class Session:
    """One charging of one car, as the station keeps it.

    `transaction_id`: the hub's in 1.6 (None until it answered), the station's own in 2.x.
    `verdict`: the hub's last word on the token, None until it answered. `trigger`, `token` and the
    reading at its `begin` are kept for its end.
    """

    evse: int
    id_token: str
    started_at: datetime
    start_wh: int
    transaction_id: str | None = None
    verdict: str | None = None
    reservation_id: int | None = None
    remote_start_id: int | None = None
    ended_at: datetime | None = None
    end_wh: int | None = None
    reason: Reason | None = None
    next_seq_no: int = 0
    trigger: Trigger | None = None
    token: IdToken | None = None
    begin: Reading | None = None

    @property
    def is_running(self) -> bool:
        """True until the station ended it."""
        return self.ended_at is None

    @property
    def energy_wh(self) -> int | None:
        """Register at the end less register at the start; None while it runs."""
        return None if self.end_wh is None else self.end_wh - self.start_wh

    def take_seq_no(self) -> int:
        """The next number for a message of this session, from 0."""
        self.next_seq_no += 1
        return self.next_seq_no - 1


@dataclass(frozen=True, slots=True)
class StatusSaid:
    """The state of an EVSE; EVSE 0 is the station itself.

    `is_change` False: the status word is the one said before (only the charging state moved).
    """

    evse: int
    status: Status
    charging: Charging
    at: datetime
    error: str | None = None
    is_change: bool = True


@dataclass(frozen=True, slots=True)
class Started:
    """A session began. `offline`: it was not told when it happened."""

    session: Session
    at: datetime
    reading: Reading
    trigger: Trigger
    id_token: IdToken
    seq_no: int = 0
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Progressed:
    """Something within a session: readings, or another charging state, or both."""

    session: Session
    at: datetime
    seq_no: int
    trigger: Trigger
    readings: tuple[Reading, ...] = ()
    charging: Charging | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A session ended.

    `told_transaction_id` stands in for the hub's in 1.6: 0 and -1 are what stations send that
    lost theirs. Stations of 2.x name their sessions themselves and have none to lose.
    """

    session: Session
    at: datetime
    reading: Reading
    reason: Reason
    seq_no: int
    id_token: IdToken | None = None
    told_transaction_id: int | None = None
    offline: bool = False


UpkeepKind = Literal["firmware_16", "firmware_signed_16", "firmware", "diagnostics_16", "log"]
FirmwareStatus = Literal[
    "idle",
    "download_scheduled",
    "downloading",
    "downloaded",
    "download_failed",
    "signature_verified",
    "invalid_signature",
    "install_scheduled",
    "installing",
    "install_rebooting",
    "installed",
    "installation_failed",
]
LogStatus = Literal[
    "idle",
    "uploading",
    "uploaded",
    "failed",
    "not_supported",
    "permission_denied",
    "bad_message",
    "cancelled",
]


@dataclass(frozen=True, slots=True)
class UpkeepSaid:
    """How far an errand of upkeep is. `kind`: which message tells it; 1.6 has one for each."""

    kind: UpkeepKind
    status: FirmwareStatus | LogStatus
    request_id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.status}"


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """Something that a security log is for, in the standard's own word."""

    kind: str
    at: datetime
    about: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.about or ''}".rstrip()


Essential = Started | Progressed | Ended
Message = StatusSaid | UpkeepSaid | SecurityEvent | Essential


@dataclass(frozen=True, slots=True)
class Reply:
    """What the hub answered to a message of a session.

    `verdict` None: it said nothing of the token. `transaction_id`: only 1.6 gives one.
    `total_cost`: 2.x's running or final cost in major units of currency. `expires_at`: until when
    the verdict may be kept, where the hub says so.
    """

    verdict: str | None = None
    transaction_id: str | None = None
    total_cost: Decimal | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BootReply:
    """What a booting station was told."""

    status: str
    interval_s: int
    now: datetime


COMMAND_KINDS = {
    "RemoteStartTransaction": "start_session",
    "RequestStartTransaction": "start_session",
    "RemoteStopTransaction": "stop_session",
    "RequestStopTransaction": "stop_session",
    "ReserveNow": "reserve",
    "CancelReservation": "cancel_reservation",
    "ChangeAvailability": "change_availability",
    "Reset": "reset",
    "UnlockConnector": "unlock",
    "TriggerMessage": "trigger_report",
    "GetConfiguration": "read_settings",
    "GetVariables": "read_settings",
    "GetBaseReport": "read_settings",
    "ChangeConfiguration": "write_settings",
    "SetVariables": "write_settings",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A command as it came from the hub: OCPP's own action and payload."""

    action: str
    payload: dict[str, Any]

    @property
    def kind(self) -> str:
        """What was asked for, in one word for every version; else the action itself."""
        return COMMAND_KINDS.get(self.action, self.action)


class CallFailed(Exception):
    """The hub answered a call, but not with what was asked for."""


class AnsweredWithError(CallFailed):
    """The hub answered a call with an OCPP error."""

    def __init__(self, action: str, code: str, description: str) -> None:
        super().__init__(f"{action} was answered with {code}: {description}")
        self.action = action
        self.code = code
        self.description = description


class BadAnswer(CallFailed):
    """The hub's answer does not fit the standard's schema."""

    def __init__(self, action: str, fault: str) -> None:
        super().__init__(f"the answer to {action} does not fit the schema: {fault}")
        self.action = action
