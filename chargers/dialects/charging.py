"""Smart charging in the words of 1.6 and 2.x: read profiles, answer the hub, tell what is kept.

Source: OCPP 1.6, 5.5, 5.7, 5.16; OCPP 2.0.1 part 2, K01, K08 to K10; OCPP 2.1 part 2, K01.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from ocpp.charge_point import snake_to_camel_case
from ocpp.v16 import call_result
from ocpp.v16.enums import Action as Action16
from ocpp.v201.enums import Action

from chargers.dialects.peer import Peer, answers, instant, read_instant
from chargers.profile_rules import Criteria, Refusal
from chargers.profiles import Kind, Period, Profile, Purpose
from chargers.smart import Composite

PURPOSES: Mapping[str, Purpose] = {
    "ChargePointMaxProfile": "station_max",
    "ChargingStationMaxProfile": "station_max",
    "TxDefaultProfile": "session_default",
    "TxProfile": "session",
}
KINDS: Mapping[str, Kind] = {
    "Absolute": "absolute",
    "Recurring": "recurring",
    "Relative": "relative",
}
REASON_CODES: Mapping[Refusal, str] = {  # OCPP 2.0.1 part 2, appendix 5
    "unknown_evse": "UnknownEvse",
    "invalid_value": "InvalidValue",
    "invalid_profile": "InvalidProfile",
    "invalid_schedule": "InvalidSchedule",
    "invalid_stack_level": "InvalidStackLevel",
    "duplicate": "DuplicateProfile",
    "no_session": "TxNotFound",
    "missing": "MissingParam",
    "too_many": "TooManyElements",
    "unsupported": "UnsupportedParam",
}
# What 2.1 lets a hub ask and this station does not do; it says so instead of ignoring it.
BEYOND_PROFILE = ("max_offline_duration", "invalid_after_offline_duration", "dyn_update_interval")
BEYOND_SCHEDULE = ("limit_at_so_c", "limit_at_soc", "use_local_time", "randomized_delay")
BEYOND_PERIOD = ("setpoint", "discharge_limit", "evse_sleep", "preconditioning_request")
OPERATION_MODES = (None, "ChargingOnly")
LIMIT_SOURCE = "CSO"  # all profiles of this station came from its hub

Payload = Mapping[str, Any]


class Charging16(Peer):
    """What a station of 1.6 answers about charging profiles."""

    @answers(Action16.set_charging_profile)
    def _set_charging_profile(self, connector_id: int, cs_charging_profiles: Payload) -> Any:
        profile = read_profile(connector_id, cs_charging_profiles)
        taken = profile is not None and self._commands.limit(profile) is None
        return call_result.SetChargingProfile("Accepted" if taken else "Rejected")

    @answers(Action16.clear_charging_profile)
    def _clear_charging_profile(
        self,
        id: int | None = None,
        connector_id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
    ) -> Any:
        purpose = PURPOSES[charging_profile_purpose] if charging_profile_purpose else None
        ids = () if id is None else (id,)
        cleared = self._commands.lift_limits(Criteria(ids, connector_id, purpose, stack_level))
        return call_result.ClearChargingProfile("Accepted" if cleared else "Unknown")

    @answers(Action16.get_composite_schedule)
    def _get_composite_schedule(
        self, connector_id: int, duration: int, charging_rate_unit: Any = None
    ) -> Any:
        found = self._commands.charging.composite(connector_id, duration, charging_rate_unit)
        if found is None:
            return call_result.GetCompositeSchedule("Rejected")
        schedule = {
            "duration": found.duration_s,
            "charging_rate_unit": found.unit,
            "charging_schedule_period": _periods_told(found),
        }
        starts_at = instant(found.starts_at)
        return call_result.GetCompositeSchedule("Accepted", connector_id, starts_at, schedule)


class Charging2x(Peer):
    """What a station of 2.x answers about charging profiles."""

    @answers(Action.set_charging_profile)
    def _set_charging_profile(self, evse_id: int, charging_profile: Payload, **_: Any) -> Any:
        profile = read_profile(evse_id, charging_profile)
        why = "unsupported" if profile is None else self._commands.limit(profile)
        if why is None:
            return self._call_result.SetChargingProfile("Accepted")
        return self._call_result.SetChargingProfile(
            "Rejected", status_info={"reason_code": REASON_CODES[why]}
        )

    @answers(Action.clear_charging_profile)
    def _clear_charging_profile(
        self,
        charging_profile_id: int | None = None,
        charging_profile_criteria: Payload | None = None,
        **_: Any,
    ) -> Any:
        ids = () if charging_profile_id is None else (charging_profile_id,)
        found = charging_profile_criteria or {}
        word = found.get("charging_profile_purpose")
        if word is not None and word not in PURPOSES:
            return self._call_result.ClearChargingProfile("Unknown")
        criteria = Criteria(
            ids, found.get("evse_id"), PURPOSES[word] if word else None, found.get("stack_level")
        )
        cleared = self._commands.lift_limits(criteria)
        return self._call_result.ClearChargingProfile("Accepted" if cleared else "Unknown")

    @answers(Action.get_composite_schedule)
    def _get_composite_schedule(
        self, duration: int, evse_id: int, charging_rate_unit: Any = None, **_: Any
    ) -> Any:
        found = self._commands.charging.composite(evse_id, duration, charging_rate_unit)
        if found is None:
            reason = {"reason_code": REASON_CODES["unknown_evse"]}
            return self._call_result.GetCompositeSchedule("Rejected", status_info=reason)
        schedule = {
            "evse_id": evse_id,
            "duration": found.duration_s,
            "schedule_start": instant(found.starts_at),
            "charging_rate_unit": found.unit,
            "charging_schedule_period": _periods_told(found),
        }
        return self._call_result.GetCompositeSchedule("Accepted", schedule=schedule)

    @answers(Action.get_charging_profiles)
    def _get_charging_profiles(
        self, request_id: int, charging_profile: Payload, evse_id: int | None = None, **_: Any
    ) -> Any:
        found = self._asked_for(charging_profile, evse_id)
        if not found:
            return self._call_result.GetChargingProfiles("NoProfiles")
        self._commands.follow(lambda: self._report_profiles(request_id, found))
        return self._call_result.GetChargingProfiles("Accepted")

    def _asked_for(self, criteria: Payload, evse_id: int | None) -> list[Profile]:
        word = criteria.get("charging_profile_purpose")
        sources = criteria.get("charging_limit_source") or [LIMIT_SOURCE]
        if LIMIT_SOURCE not in sources or (word is not None and word not in PURPOSES):
            return []
        ids = tuple(criteria.get("charging_profile_id") or ())
        wanted = Criteria(
            ids, evse_id, PURPOSES[word] if word else None, criteria.get("stack_level")
        )
        return self._commands.charging.found(wanted)

    async def _report_profiles(self, request_id: int, found: Sequence[Profile]) -> None:
        """ReportChargingProfiles, one for each EVSE."""
        ordered = sorted(found, key=lambda one: one.evse)
        groups = [(evse, list(of)) for evse, of in groupby(ordered, key=lambda one: one.evse)]
        for place, (evse, profiles) in enumerate(groups, 1):
            payload = {
                "requestId": request_id,
                "chargingLimitSource": LIMIT_SOURCE,
                "tbc": place < len(groups),
                "evseId": evse,
                "chargingProfile": [_profile_told(one) for one in profiles],
            }
            await self.raw_call(Action.report_charging_profiles, payload)


def read_profile(evse: int, payload: Payload) -> Profile | None:
    """A profile as a station understands it; None: it asks for what this station does not do.

    `payload` in the library's names. 2.x carries a list of schedules: only a car that chooses one
    over ISO 15118 can do with more than one.
    """
    schedules = payload["charging_schedule"]
    schedules = schedules if isinstance(schedules, list) else [schedules]
    purpose = PURPOSES.get(payload["charging_profile_purpose"])
    kind = KINDS.get(payload["charging_profile_kind"])
    if purpose is None or kind is None or len(schedules) != 1 or _is_beyond(payload, schedules[0]):
        return None
    schedule = schedules[0]
    number = payload.get("transaction_id")
    return Profile(
        id=payload.get("id", payload.get("charging_profile_id")),
        evse=evse,
        purpose=purpose,
        stack_level=payload["stack_level"],
        kind=kind,
        unit=schedule["charging_rate_unit"],
        periods=tuple(_period(one) for one in schedule["charging_schedule_period"]),
        starts_at=_instant(schedule.get("start_schedule")),
        duration_s=schedule.get("duration"),
        least=_decimal(schedule.get("min_charging_rate")),
        recurrence=(payload.get("recurrency_kind") or "").lower() or None,
        valid_from=_instant(payload.get("valid_from")),
        valid_to=_instant(payload.get("valid_to")),
        transaction_id=None if number is None else str(number),
        told=payload,
    )


def _is_beyond(profile: Payload, schedule: Payload) -> bool:
    if any(name in profile for name in BEYOND_PROFILE):
        return True
    if any(schedule.get(name) for name in BEYOND_SCHEDULE):
        return True
    return any(
        any(name in period for name in BEYOND_PERIOD)
        or period.get("operation_mode") not in OPERATION_MODES
        for period in schedule["charging_schedule_period"]
    )


def _period(payload: Payload) -> Period:
    """2.1 may limit each phase by itself: the lowest holds for all of them here."""
    phases = payload.get("number_phases")
    named = [payload[name] for name in ("limit", "limit_l2", "limit_l3") if name in payload]
    if len(named) < 2 or payload.get("limit") is None:
        return Period(payload["start_period"], _decimal(payload.get("limit")), phases)
    return Period(payload["start_period"], min(Decimal(str(one)) for one in named), phases)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)


def _periods_told(found: Composite) -> list[dict[str, Any]]:
    return [
        {"start_period": start_s, "limit": float(limit), "number_phases": phases}
        for start_s, limit, phases in found.periods
    ]


def _profile_told(profile: Profile) -> dict[str, Any]:
    """As the hub sent it; the library has no way back for the names of single phases."""
    told: dict[str, Any] = snake_to_camel_case(dict(profile.told))
    for schedule in told["chargingSchedule"]:
        for period in schedule["chargingSchedulePeriod"]:
            for phase in ("L2", "L3"):
                if f"limit{phase}" in period:
                    period[f"limit_{phase}"] = period.pop(f"limit{phase}")
    if profile.transaction_id is not None:
        told["transactionId"] = profile.transaction_id
    return told
