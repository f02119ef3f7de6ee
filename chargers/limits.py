"""The composite of all charging profiles: how much an EVSE may give, at each instant. Pure.

Source: OCPP 1.6, 3.13.4 (combining profiles); OCPP 2.0.1 part 2, K01 and K08.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from chargers.profiles import Limit, Profile, Unit

VOLTAGE_V = 230
DIGIT = Decimal("0.1")  # the standard knows limits with one digit behind the point


@dataclass(frozen=True, slots=True)
class Supply:
    """What an EVSE can give where nothing limits it: W in all, over so many phases."""

    power_w: int
    phases: int = 3


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that may flow: `watts` in all, and `amperes` on each of `phases`.

    `least_w`: a car takes nothing below it. `is_limited`: by a profile, not by the EVSE alone.
    """

    phases: int
    watts: int
    amperes: Decimal | None = None
    least_w: int = 0
    is_limited: bool = False

    @property
    def power_w(self) -> int:
        """Whole W, rounded down."""
        if self.amperes is None:
            return self.watts
        return min(self.watts, int(self.amperes * VOLTAGE_V * self.phases))


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on: this ceiling."""

    at: datetime
    ceiling: Ceiling


@dataclass(frozen=True, slots=True)
class Question:
    """Of which EVSE, with what supply, and when its session began (or would begin)."""

    evse: int
    supply: Supply
    began_at: datetime


def ceiling(profiles: Iterable[Profile], asked: Question, at: datetime) -> Ceiling:
    """What an EVSE may give at an instant.

    Never above any limit that applies: the leading profile of the station's, and the leading one
    of the session's or, where none of them speaks, of the sessions' defaults.
    """
    profiles = tuple(profiles)
    return combined(
        asked.supply,
        [*_station_limit(profiles, at, asked.began_at), *_session_limit(profiles, asked, at)],
    )


def session_ceiling(profiles: Iterable[Profile], asked: Question, at: datetime) -> Ceiling:
    """As `ceiling`, but without the limit of the whole station."""
    return combined(asked.supply, _session_limit(tuple(profiles), asked, at))


def station_limit(profiles: Iterable[Profile], at: datetime) -> Limit | None:
    """What the whole station may take; None: nothing says."""
    found = list(_station_limit(tuple(profiles), at, at))
    return found[0] if found else None


def steps(
    profiles: Iterable[Profile], asked: Question, since: datetime, until: datetime
) -> list[Step]:
    """The ceilings from `since` on, one for each change before `until`; the first is at `since`."""
    profiles = tuple(profiles)
    edges = {since}
    for profile in profiles:
        edges.update(profile.changes(since, until, asked.began_at))
    found: list[Step] = []
    for at in sorted(edges):
        now = ceiling(profiles, asked, at)
        if not found or found[-1].ceiling != now:
            found.append(Step(at, now))
    return found


def combined(supply: Supply, limits: Iterable[Limit]) -> Ceiling:
    """All limits at once; a limit in A holds on each phase that is left."""
    limits = [one for one in limits if one.value is not None]
    phases = min([supply.phases, *(one.phases or supply.phases for one in limits)])
    watts = supply.power_w * phases // supply.phases
    amperes: Decimal | None = None
    for one in limits:
        assert one.value is not None
        if one.unit == "W":
            watts = min(watts, int(one.value))
        else:
            amperes = one.value if amperes is None else min(amperes, one.value)
    least_w = max((_least_w(one, phases) for one in limits), default=0)
    return Ceiling(phases, watts, amperes, least_w, is_limited=bool(limits))


def told(power_w: int, phases: int, unit: Unit) -> Decimal:
    """A power as the standard tells limits, rounded down to one digit."""
    value = Decimal(power_w)
    if unit == "A":
        value /= VOLTAGE_V * phases
    return value.quantize(DIGIT, ROUND_DOWN)


def shares(total: int, wanted: Sequence[int]) -> list[int]:
    """Divide `total` among those who want some; who wants less leaves the rest to the others.

    Nobody gets more than wanted, and all together never more than the total.
    """
    assert total >= 0, total
    given = [0] * len(wanted)
    left = total
    for place, index in enumerate(sorted(range(len(wanted)), key=lambda one: wanted[one])):
        level = left // (len(wanted) - place)
        given[index] = min(wanted[index], level)
        left -= given[index] if wanted[index] <= level else level
    return given


def _station_limit(
    profiles: tuple[Profile, ...], at: datetime, began_at: datetime
) -> Iterable[Limit]:
    return _leading([one for one in profiles if one.purpose == "station_max"], at, began_at)


def _session_limit(profiles: tuple[Profile, ...], asked: Question, at: datetime) -> Sequence[Limit]:
    mine = [one for one in profiles if one.is_for(asked.evse)]
    for purpose in ("session", "session_default"):
        found = _leading([one for one in mine if one.purpose == purpose], at, asked.began_at)
        if found:
            return found
    return []


def _leading(profiles: Sequence[Profile], at: datetime, began_at: datetime) -> list[Limit]:
    """The limit of the highest stack level that speaks; an EVSE's own goes before the station's."""
    for one in sorted(profiles, key=lambda one: (one.stack_level, one.evse > 0), reverse=True):
        limit = one.limit(at, began_at)
        if limit is not None:
            return [limit]
    return []


def _least_w(limit: Limit, phases: int) -> int:
    if limit.least is None:
        return 0
    return int(limit.least if limit.unit == "W" else limit.least * VOLTAGE_V * phases)
