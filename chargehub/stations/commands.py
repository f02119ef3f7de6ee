"""What the hub asks of a station, and what came of it, in one language for every OCPP version.

Pure values. A command is stored as JSON (`kind` and the fields) and sent by the switchboard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from chargehub.stations.local_list import ListKeeping
from chargehub.stations.profiles import Profiling
from chargehub.stations.reports import CertificatePurpose
from chargehub.stations.upkeep import Upkeep

ReportWanted = Literal[
    "boot",
    "heartbeat",
    "status",
    "meter_values",
    "session",
    "firmware",
    "signed_firmware",
    "log",
    "security_log",
    "certificate",
    "v2g_certificate",
    "combined_certificate",
]
"""`log`, `firmware`: how far they are. Only 1.6 tells `security_` and `signed_` ones apart."""
Network = Literal["wired", "wireless"]


@dataclass(frozen=True, slots=True)
class StartSession:
    """Start charging for this token. `remote_start_id` comes back in 2.x events."""

    evse: int
    id_token: str
    remote_start_id: int
    kind: Literal["start_session"] = "start_session"


@dataclass(frozen=True, slots=True)
class StopSession:
    """Stop the session the station knows by this transaction id."""

    transaction_id: str
    kind: Literal["stop_session"] = "stop_session"


@dataclass(frozen=True, slots=True)
class ReadSession:
    """Ask what the station knows of the session it calls so, and whether there is more to come.

    In the outcome `is_ongoing` and `has_more`; None where it did not say. 2.x alone.
    """

    transaction_id: str
    kind: Literal["read_session"] = "read_session"


@dataclass(frozen=True, slots=True)
class Reserve:
    """Keep an EVSE for a token until `expires_at`. `group`: others that have it may come too."""

    reservation_id: int
    evse: int
    id_token: str
    expires_at: datetime
    group: str | None = None
    kind: Literal["reserve"] = "reserve"


@dataclass(frozen=True, slots=True)
class CancelReservation:
    """Let a reservation go."""

    reservation_id: int
    kind: Literal["cancel_reservation"] = "cancel_reservation"


@dataclass(frozen=True, slots=True)
class ChangeAvailability:
    """Take an EVSE (0: the whole station) into or out of service."""

    evse: int
    operative: bool
    kind: Literal["change_availability"] = "change_availability"


@dataclass(frozen=True, slots=True)
class Reset:
    """Restart the station: at once, or when no session runs."""

    when: Literal["immediate", "idle"]
    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True)
class Unlock:
    """Release the cable of a connector."""

    evse: int
    connector: int = 1
    kind: Literal["unlock"] = "unlock"


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """Ask for a report now. `evse` None: of all."""

    report: ReportWanted
    evse: int | None = None
    kind: Literal["trigger_report"] = "trigger_report"


@dataclass(frozen=True, slots=True)
class DeliverCertificate:
    """Take the certificate that the station asked the hub to sign: PEM, its own first."""

    chain: str
    purpose: CertificatePurpose = "station"
    request_id: int | None = None
    kind: Literal["deliver_certificate"] = "deliver_certificate"


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Connect with this password from now on. `password` is sealed until it is sent."""

    password: str
    kind: Literal["set_password"] = "set_password"


@dataclass(frozen=True, slots=True)
class RaiseSecurity:
    """Connect to `url` on a higher security profile. 2.x stations keep it in `slot` at first."""

    profile: int
    url: str
    slot: int
    network: Network = "wired"
    kind: Literal["raise_security"] = "raise_security"


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Read settings by name (1.6 configuration key; 2.x 'Component.Variable'). None: all."""

    names: tuple[str, ...] = ()
    kind: Literal["read_settings"] = "read_settings"


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """Write settings: name -> value, both text. 1.6 stations take them one by one."""

    settings: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["write_settings"] = "write_settings"


@dataclass(frozen=True, slots=True)
class SetMasterPass:
    """Let the master tokens of this group end sessions. `group` empty: none."""

    group: str
    kind: Literal["set_master_pass"] = "set_master_pass"


@dataclass(frozen=True, slots=True)
class TellCost:
    """Show the driver what the session costs by now. `exponent`: digits behind the point."""

    transaction_id: str
    cost_minor: int
    exponent: int
    kind: Literal["tell_cost"] = "tell_cost"


@dataclass(frozen=True, slots=True)
class Call:
    """Any action of the station's OCPP version, with a payload as that version writes it."""

    action: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["call"] = "call"


Command = (
    StartSession
    | StopSession
    | ReadSession
    | Reserve
    | CancelReservation
    | ChangeAvailability
    | Reset
    | Unlock
    | TriggerReport
    | DeliverCertificate
    | SetPassword
    | RaiseSecurity
    | ReadSettings
    | WriteSettings
    | SetMasterPass
    | TellCost
    | Call
    | Upkeep
    | Profiling
    | ListKeeping
)

Fate = Literal["accepted", "refused", "error", "timed_out", "offline"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command.

    `accepted`: the station will do it, or did. `refused`: it answered and will not. `error`: it
    answered with an OCPP error. `timed_out`: sent, no answer. `offline`: not sent, no line.
    `status` is the station's own word; `details` what it told (settings, transaction id).
    """

    fate: Fate
    status: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Switchboard(Protocol):
    """Knows which station has a line, and asks it things, one at a time per station."""

    def is_connected(self, station_id: str) -> bool: ...

    def limits_of(self, station_id: str) -> Sequence[str]:
        """The settings by which a station that has a line tells how long a call may be."""
        ...

    async def ask(
        self, station_id: str, command: Command, limits: Mapping[str, str] = ...
    ) -> Outcome:
        """Send and await the answer; never raises for what a station does or does not do.

        What is longer than the `limits`, settings of the station by name, goes in several calls.
        """
        ...

    async def hang_up(self, station_id: str, reason: str) -> None:
        """Close the station's line, if it has one."""
        ...
