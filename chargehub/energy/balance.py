"""Dividing the amps of a grid connection among EVSEs so that its fuse holds. Pure.

Whole amps per phase; every EVSE counts on every phase. A station obeys what it acknowledged, also
without a line, and a car may come at any moment: so what counts is the most that an EVSE may draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Purpose = Literal["session_default", "session"]
Demand = Literal["none", "little", "full"]

MINIMUM_A = 6  # a car charges with this or not at all. Source: IEC 61851-1, annex A


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit at a station, as far as the hub knows it.

    `confirmed_a` was acknowledged last, and nothing is in doubt since; None: something is.
    `most_a`: it is no higher. None: nobody knows. `asked_a` is on its way and may count already.
    `rests`: it was asked for a moment ago, and is left alone unless the fuse is in danger.
    """

    confirmed_a: int | None = None
    most_a: int | None = None
    asked_a: int | None = None
    rests: bool = False

    def may_be_a(self, maximum_a: int) -> int:
        """The highest that it may be, at an EVSE that draws at most `maximum_a`."""
        most_a = maximum_a if self.most_a is None else self.most_a
        return min(maximum_a, max(most_a, self.asked_a or 0))

    def taken(self) -> "Limit":
        """The station acknowledged what it was asked."""
        return replace(self, confirmed_a=self.asked_a, most_a=self.asked_a, asked_a=None)

    def lost(self) -> "Limit":
        """The answer was lost: the station may have the one or the other."""
        assert self.asked_a is not None, self
        most_a = None if self.most_a is None else max(self.most_a, self.asked_a)
        return replace(self, confirmed_a=None, most_a=most_a, asked_a=None)

    def kept(self) -> "Limit":
        """The station never got it, or said no: it has what it had."""
        return replace(self, asked_a=None)


UNKNOWN = Limit()
NO_SESSION_LIMIT = Limit(most_a=0)  # none was set, so none raises what the default allows


@dataclass(frozen=True, slots=True)
class Load:
    """An EVSE on the connection. `maximum_a`: its hardware draws no more.

    `default` holds for every session that has no limit of its own; `session` is that of the
    session which runs, or may still run. `demand`: none (no car), little (a car that wants
    nothing now), full. `is_reachable`: the station has a line and takes limits.
    """

    evse_id: str
    maximum_a: int
    default: Limit = UNKNOWN
    session: Limit | None = None
    demand: Demand = "none"
    is_reachable: bool = True

    @property
    def reserved_a(self) -> int:
        """The most that the EVSE may draw, whatever happens to its line, its session, its car."""
        default_a = self.default.may_be_a(self.maximum_a)
        session_a = self.session.may_be_a(self.maximum_a) if self.session else 0
        return max(default_a, session_a)

    @property
    def is_waiting(self) -> bool:
        """A question to it is not answered yet."""
        limits = (self.default, self.session or UNKNOWN)
        return any(limit.asked_a is not None for limit in limits)


@dataclass(frozen=True, slots=True)
class Supply:
    """What there is to divide: `available_a` for all EVSEs.

    `fallback_a`: what each may draw without a word of the hub, where that fits.
    """

    available_a: int
    fallback_a: int = MINIMUM_A


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the station for this limit now."""

    evse_id: str
    purpose: Purpose
    limit_a: int


def asks(supply: Supply, loads: Sequence[Load], turn: int) -> tuple[Ask, ...]:
    """What to ask of stations now; one question for an EVSE at a time.

    Nothing that is asked raises the sum of what the EVSEs may draw above `available_a`: limits
    are lowered first, and raised by what others have given back when they acknowledged it.
    """
    fallback_a = fallback(supply, loads)
    shares = divide(supply.available_a, fallback_a, loads, turn)
    reserved_a = sum(load.reserved_a for load in loads)
    is_over = reserved_a > supply.available_a
    found: list[Ask] = []
    for load in loads:
        if not load.is_reachable or load.is_waiting:
            continue
        ask = _next(load, fallback_a, shares[load.evse_id], supply.available_a - reserved_a)
        if ask is None or (_rests(load, ask) and not (is_over and _lowers(load, ask))):
            continue
        found.append(ask)
        reserved_a += asked(load, ask).reserved_a - load.reserved_a
    return tuple(found)


def asked(load: Load, ask: Ask) -> Load:
    """The EVSE once it was asked."""
    if ask.purpose == "session_default":
        return replace(load, default=replace(load.default, asked_a=ask.limit_a))
    before = load.session or NO_SESSION_LIMIT
    return replace(load, session=replace(before, asked_a=ask.limit_a))


def fallback(supply: Supply, loads: Sequence[Load]) -> int:
    """What an EVSE may draw without a word of the hub: as wished if it fits for all, or nothing."""
    out_of_reach_a = sum(load.reserved_a for load in loads if not load.is_reachable)
    needed_a = sum(min(load.maximum_a, supply.fallback_a) for load in loads if load.is_reachable)
    return supply.fallback_a if out_of_reach_a + needed_a <= supply.available_a else 0


def divide(
    available_a: int, fallback_a: int, loads: Sequence[Load], turn: int
) -> Mapping[str, int]:
    """What every EVSE should be allowed, by its id; those out of reach keep what they may draw.

    The sum is at most `available_a`, unless those out of reach alone may draw more. Cars share
    alike; what one cannot use goes to the others. If there is less than MINIMUM_A for each, some
    get nothing, others the next turn: in as many turns as there are cars, all had as many.
    """
    kept = {
        load.evse_id: load.reserved_a if not load.is_reachable else min(load.maximum_a, fallback_a)
        for load in loads
    }
    cars = [load for load in loads if load.is_reachable and load.demand != "none"]
    left_a = max(0, available_a - sum(kept.values()) + sum(kept[car.evse_id] for car in cars))
    first = turn * (left_a // MINIMUM_A) % len(cars) if cars else 0
    in_turn = [*cars[first:], *cars[:first]][: left_a // MINIMUM_A]
    wanted = {car.evse_id: _useful_a(car, fallback_a) for car in in_turn}
    return kept | dict.fromkeys((car.evse_id for car in cars), 0) | _level(left_a, wanted)


def _useful_a(car: Load, fallback_a: int) -> int:
    little_a = max(MINIMUM_A, fallback_a)
    return car.maximum_a if car.demand == "full" else min(car.maximum_a, little_a)


def _level(left_a: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """As equal as can be, nobody more than wanted: who wants least is served first."""
    given: dict[str, int] = {}
    for place, evse_id in enumerate(sorted(wanted, key=lambda each: (wanted[each], each))):
        given[evse_id] = min(wanted[evse_id], left_a // (len(wanted) - place))
        left_a -= given[evse_id]
    return given


def _next(load: Load, fallback_a: int, share_a: int, free_a: int) -> Ask | None:
    """The next limit for an EVSE, as far as `free_a` allows; None: all is as it should be."""
    fallback_a = min(load.maximum_a, fallback_a)
    if load.default.confirmed_a != fallback_a:
        ask = Ask(load.evse_id, "session_default", fallback_a)
        return ask if _is_covered(load, ask, free_a) else None
    holds_a = load.session.confirmed_a if load.session else fallback_a
    if load.demand == "none" or holds_a == share_a:
        return None
    ask = Ask(load.evse_id, "session", share_a)
    if _is_covered(load, ask, free_a):
        return ask
    part_a = load.reserved_a + max(0, free_a)
    is_step = part_a > (holds_a or 0) and part_a >= MINIMUM_A
    return replace(ask, limit_a=part_a) if is_step else None


def _is_covered(load: Load, ask: Ask, free_a: int) -> bool:
    raised_a = asked(load, ask).reserved_a - load.reserved_a
    return raised_a <= max(0, free_a)


def _rests(load: Load, ask: Ask) -> bool:
    limit = load.default if ask.purpose == "session_default" else load.session
    return limit is not None and limit.rests


def _lowers(load: Load, ask: Ask) -> bool:
    return ask.limit_a < load.reserved_a
