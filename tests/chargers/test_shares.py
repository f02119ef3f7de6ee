"""Whatever happens at a station, its cars never take more than its limits allow, to the Wh."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.habits import FIRST_REGISTER_WH, USUAL, Habits
from chargers.profile_rules import Criteria
from chargers.profiles import Period, Profile
from chargers.station import StationSim
from chargers.vehicle import Vehicle
from tests.chargers.conftest import Hand

EVSES = (1, 2, 3)
POWER_W = 11_000
CAR = Vehicle(1_000_000, 0)

evse = st.sampled_from(EVSES)
narrow = st.integers(100, POWER_W)
scarce = st.one_of(
    st.tuples(st.just("limit"), narrow),
    st.tuples(st.just("plug"), evse),
    st.tuples(st.just("stop"), evse),
    st.tuples(st.just("look"), evse),
)
watts = st.integers(0, 40_000)
steps = st.one_of(
    st.tuples(st.just("limit"), watts),
    st.tuples(st.just("session"), evse, watts),
    st.tuples(st.just("lift"), st.just(0)),
    st.tuples(st.just("plug"), evse),
    st.tuples(st.just("stop"), evse),
    st.tuples(st.just("look"), evse),
)


def profile(number: int, evse: int, limit_w: int) -> Profile:
    purpose = "station_max" if evse == 0 else "session_default"
    period = Period(0, Decimal(limit_w))
    return Profile(number, evse, purpose, 0, "absolute", "W", (period,))


class Yard:
    """A station offline, and beside it what its limits allowed so far, in watt minutes."""

    def __init__(self, habits: Habits) -> None:
        self.hand = Hand()
        self.sim = StationSim(
            *("1.6", "CS01", "secret", "ws://127.0.0.1:1", 3, self.hand), habits=habits
        )
        self.total_w = POWER_W * 3
        self.each_w = dict.fromkeys(EVSES, POWER_W)
        self.allowed = self.allowed_with_cars = 0
        self.allowed_each = dict.fromkeys(EVSES, 0)

    @property
    def taken(self) -> dict[int, int]:
        """What flowed at each EVSE, Wh."""
        places = self.sim.evses.items()
        return {number: place.register_wh - FIRST_REGISTER_WH for number, place in places}

    async def do(self, step: tuple) -> None:
        kind, number, *more = step
        place = self.sim.evses.get(number)
        if kind == "move":
            self.hand.move(minutes=number)
            self.allowed += self.total_w * number
            if any(one.session for one in self.sim.evses.values()):
                self.allowed_with_cars += self.total_w * number
            for one in EVSES:
                self.allowed_each[one] += self.each_w[one] * number
        elif kind == "limit":
            self.total_w = min(number, POWER_W * 3)
            assert self.sim.charging.install(profile(9, 0, number)) is None
            await self.sim.obey_limits()
        elif kind == "session":
            self.each_w[number] = min(more[0], POWER_W)
            assert self.sim.charging.install(profile(number, number, more[0])) is None
            await self.sim.obey_limits()
        elif kind == "lift":
            self.total_w = POWER_W * 3
            self.sim.charging.clear(Criteria(purpose="station_max"))
            await self.sim.obey_limits()
        elif kind == "plug" and place.session is None:
            await self.sim.plug_in(number, "alice", vehicle=CAR)
        elif kind in ("stop", "look") and place.session is not None:
            await self.look(number)
            if kind == "stop":
                await self.sim.stop(number)
                await self.sim.unplug(number)

    async def look(self, number: int) -> None:
        place = self.sim.evses[number]
        assert place.looked_at is not None
        elapsed = self.hand() - place.looked_at
        if elapsed > timedelta():
            await self.sim.tick(number, elapsed)


moves = st.tuples(st.just("move"), st.integers(1, 60))


def days(of: st.SearchStrategy) -> st.SearchStrategy:
    """Something happens, then time passes, and so on."""
    return st.lists(st.tuples(of, moves), max_size=12).map(lambda pairs: [*chain(*pairs)])


def play(happened: list[tuple], habits: Habits = USUAL) -> Yard:
    """Three cars come, then all of it happens, and in the end every car is looked at."""

    async def done() -> Yard:
        yard = Yard(habits)
        for step in (*(("plug", evse) for evse in EVSES), *happened):
            await yard.do(step)
        for number, place in yard.sim.evses.items():
            if place.session is not None:
                await yard.look(number)
        return yard

    return asyncio.run(done())


@settings(max_examples=60, deadline=None)
@given(days(steps))
def test_cars_never_take_more_than_all_limits_of_their_station_allow(happened):
    yard = play(happened)

    assert sum(yard.taken.values()) * 60 <= yard.allowed
    assert all(yard.taken[one] * 60 <= yard.allowed_each[one] for one in EVSES)


@settings(max_examples=60, deadline=None)
@given(first_w=narrow, happened=days(scarce))
def test_cars_take_what_a_narrow_limit_allows_and_no_more(first_w, happened):
    """One car alone could take it all, so nothing is ever left over to hide behind: whoever
    counted a share wrongly took more, or less."""
    yard = play([("limit", first_w), *happened], Habits(least_current_a=0))

    lost = len(EVSES) * (len(happened) + 1) * 60  # what does not fill a Wh, or not divide
    assert yard.allowed_with_cars - lost <= sum(yard.taken.values()) * 60 <= yard.allowed_with_cars
