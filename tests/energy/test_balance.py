"""The laws of dividing a fuse, whatever stations lose, refuse, forget or take twice."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chargehub.energy.balance import (
    MINIMUM_A,
    UNKNOWN,
    Ask,
    Limit,
    Load,
    Supply,
    asked,
    asks,
    divide,
    fallback,
)

FUSE_A = 32


def known(evse_id: str, default_a: int = 6, session_a: int | None = None, **more: Any) -> Load:
    """An EVSE of 32 A that acknowledged its limits; with a session, a car."""
    session = None if session_a is None else Limit(session_a, session_a)
    demand = "none" if session is None else "full"
    return Load(evse_id, 32, Limit(default_a, default_a), session, **({"demand": demand} | more))


def shares(loads: list[Load], available_a: int = FUSE_A, turn: int = 0) -> dict[str, int]:
    supply = Supply(available_a)
    return dict(divide(available_a, fallback(supply, loads), loads, turn))


def test_a_lone_car_gets_what_the_others_need_not_keep() -> None:
    loads = [known("a", session_a=6), known("b"), known("c")]

    assert shares(loads) == {"a": 20, "b": 6, "c": 6}


def test_three_cars_share_alike() -> None:
    loads = [known(each, session_a=6) for each in "abc"]

    assert sorted(shares(loads).values()) == [10, 11, 11]


def test_what_a_car_cannot_use_goes_to_the_others() -> None:
    full = known("a", session_a=6, demand="little")
    slow = replace(known("b", session_a=6), maximum_a=10)

    assert shares([full, slow, known("c", session_a=6)]) == {"a": 6, "b": 10, "c": 16}


def test_a_station_without_a_line_keeps_what_it_may_draw() -> None:
    away = known("a", session_a=20, is_reachable=False)

    assert shares([away, known("b"), known("c", session_a=6)]) == {"a": 20, "b": 6, "c": 6}


def test_who_never_acknowledged_counts_with_all_it_can_draw() -> None:
    loads = [Load("a", 16, is_reachable=False), known("b", session_a=6), known("c")]

    assert loads[0].reserved_a == 16
    assert shares(loads) == {"a": 16, "b": 10, "c": 6}


@pytest.mark.parametrize("cars", [2, 3, 5, 7])
def test_where_there_is_too_little_cars_take_turns_and_all_have_as_many(cars: int) -> None:
    loads = [known(str(each), 0, 0) for each in range(cars)]

    turns = [shares(loads, 10, turn) for turn in range(cars)]

    assert {tuple(sorted(turn.values())) for turn in turns} == {(*(0,) * (cars - 1), 10)}
    assert all(sum(turn[load.evse_id] > 0 for turn in turns) == 1 for load in loads)


def test_a_limit_is_lowered_before_another_is_raised() -> None:
    loads = [known("a", session_a=20), known("b", session_a=6), known("c")]

    assert asks(Supply(FUSE_A), loads, 0) == (Ask("a", "session", 13),)

    obeyed = replace(loads[0], session=Limit(13, 13))
    assert asks(Supply(FUSE_A), [obeyed, *loads[1:]], 0) == (Ask("b", "session", 13),)


def test_what_was_changed_a_moment_ago_rests_unless_the_fuse_is_in_danger() -> None:
    resting = replace(known("a"), session=Limit(20, 20, rests=True), demand="full")
    loads = [resting, known("b", session_a=6), known("c")]

    assert asks(Supply(FUSE_A), loads, 0) == ()
    assert asks(Supply(24), loads, 0) == (Ask("a", "session", 9),)


def test_a_limit_whose_answer_was_lost_counts_as_the_higher_of_both() -> None:
    """A station that never got the lower one draws what it drew."""
    lowered, raised = Limit(20, 20, 13), Limit(6, 6, 20)

    assert [lowered.may_be_a(32), lowered.lost().may_be_a(32)] == [20, 20]
    assert [raised.may_be_a(32), raised.lost().may_be_a(32)] == [20, 20]
    assert [raised.kept().may_be_a(32), lowered.taken().may_be_a(32)] == [6, 13]
    assert UNKNOWN.may_be_a(32) == replace(UNKNOWN, asked_a=6).lost().may_be_a(32) == 32


LIMITS = st.builds(
    Limit,
    st.none() | st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.booleans(),
)
LOADS = st.lists(
    st.builds(
        Load,
        st.text("abcdef", min_size=1),
        st.integers(MINIMUM_A, 40),
        LIMITS,
        st.none() | LIMITS,
        st.sampled_from(["none", "little", "full"]),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda load: load.evse_id,
)
SUPPLIES = st.builds(Supply, st.integers(0, 100), st.sampled_from([0, 6, 10]))


@given(SUPPLIES, LOADS, st.integers(0, 10**6))
def test_shares_fit_what_there_is_but_for_those_out_of_reach(
    supply: Supply, loads: list[Load], turn: int
) -> None:
    given_a = divide(supply.available_a, fallback(supply, loads), loads, turn)

    away_a = sum(load.reserved_a for load in loads if not load.is_reachable)
    assert sum(given_a.values()) <= max(supply.available_a, away_a)
    assert all(0 <= given_a[load.evse_id] <= load.maximum_a for load in loads)
    cars = [each for each in loads if each.is_reachable and each.demand != "none"]
    assert all(given_a[car.evse_id] == 0 or given_a[car.evse_id] >= MINIMUM_A for car in cars)


@given(SUPPLIES, LOADS, st.integers(0, 10**6))
def test_nothing_that_is_asked_raises_the_sum_above_the_fuse(
    supply: Supply, loads: list[Load], turn: int
) -> None:
    before_a = sum(load.reserved_a for load in loads)

    wanted = {ask.evse_id: ask for ask in asks(supply, loads, turn)}

    after = [
        asked(each, wanted[each.evse_id]) if each.evse_id in wanted else each for each in loads
    ]
    assert sum(load.reserved_a for load in after) <= max(before_a, supply.available_a)


@dataclass
class Station:
    """What is true at an EVSE, which the hub learns late or never."""

    maximum_a: int
    default_a: int | None = None
    session_a: int | None = None
    runs: int = 0  # number of its session, 0: no car
    inbox: list[tuple[Ask, int]] = field(default_factory=list)  # with the session it is for
    answers: list[tuple[Ask, str]] = field(default_factory=list)

    @property
    def may_draw_a(self) -> int:
        """With the car that is there, or that comes now."""
        default_a = self.maximum_a if self.default_a is None else self.default_a
        limits = [default_a, *([self.session_a] if self.runs and self.session_a else [])]
        return min(self.maximum_a, max(limits))


EVSES = ("a", "b", "c")
SAYS = ("taken", "refused", "lost")


class Fuse(RuleBasedStateMachine):
    """Stations that lose frames, answers and lines, say no, swap cars and boot; a hub that is told
    of it late. Once all have acknowledged a default, the fuse holds at every instant.
    """

    @initialize(fallback_a=st.sampled_from([0, 6]), cars=st.integers(0, 3))
    def begin(self, fallback_a: int, cars: int) -> None:
        self.supply = Supply(FUSE_A, fallback_a)
        self.stations = {each: Station(20) for each in EVSES}
        self.loads = {each: Load(each, 20, UNKNOWN) for each in EVSES}
        self.known = dict.fromkeys(EVSES, 0)  # the session that the hub knows of
        self.limited = dict.fromkeys(EVSES, 0)  # the session that its limit is for
        self.turn = 0
        self.was_kept = False
        for evse_id in EVSES[:cars]:
            self.a_car_comes_or_goes(evse_id)
        self.all_is_well_for_a_while()

    @invariant()
    def the_fuse_holds(self) -> None:
        if not hasattr(self, "loads"):
            return
        reserved_a = sum(load.reserved_a for load in self.loads.values())
        drawn_a = sum(station.may_draw_a for station in self.stations.values())
        for evse_id, station in self.stations.items():
            assert station.may_draw_a <= self.loads[evse_id].reserved_a, evse_id
        self.was_kept = self.was_kept or reserved_a <= FUSE_A
        assert drawn_a <= reserved_a
        assert reserved_a <= FUSE_A or not self.was_kept

    @rule()
    def the_hub_looks(self) -> None:
        for evse_id, load in self.loads.items():
            is_idle = load.session is not None and load.session.asked_a is None
            if load.is_reachable and is_idle and self.limited[evse_id] != self.known[evse_id]:
                self.loads[evse_id] = replace(load, session=None)
        for ask in asks(self.supply, list(self.loads.values()), self.turn):
            session = self.known[ask.evse_id] if ask.purpose == "session" else 0
            if session and self.loads[ask.evse_id].session is None:
                self.limited[ask.evse_id] = session
            self.loads[ask.evse_id] = asked(self.loads[ask.evse_id], ask)
            self.stations[ask.evse_id].inbox.append((ask, session))

    @rule(evse_id=st.sampled_from(EVSES), says=st.sampled_from(SAYS))
    def a_station_reads(self, evse_id: str, says: str) -> None:
        station = self.stations[evse_id]
        if not station.inbox:
            return
        ask, session = station.inbox.pop(0)
        if ask.purpose == "session" and session != station.runs:
            says = "refused"
        if says != "refused" and ask.purpose == "session_default":
            station.default_a = ask.limit_a
        elif says != "refused":
            station.session_a = ask.limit_a
        station.answers.append((ask, says))

    def a_frame_is_lost(self, evse_id: str) -> None:
        station = self.stations[evse_id]
        if not station.inbox:
            return
        ask, _ = station.inbox.pop(0)
        station.answers.append((ask, "lost"))

    @rule(evse_id=st.sampled_from(EVSES))
    def the_hub_hears(self, evse_id: str) -> None:
        station, load = self.stations[evse_id], self.loads[evse_id]
        if not station.answers:
            return
        ask, says = station.answers.pop(0)
        is_default = ask.purpose == "session_default"
        limit = load.default if is_default else load.session
        assert limit is not None and limit.asked_a is not None
        if says == "refused" and is_default:
            limit = UNKNOWN
            self.was_kept = False  # from now on it counts with all it can draw
        else:
            limit = {"taken": limit.taken, "lost": limit.lost, "refused": limit.kept}[says]()
        change: Any = {"default": limit} if is_default else {"session": limit}
        self.loads[evse_id] = replace(load, **change)

    @rule(fates=st.tuples(*[st.sampled_from([*SAYS, "never read", "read later"])] * len(EVSES)))
    def questions_go_through(self, fates: tuple[str, ...]) -> None:
        """What every station says to the next question that it is asked."""
        self.the_hub_looks()
        for evse_id, fate in zip(EVSES, fates, strict=True):
            if fate == "never read":
                self.a_frame_is_lost(evse_id)
            elif fate != "read later":
                self.a_station_reads(evse_id, fate)
            self.the_hub_hears(evse_id)
            self.the_fuse_holds()

    @rule(evse_id=st.sampled_from(EVSES))
    def a_car_comes_or_goes(self, evse_id: str) -> None:
        station = self.stations[evse_id]
        station.runs = 0 if station.runs else self.turn + 1
        station.session_a = None
        self.turn += 1
        if self.loads[evse_id].is_reachable:
            self.the_hub_is_told_of_the_car(evse_id)

    def the_hub_is_told_of_the_car(self, evse_id: str) -> None:
        load = self.loads[evse_id]
        self.known[evse_id] = self.stations[evse_id].runs
        demand = "full" if self.stations[evse_id].runs else "none"
        self.loads[evse_id] = replace(load, demand=demand)

    @rule(evse_id=st.sampled_from(EVSES))
    def a_line_breaks_or_is_back(self, evse_id: str) -> None:
        load = self.loads[evse_id]
        self.loads[evse_id] = replace(load, is_reachable=not load.is_reachable)
        if not load.is_reachable:
            self.the_hub_is_told_of_the_car(evse_id)

    @rule(evse_id=st.sampled_from(EVSES), forgets=st.booleans())
    def a_station_boots(self, evse_id: str, forgets: bool) -> None:
        """Until it has acknowledged its default again, it counts with all it can draw."""
        station, load = self.stations[evse_id], self.loads[evse_id]
        if not load.is_reachable or load.default.asked_a is not None:
            return
        if forgets:
            station.default_a = station.session_a = None
        self.loads[evse_id] = replace(load, default=UNKNOWN)
        self.was_kept = False

    @rule()
    def all_is_well_for_a_while(self) -> None:
        """All answers come; then nothing is left to ask, and the fuse holds."""
        for _ in range(20):
            self.the_hub_looks()
            for evse_id, station in self.stations.items():
                while station.inbox:
                    self.a_station_reads(evse_id, "taken")
                while station.answers:
                    self.the_hub_hears(evse_id)
                self.the_fuse_holds()
        assert not asks(self.supply, list(self.loads.values()), self.turn)
        if all(load.is_reachable for load in self.loads.values()):
            assert sum(load.reserved_a for load in self.loads.values()) <= FUSE_A


Fuse.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestFuse = Fuse.TestCase


@pytest.mark.parametrize("seed", range(10))
def test_the_fuse_holds_through_long_stories(seed: int) -> None:
    """Hypothesis tells the shortest story; an even chance for every step finds more of them."""
    chance = Random(seed)
    for _ in range(20):
        fuse = Fuse()
        fuse.begin(chance.choice([0, 6]), chance.randint(0, 3))
        steps: list[Callable[[str], None]] = [
            lambda _, fuse=fuse: fuse.questions_go_through(
                tuple(chance.choice([*SAYS, "never read", "read later"]) for _ in EVSES)
            ),
            lambda evse_id, fuse=fuse: fuse.a_station_reads(evse_id, chance.choice(SAYS)),
            lambda evse_id, fuse=fuse: fuse.a_station_boots(evse_id, chance.random() < 0.5),
            fuse.the_hub_hears,
            fuse.a_car_comes_or_goes,
            fuse.a_car_comes_or_goes,
            fuse.a_line_breaks_or_is_back,
            lambda _, fuse=fuse: fuse.all_is_well_for_a_while(),
        ]
        for _ in range(60):
            chance.choice(steps)(chance.choice(EVSES))
            fuse.the_fuse_holds()
