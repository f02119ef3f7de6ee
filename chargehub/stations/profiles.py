"""What the hub asks of smart charging: how fast a station may charge, and when.

Pure values, as in `commands.py`. Limits are W or A with one digit behind the point.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chargehub.errors import Conflict, Invalid

FIRST_OWN_ID = 2_000_000_000  # profiles from here on are those the hub makes by itself

Purpose = Literal["station_max", "session_default", "session"]
ProfileKind = Literal["absolute", "recurring", "relative"]
RateUnit = Literal["W", "A"]


class LimitsBalanced(Conflict):
    """The hub sets this station's limits, to keep the fuse it hangs on."""

    code = "limits_balanced"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_s` after the schedule's start on: this limit. `phases` None: all there are."""

    start_s: int
    limit: float
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods one after the other, the first at 0. `duration_s` None: the last has no end.

    `starts_at` None: with the session.
    """

    unit: RateUnit
    periods: tuple[Period, ...]
    starts_at: datetime | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class SetChargingProfile:
    """Limit charging by a schedule. The same `profile_id` again replaces it.

    `evse` 0: the whole station, or every EVSE of it. A higher `stack_level` goes before a lower.
    `transaction_id`: of the session that is meant, for purpose `session` alone.
    """

    profile_id: int
    purpose: Purpose
    schedule: Schedule
    evse: int = 0
    stack_level: int = 0
    profile_kind: ProfileKind = "absolute"
    recurrence: Literal["daily", "weekly"] | None = None
    transaction_id: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    kind: Literal["set_charging_profile"] = "set_charging_profile"


@dataclass(frozen=True, slots=True)
class ClearChargingProfiles:
    """Take limits back: one by its id, or all that fit what is given; nothing given: all."""

    profile_id: int | None = None
    evse: int | None = None
    purpose: Purpose | None = None
    stack_level: int | None = None
    kind: Literal["clear_charging_profiles"] = "clear_charging_profiles"


@dataclass(frozen=True, slots=True)
class ReadCompositeSchedule:
    """Tell how fast an EVSE (0: the whole station) may charge in the next `duration_s`.

    `unit` None: the station's choice.
    """

    evse: int
    duration_s: int
    unit: RateUnit | None = None
    kind: Literal["read_composite_schedule"] = "read_composite_schedule"


def of_session(evse: int, transaction_id: str, schedule: Schedule) -> SetChargingProfile:
    """The one limit that the hub gives a session: always of the same id and level, for 2.x
    stations refuse a second one of that level. Source: OCPP 2.0.1 part 2, K01."""
    return SetChargingProfile(
        FIRST_OWN_ID + 2 * evse + 1,
        "session",
        schedule,
        evse,
        profile_kind="relative" if schedule.starts_at is None else "absolute",
        transaction_id=transaction_id,
    )


def of_default(evse: int, schedule: Schedule) -> SetChargingProfile:
    """The one limit that the hub gives to sessions without their own."""
    profile_id = FIRST_OWN_ID + 2 * evse
    return SetChargingProfile(
        profile_id, "session_default", schedule, evse, profile_kind="relative"
    )


def check_balanced(wanted: SetChargingProfile | ClearChargingProfiles) -> None:
    """What people may ask where the hub sets the limits: those of a whole station alone, which
    only lower the others. Raises LimitsBalanced."""
    if wanted.purpose != "station_max" or (wanted.profile_id or 0) >= FIRST_OWN_ID:
        raise LimitsBalanced(
            "The hub sets this station's limits by its grid connection. Change that, "
            "or name the purpose station_max."
        )


Profiling = SetChargingProfile | ClearChargingProfiles | ReadCompositeSchedule

MOST_PERIODS = ("ChargingScheduleMaxPeriods", "SmartChargingCtrlr.PeriodsPerSchedule")
"""Where stations tell how many periods a schedule may have: in 1.6, and in 2.x."""


class TooManyPeriods(Invalid):
    """A schedule with more periods than the station says it takes."""

    code = "too_many_periods"


def check_periods(wanted: SetChargingProfile, told: Iterable[str]) -> None:
    """Raises TooManyPeriods. `told`: what the station says of MOST_PERIODS; no number, no limit."""
    limits = [int(each) for each in told if each.isdecimal()]
    for limit in limits:
        if len(wanted.schedule.periods) > limit:
            raise TooManyPeriods(
                f"This station takes schedules of at most {limit} periods. Join some of yours."
            )
