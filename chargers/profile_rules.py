"""Which charging profiles a station takes, and which replace which. Pure.

A refusal is a word of our own; the dialects say it as their version does.
Source: OCPP 1.6, 5.16; OCPP 2.0.1 part 2, K01.FR.03 to FR.53; OCPP 2.1 part 2, K01.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chargers.profiles import Profile, Purpose

Refusal = Literal[
    "unknown_evse",
    "invalid_value",
    "invalid_profile",
    "invalid_schedule",
    "invalid_stack_level",
    "duplicate",
    "no_session",
    "missing",
    "too_many",
    "unsupported",
]
MOST_STACK_LEVELS = 20
MOST_PERIODS = 100  # a day in quarter hours, and a few
MOST_PROFILES = 50


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules look at. `sessions`: EVSE -> transaction id of the session that runs there,
    None while the hub has not named it. `is_strict`: 2.x, which names what 1.6 leaves open."""

    installed: Sequence[Profile]
    sessions: Mapping[int, str | None]
    evses: int
    is_strict: bool


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which profiles are meant: those that fit all that is given. An id stands alone."""

    ids: tuple[int, ...] = ()
    evse: int | None = None
    purpose: Purpose | None = None
    stack_level: int | None = None

    def fit(self, profile: Profile) -> bool:
        """True if this profile is meant."""
        if self.ids:
            return profile.id in self.ids
        return (
            self.evse in (None, profile.evse)
            and self.purpose in (None, profile.purpose)
            and self.stack_level in (None, profile.stack_level)
        )


def refusal(profile: Profile, now: Situation) -> Refusal | None:
    """Why a profile is not taken; None: it is."""
    rules: tuple[Callable[[Profile, Situation], Refusal | None], ...] = (
        _place,
        _schedule,
        _start,
        _session,
        _double,
    )
    for rule in rules:
        found = rule(profile, now)
        if found is not None:
            return found
    return None


def replaced(profile: Profile, installed: Sequence[Profile], is_strict: bool) -> list[Profile]:
    """What a new profile takes the place of: its own id; in 1.6 its own level and purpose too."""
    return [
        one
        for one in installed
        if one.id == profile.id or (not is_strict and _same_place(one, profile))
    ]


def _place(profile: Profile, now: Situation) -> Refusal | None:
    if profile.evse > now.evses:
        return "unknown_evse"
    if profile.evse < 0 or (profile.purpose == "station_max" and profile.evse != 0):
        return "invalid_value"
    if profile.purpose == "session" and profile.evse == 0:
        return "invalid_value"
    if profile.purpose == "station_max" and profile.kind == "relative":
        return "invalid_profile"
    if not 0 <= profile.stack_level <= MOST_STACK_LEVELS:
        return "invalid_stack_level"
    return None


def _schedule(profile: Profile, _: Situation) -> Refusal | None:
    starts = [one.start_s for one in profile.periods]
    if not starts or len(starts) > MOST_PERIODS:
        return "invalid_schedule"
    if starts[0] != 0 or starts != sorted(set(starts)):
        return "invalid_schedule"
    if any(one.value is not None and one.value < 0 for one in profile.periods):
        return "invalid_schedule"
    if any(one.phases not in (None, 1, 2, 3) for one in profile.periods):
        return "invalid_schedule"
    return None


def _start(profile: Profile, now: Situation) -> Refusal | None:
    if profile.kind == "recurring" and (profile.recurrence is None or profile.starts_at is None):
        return "invalid_profile"
    if not now.is_strict:
        return None  # 1.6: without a start a schedule begins with the session
    if (profile.kind == "absolute") and profile.starts_at is None:
        return "invalid_profile"
    if profile.kind == "relative" and profile.starts_at is not None:
        return "invalid_profile"
    return None


def _session(profile: Profile, now: Situation) -> Refusal | None:
    if profile.purpose != "session":
        return None
    if profile.transaction_id is None and now.is_strict:
        return "missing"
    if profile.evse not in now.sessions:
        return "no_session"
    running = now.sessions[profile.evse]
    if profile.transaction_id is not None and profile.transaction_id != running:
        return "no_session"
    return None


def _double(profile: Profile, now: Situation) -> Refusal | None:
    others = [one for one in now.installed if one.id != profile.id]
    if now.is_strict and any(_collides(one, profile) for one in others):
        return "duplicate"
    left = len(now.installed) - len(replaced(profile, now.installed, now.is_strict))
    return "too_many" if left >= MOST_PROFILES else None


def _same_place(one: Profile, other: Profile) -> bool:
    return (one.evse, one.purpose, one.stack_level) == (
        other.evse,
        other.purpose,
        other.stack_level,
    )


def _collides(one: Profile, other: Profile) -> bool:
    """Same purpose and level, both valid at some instant, and the EVSEs meet."""
    if (one.purpose, one.stack_level) != (other.purpose, other.stack_level):
        return False
    if one.evse != other.evse and 0 not in (one.evse, other.evse):
        return False
    one_ends_first = one.valid_to and other.valid_from and one.valid_to <= other.valid_from
    other_ends_first = other.valid_to and one.valid_from and other.valid_to <= one.valid_from
    return not (one_ends_first or other_ends_first)
