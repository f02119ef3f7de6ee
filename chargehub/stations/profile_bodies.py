"""What REST takes for smart charging: profiles, and the schedule that comes of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from chargehub.rest.bodies import Body, Instant
from chargehub.stations import commands, profiles, rules
from chargehub.stations.bodies import StationOrEvse, Wish

LARGEST_NUMBER = 2**31 - 1  # OCPP's integers are 32 bit
HIGHEST_LEVEL = 100  # of stacked profiles; stations know some ten
MAX_PERIODS = 1_024  # Source: OCPP 2.0.1, ChargingScheduleType
LONGEST_S = 366 * 24 * 3_600


def _tenths(limit: float) -> float:
    if round(limit, 1) != limit:
        raise PydanticCustomError("limit", "A limit has at most one digit behind the point.")
    return limit


class PeriodBody(Body):
    """From `start_s` on: this limit, in the schedule's unit."""

    start_s: Annotated[int, Field(ge=0, le=LONGEST_S)]
    limit: Annotated[float, Field(ge=0, le=rules.MAX_POWER_W), AfterValidator(_tenths)]
    phases: Annotated[int, Field(ge=1, le=3)] | None = None

    def period(self) -> profiles.Period:
        return profiles.Period(self.start_s, self.limit, self.phases)


def check_periods(periods: Sequence[PeriodBody]) -> None:
    """Raises an error of the body unless they begin at 0 and follow each other."""
    starts = [period.start_s for period in periods]
    if starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        raise PydanticCustomError("periods", "Periods begin at 0, each after the one before.")


class SetChargingProfileRequest(Wish):
    """Limit charging by a schedule; the same `profile_id` again replaces it.

    `purpose` station_max is for the whole station (`evse` 0), session for a running session (its
    EVSE and `transaction_id`). absolute and recurring schedules begin at `starts_at`, relative
    ones with the session.
    """

    kind: Literal["set_charging_profile"]
    profile_id: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    purpose: profiles.Purpose
    evse: StationOrEvse = 0
    unit: profiles.RateUnit
    periods: Annotated[list[PeriodBody], Field(min_length=1, max_length=MAX_PERIODS)]
    profile_kind: profiles.ProfileKind = "absolute"
    recurrence: Literal["daily", "weekly"] | None = None
    starts_at: Instant | None = None
    duration_s: Annotated[int, Field(ge=1, le=LONGEST_S)] | None = None
    stack_level: Annotated[int, Field(ge=0, le=HIGHEST_LEVEL)] = 0
    transaction_id: Annotated[str, Field(min_length=1, max_length=36)] | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        check_periods(self.periods)
        if (self.recurrence is None) == (self.profile_kind == "recurring"):
            raise PydanticCustomError("recurrence", "A recurring profile, alone, has a recurrence.")
        if (self.starts_at is None) != (self.profile_kind == "relative"):
            raise PydanticCustomError("starts_at", "Give starts_at, unless the kind is relative.")
        self._check_place()
        return self

    def _check_place(self) -> None:
        is_session = self.purpose == "session"
        if self.purpose == "station_max" and self.evse != 0:
            raise PydanticCustomError("evse", "A limit of the whole station is for evse 0.")
        if is_session and self.evse == 0:
            raise PydanticCustomError("evse", "A limit of a session names its evse.")
        if is_session != (self.transaction_id is not None):
            raise PydanticCustomError(
                "transaction_id", "A limit of a session, alone, names its transaction_id."
            )

    def command(self) -> commands.Command:
        periods = [period.period() for period in self.periods]
        return profiles.SetChargingProfile(
            self.profile_id,
            self.purpose,
            profiles.Schedule(self.unit, tuple(periods), self.starts_at, self.duration_s),
            self.evse,
            self.stack_level,
            self.profile_kind,
            self.recurrence,
            self.transaction_id,
            self.valid_from,
            self.valid_until,
        )


class ClearChargingProfilesRequest(Wish):
    """Take limits back: one by its id, or all that fit what is given; nothing given: all."""

    kind: Literal["clear_charging_profiles"]
    profile_id: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    evse: StationOrEvse | None = None
    purpose: profiles.Purpose | None = None
    stack_level: Annotated[int, Field(ge=0, le=HIGHEST_LEVEL)] | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        others = (self.evse, self.purpose, self.stack_level)
        if self.profile_id is not None and any(each is not None for each in others):
            raise PydanticCustomError("profile_id", "Give a profile_id, or what profiles share.")
        return self

    def command(self) -> commands.Command:
        return profiles.ClearChargingProfiles(
            self.profile_id, self.evse, self.purpose, self.stack_level
        )


class ReadCompositeScheduleRequest(Wish):
    """Tell how fast an EVSE (0: the whole station) may charge from now on, all limits counted."""

    kind: Literal["read_composite_schedule"]
    evse: StationOrEvse = 0
    duration_s: Annotated[int, Field(ge=1, le=LONGEST_S)] = 24 * 3_600
    unit: profiles.RateUnit | None = None

    def command(self) -> commands.Command:
        return profiles.ReadCompositeSchedule(self.evse, self.duration_s, self.unit)
