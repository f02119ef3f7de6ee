"""OCPP 2.0.1: charging profiles and schedules, both ways. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v201.enums import (
    Action,
    ChargingProfileKindEnumType,
    ChargingProfilePurposeEnumType,
    ChargingProfileStatusEnumType,
    ClearChargingProfileStatusEnumType,
    GenericStatusEnumType,
    RecurrencyKindEnumType,
)

from chargehub.ocpp import fields, forms
from chargehub.ocpp.fields import Calls, Payload, Speech
from chargehub.ocpp.v201.inbound import accepted_if
from chargehub.stations import profiles
from chargehub.stations.commands import Command, Outcome

_PURPOSE: dict[profiles.Purpose, str] = {
    "station_max": ChargingProfilePurposeEnumType.charging_station_max_profile,
    "session_default": ChargingProfilePurposeEnumType.tx_default_profile,
    "session": ChargingProfilePurposeEnumType.tx_profile,
}
_KIND: dict[profiles.ProfileKind, str] = {
    "absolute": ChargingProfileKindEnumType.absolute,
    "recurring": ChargingProfileKindEnumType.recurring,
    "relative": ChargingProfileKindEnumType.relative,
}
_RECURRENCE = {"daily": RecurrencyKindEnumType.daily, "weekly": RecurrencyKindEnumType.weekly}

profile_set = accepted_if(ChargingProfileStatusEnumType.accepted)
profiles_cleared = accepted_if(ClearChargingProfileStatusEnumType.accepted)


def set_charging_profile(command: profiles.SetChargingProfile) -> Calls:
    """SetChargingProfileRequest, with one schedule. Source: OCPP 2.0.1 part 2, K01."""
    profile: dict[str, Any] = {
        "id": command.profile_id,
        "stackLevel": command.stack_level,
        "chargingProfilePurpose": _PURPOSE[command.purpose],
        "chargingProfileKind": _KIND[command.profile_kind],
        "chargingSchedule": [{"id": command.profile_id, **forms.schedule(command.schedule)}],
        **forms.instants({"validFrom": command.valid_from, "validTo": command.valid_until}),
    }
    if command.recurrence is not None:
        profile["recurrencyKind"] = _RECURRENCE[command.recurrence]
    if command.transaction_id is not None:
        profile["transactionId"] = command.transaction_id
    payload = {"evseId": command.evse, "chargingProfile": profile}
    return ((Action.set_charging_profile, payload),)


def clear_charging_profiles(command: profiles.ClearChargingProfiles) -> Calls:
    """ClearChargingProfileRequest: an id, or criteria; empty ones fit all profiles.

    Source: OCPP 2.0.1 part 2, K10.
    """
    if command.profile_id is not None:
        return ((Action.clear_charging_profile, {"chargingProfileId": command.profile_id}),)
    criteria: dict[str, Any] = {
        "evseId": command.evse,
        "chargingProfilePurpose": _PURPOSE[command.purpose] if command.purpose else None,
        "stackLevel": command.stack_level,
    }
    given = {name: value for name, value in criteria.items() if value is not None}
    return ((Action.clear_charging_profile, {"chargingProfileCriteria": given}),)


def read_composite_schedule(command: profiles.ReadCompositeSchedule) -> Calls:
    """GetCompositeScheduleRequest. Source: OCPP 2.0.1 part 2, K08."""
    payload: dict[str, Any] = {"evseId": command.evse, "duration": command.duration_s}
    if command.unit is not None:
        payload["chargingRateUnit"] = command.unit
    return ((Action.get_composite_schedule, payload),)


def schedule_read(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetCompositeScheduleResponse: `schedule`, if the station told one.

    Source: OCPP 2.0.1 part 2, K08.
    """
    answer = answers[0]
    is_told = answer["status"] == GenericStatusEnumType.accepted
    found = answer.get("schedule")
    if not is_told or found is None:
        return Outcome("accepted" if is_told else "refused", answer["status"])
    told = {
        "evse": found["evseId"],
        "starts_at": fields.wire_instant(fields.instant(found["scheduleStart"])),
        "duration_s": found["duration"],
        "unit": found["chargingRateUnit"],
        "periods": forms.periods_told(found["chargingSchedulePeriod"]),
    }
    return Outcome("accepted", answer["status"], {"schedule": told})


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    profiles.ClearChargingProfiles: (clear_charging_profiles, profiles_cleared),
    profiles.ReadCompositeSchedule: (read_composite_schedule, schedule_read),
    profiles.SetChargingProfile: (set_charging_profile, profile_set),
}
