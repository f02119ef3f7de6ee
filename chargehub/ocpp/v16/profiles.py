"""OCPP 1.6: charging profiles and schedules, both ways. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v16.enums import (
    Action,
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    GetCompositeScheduleStatus,
    RecurrencyKind,
)

from chargehub.ocpp import fields, forms
from chargehub.ocpp.fields import Calls, Payload, Speech, Unfit
from chargehub.ocpp.v16.inbound import accepted_if
from chargehub.stations import profiles
from chargehub.stations.commands import Command, Outcome

_PURPOSE: dict[profiles.Purpose, str] = {
    "station_max": ChargingProfilePurposeType.charge_point_max_profile,
    "session_default": ChargingProfilePurposeType.tx_default_profile,
    "session": ChargingProfilePurposeType.tx_profile,
}
_KIND: dict[profiles.ProfileKind, str] = {
    "absolute": ChargingProfileKindType.absolute,
    "recurring": ChargingProfileKindType.recurring,
    "relative": ChargingProfileKindType.relative,
}
_RECURRENCE = {"daily": RecurrencyKind.daily, "weekly": RecurrencyKind.weekly}

profile_set = accepted_if(ChargingProfileStatus.accepted)
profiles_cleared = accepted_if(ClearChargingProfileStatus.accepted)


def set_charging_profile(command: profiles.SetChargingProfile) -> Calls:
    """SetChargingProfile.req. Connector n is EVSE n. Source: OCPP 1.6, sections 5.16 and 7.8."""
    profile: dict[str, Any] = {
        "chargingProfileId": command.profile_id,
        "stackLevel": command.stack_level,
        "chargingProfilePurpose": _PURPOSE[command.purpose],
        "chargingProfileKind": _KIND[command.profile_kind],
        "chargingSchedule": forms.schedule(command.schedule),
        **forms.instants({"validFrom": command.valid_from, "validTo": command.valid_until}),
    }
    if command.recurrence is not None:
        profile["recurrencyKind"] = _RECURRENCE[command.recurrence]
    if command.transaction_id is not None:
        profile["transactionId"] = _transaction(command.transaction_id)
    payload = {"connectorId": command.evse, "csChargingProfiles": profile}
    return ((Action.set_charging_profile, payload),)


def _transaction(transaction_id: str) -> int:
    if not transaction_id.isdecimal():
        raise Unfit("a transaction id of OCPP 1.6 is a number")
    return fields.number(int(transaction_id), "transactionId")


def clear_charging_profiles(command: profiles.ClearChargingProfiles) -> Calls:
    """ClearChargingProfile.req. Source: OCPP 1.6, section 5.5."""
    payload: dict[str, Any] = {
        "id": command.profile_id,
        "connectorId": command.evse,
        "chargingProfilePurpose": _PURPOSE[command.purpose] if command.purpose else None,
        "stackLevel": command.stack_level,
    }
    given = {name: value for name, value in payload.items() if value is not None}
    return ((Action.clear_charging_profile, given),)


def read_composite_schedule(command: profiles.ReadCompositeSchedule) -> Calls:
    """GetCompositeSchedule.req. Source: OCPP 1.6, section 5.7."""
    payload: dict[str, Any] = {"connectorId": command.evse, "duration": command.duration_s}
    if command.unit is not None:
        payload["chargingRateUnit"] = command.unit
    return ((Action.get_composite_schedule, payload),)


def schedule_read(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetCompositeSchedule.conf: `schedule`, if the station told one.

    Source: OCPP 1.6, section 6.22.
    """
    answer = answers[0]
    is_told = answer["status"] == GetCompositeScheduleStatus.accepted
    found = answer.get("chargingSchedule")
    if not is_told or found is None:
        return Outcome("accepted" if is_told else "refused", answer["status"])
    starts_at = answer.get("scheduleStart", found.get("startSchedule"))
    told = {
        "evse": answer.get("connectorId"),
        "starts_at": fields.wire_instant(fields.instant(starts_at)) if starts_at else None,
        "duration_s": found.get("duration"),
        "unit": found["chargingRateUnit"],
        "periods": forms.periods_told(found["chargingSchedulePeriod"]),
    }
    return Outcome("accepted", answer["status"], {"schedule": told})


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    profiles.ClearChargingProfiles: (clear_charging_profiles, profiles_cleared),
    profiles.ReadCompositeSchedule: (read_composite_schedule, schedule_read),
    profiles.SetChargingProfile: (set_charging_profile, profile_set),
}
