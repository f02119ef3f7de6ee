"""What REST takes and gives for commands: what people ask of stations, and what came of it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, Tag

from chargehub.rest.bodies import Body
from chargehub.stations import commanding, commands, rules
from chargehub.stations.bodies import EvseNumber, SettingName, SettingValue, Wish
from chargehub.stations.profile_bodies import (
    ClearChargingProfilesRequest,
    ReadCompositeScheduleRequest,
    SetChargingProfileRequest,
)
from chargehub.stations.upkeep_bodies import (
    ClearCacheRequest,
    ClearDisplayMessageRequest,
    DeleteCertificateRequest,
    GetDisplayMessagesRequest,
    GetLogRequest,
    InstallCertificateRequest,
    ListCertificatesRequest,
    SetDisplayMessageRequest,
    SyncLocalListRequest,
    UpdateFirmwareRequest,
)
from chargehub.stations.views import CommandView

LONGEST_CALL_S = 120  # longer than any station is given to answer
USUAL_CALL_S = 40


class ChangeAvailabilityRequest(Wish):
    """Take an EVSE (0: the whole station) into or out of service."""

    kind: Literal["change_availability"]
    evse: Annotated[int, Field(ge=0, le=rules.MAX_EVSES)]
    operative: bool

    def command(self) -> commands.Command:
        return commands.ChangeAvailability(self.evse, self.operative)


class ResetRequest(Wish):
    """Restart the station: at once, or when no session runs."""

    kind: Literal["reset"]
    when: Literal["immediate", "idle"] = "idle"

    def command(self) -> commands.Command:
        return commands.Reset(self.when)


class UnlockRequest(Wish):
    """Release the cable of a connector."""

    kind: Literal["unlock"]
    evse: EvseNumber
    connector: Annotated[int, Field(ge=1, le=rules.MAX_CONNECTORS)] = 1

    def command(self) -> commands.Command:
        return commands.Unlock(self.evse, self.connector)


class TriggerReportRequest(Wish):
    """Ask the station for a report now; without `evse` for all EVSEs."""

    kind: Literal["trigger_report"]
    report: commands.ReportWanted
    evse: EvseNumber | None = None

    def command(self) -> commands.Command:
        return commands.TriggerReport(self.report, self.evse)


class SetMasterPassRequest(Wish):
    """Let your master tokens end sessions at this station, or no longer. Not in OCPP 1.6."""

    kind: Literal["set_master_pass"]
    is_allowed: bool = True

    def command(self) -> commands.Command:
        return commands.SetMasterPass(commanding.OWN_GROUP if self.is_allowed else "")


class ReadSettingsRequest(Wish):
    """Read settings by name; no name: all."""

    kind: Literal["read_settings"]
    names: Annotated[list[SettingName], Field(max_length=100, default_factory=list)]

    def command(self) -> commands.Command:
        return commands.ReadSettings(tuple(self.names))


class WriteSettingsRequest(Wish):
    """Write settings: name to value, both text."""

    kind: Literal["write_settings"]
    settings: Annotated[dict[SettingName, SettingValue], Field(min_length=1, max_length=50)]

    def command(self) -> commands.Command:
        return commands.WriteSettings(self.settings)


def _kind(given: Any) -> str | None:
    kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
    return kind if isinstance(kind, str) else None


# `discriminator="kind"` does not go with the check of texts that every body makes before.
CommandRequest = Annotated[
    Annotated[ChangeAvailabilityRequest, Tag("change_availability")]
    | Annotated[ClearCacheRequest, Tag("clear_cache")]
    | Annotated[ClearChargingProfilesRequest, Tag("clear_charging_profiles")]
    | Annotated[ClearDisplayMessageRequest, Tag("clear_display_message")]
    | Annotated[DeleteCertificateRequest, Tag("delete_certificate")]
    | Annotated[GetDisplayMessagesRequest, Tag("get_display_messages")]
    | Annotated[GetLogRequest, Tag("get_log")]
    | Annotated[InstallCertificateRequest, Tag("install_certificate")]
    | Annotated[ListCertificatesRequest, Tag("list_certificates")]
    | Annotated[ReadCompositeScheduleRequest, Tag("read_composite_schedule")]
    | Annotated[ReadSettingsRequest, Tag("read_settings")]
    | Annotated[ResetRequest, Tag("reset")]
    | Annotated[SetChargingProfileRequest, Tag("set_charging_profile")]
    | Annotated[SetDisplayMessageRequest, Tag("set_display_message")]
    | Annotated[SetMasterPassRequest, Tag("set_master_pass")]
    | Annotated[SyncLocalListRequest, Tag("sync_local_list")]
    | Annotated[TriggerReportRequest, Tag("trigger_report")]
    | Annotated[UnlockRequest, Tag("unlock")]
    | Annotated[UpdateFirmwareRequest, Tag("update_firmware")]
    | Annotated[WriteSettingsRequest, Tag("write_settings")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message="Give a kind of command, such as reset, unlock or read_settings.",
    ),
]
"""What an owner may ask directly. Sessions and bookings have their own routes."""


class CallRequest(Body):
    """Any action of the station's OCPP version; how long to wait for its answer."""

    action: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,50}$", examples=["GetLocalListVersion"])]
    payload: Annotated[dict[str, Any], Field(default_factory=dict)]
    timeout_s: Annotated[int, Field(ge=1, le=LONGEST_CALL_S)] = USUAL_CALL_S

    def command(self) -> commands.Call:
        return commands.Call(self.action, self.payload)


class OutcomeBody(BaseModel):
    """What came back. `status` is the station's own word."""

    fate: str
    status: str
    details: dict[str, Any]


class ProgressBody(BaseModel):
    """How far a station is with what it was asked for: its last word, and when it came."""

    status: str
    at: datetime


class CommandBody(BaseModel):
    """A command and how far it came: queued, sent, answered, refused, failed or expired.

    `progress`: what the station told since of its firmware or log; null: nothing.
    """

    id: str
    station_id: str
    kind: str
    state: str
    fields: dict[str, Any]
    session_id: str | None
    booking_id: str | None
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    tries: int
    outcome: OutcomeBody | None
    progress: ProgressBody | None

    @classmethod
    def of(cls, command: CommandView) -> Self:
        outcome = command.outcome
        return cls(
            id=command.id,
            station_id=command.station_id,
            kind=command.kind,
            state=command.state,
            fields=_shown(command.body),
            session_id=command.session_id,
            booking_id=command.booking_id,
            created_at=command.created_at,
            expires_at=command.expires_at,
            sent_at=command.sent_at,
            finished_at=command.finished_at,
            tries=command.tries,
            progress=None
            if command.progress is None
            else ProgressBody.model_validate(command.progress),
            outcome=None
            if outcome is None
            else OutcomeBody(
                fate=outcome.fate, status=outcome.status, details=rules.masked(outcome.details)
            ),
        )


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a command, without a password; of an id token the end alone, for one could
    charge with it."""
    told = {name: value for name, value in body.items() if name not in ("kind", "password")}
    shown: dict[str, Any] = rules.masked(told)
    return shown
