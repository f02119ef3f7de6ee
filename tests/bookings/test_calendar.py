"""A calendar says free exactly where the shortest booking would be accepted, and nowhere else."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.bookings import stating
from chargehub.bookings.availability import (
    Occupied,
    Stretch,
    Taken,
    calendar,
    looked_at,
    shortest_slot,
)
from chargehub.bookings.blocks import Kept, keeps_out, merged
from chargehub.bookings.calendar import calendar_of
from chargehub.bookings.holding import hold_slot
from chargehub.bookings.rules import DEFAULTS, Policy, Wanted, approve_by, check_slot
from chargehub.errors import Refused
from chargehub.listings import actions as listings
from chargehub.listings.rules import Hours, Window
from chargehub.people.rules import Actor
from chargehub.store.engines import write_engine
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import Span
from tests.bookings import test_laws as laws
from tests.bookings.test_laws import Deed, Ground
from tests.bookings.world import HOUR, MINUTE, NOW, account, make_world

STEP = 5 * MINUTE
DAY = timedelta(days=1)
policies = st.builds(
    lambda grid, slots, buffer, lead, mode, horizon: Policy(
        grid=grid * MINUTE,
        shortest=max(15, slots * grid) * MINUTE,
        buffer=buffer * MINUTE,
        reserve_before=timedelta(),
        lead=lead * MINUTE,
        mode=mode,
        horizon=horizon * HOUR,
    ),
    st.sampled_from([1, 5, 10, 15, 30, 60]),
    st.integers(1, 3),
    st.sampled_from([0, 10, 25]),
    st.sampled_from([0, 45]),
    st.sampled_from(["instant", "request"]),
    st.sampled_from([3, 24 * 30]),
)
spans = st.builds(
    lambda start, length: Span(NOW + start * STEP, NOW + (start + length) * STEP),
    st.integers(-30, 70),
    st.integers(1, 12),
)


@st.composite
def occupations(draw: st.DrawFn) -> Occupied:
    taken = merged(draw(st.lists(spans, max_size=4)))
    kept = draw(st.lists(st.tuples(spans, st.sampled_from(["blackout", "own_car"])), max_size=3))
    closed = merged(draw(st.lists(spans, max_size=3)))
    edges = [NOW - 5 * DAY, *(edge for one in closed for edge in (one.start, one.end)), NOW + DAY]
    return Occupied(
        is_open=[Span(*edges[at : at + 2]) for at in range(0, len(edges), 2)],
        taken=[Taken(one, str(at), "confirmed") for at, one in enumerate(taken)],
        kept=[Kept(span, kind, "block") for span, kind in kept],
    )


def is_accepted(slot: Span, occupied: Occupied, policy: Policy) -> bool:
    """By the rules that a booking is judged by."""
    is_open = any(one.start <= slot.start and slot.end <= one.end for one in occupied.is_open)
    try:
        check_slot(slot, NOW, policy, is_open, [one.span for one in occupied.taken])
        if policy.mode == "request":
            approve_by(slot, NOW, policy)
    except Refused:
        return False
    return not any(keeps_out(one, slot, policy.buffer) for one in occupied.kept)


def what_at(stretches: tuple[Stretch, ...], moment: object) -> str:
    return next(one.availability for one in stretches if one.span.contains(moment))  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(occupied=occupations(), policy=policies)
def test_free_is_where_the_rules_accept_the_shortest_slot(
    occupied: Occupied, policy: Policy
) -> None:
    during = Span(NOW - HOUR, NOW + 7 * HOUR)
    lasts = shortest_slot(policy)

    stretches = calendar(during, occupied, NOW, policy)

    assert stretches[0].span.start == during.start
    assert stretches[-1].span.end == during.end
    assert all(one.span.end == two.span.start for one, two in pairwise(stretches))
    wide = looked_at(during, policy)
    accepted = [
        slot
        for step in range((wide.end - lasts - wide.start) // MINUTE + 1)
        if is_accepted(
            slot := Span(wide.start + step * MINUTE, wide.start + step * MINUTE + lasts),
            occupied,
            policy,
        )
    ]
    cut = [part for one in accepted if (part := one.intersection(during)) is not None]
    free = [one.span for one in stretches if one.availability == "free"]
    assert list(merged(free)) == list(merged(cut))
    for one in stretches:
        is_open = any(open_.intersection(one.span) for open_ in occupied.is_open)
        assert one.availability != "closed" or not (is_open or one.span.start < NOW)
        assert one.availability != "past" or one.span.end <= NOW
        assert one.availability != "unbookable" or (is_open and one.span.start >= NOW)


@pytest.fixture
async def ground(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Ground]:
    """As of the other laws, with a fourth driver whom nobody knows."""
    path = tmp_path / "calendar.sqlite"
    shutil.copy(sqlite_template, path)
    store = Store(f"sqlite:///{path}")
    world = await make_world(store)
    await world.connect()
    others = [await account(store, name) for name in ("eve", "ned")]
    await store.close()
    engine = write_engine(store.database)
    yield Ground(engine, world, (world.driver, others[0], world.owner, others[1]))
    engine.dispose()


class Accepted(Exception):
    """Not kept: it was only to be seen whether it could be."""


def can_book(work: Work, driver: Actor, wanted: Wanted, now: object) -> bool:
    def book(part: Work) -> None:
        hold_slot(part, driver, wanted, now)  # type: ignore[arg-type]
        raise Accepted

    outcome = work.attempt(book)
    assert isinstance(outcome, Accepted | Refused), outcome
    return isinstance(outcome, Accepted)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(policy=policies, closes=st.integers(0, 8), story=laws.deeds)
def test_a_calendar_says_free_where_a_booking_is_accepted(
    ground: Ground, policy: Policy, closes: int, story: list[Deed]
) -> None:
    """After any story of drivers and owner: every shortest slot of the next hours is tried."""
    stranger = ground.drivers[3]
    with ground.work() as work:
        now = NOW
        made: list[str] = []
        for deed in story:
            now += deed[4] * MINUTE
            laws._do(work, ground, deed, made, now)
        stating.state_policy(work, ground.owner, ground.world.station_id, policy, now)
        if closes:
            shut = Hours((Window(frozenset(range(7)), 10 * 60, 10 * 60 + closes * 25),))
            world = ground.world
            listings.publish(work, ground.owner, world.station_id, world.tariff_id, shut, now)
        during = Span(now - HOUR, now + 5 * HOUR)

        found, _ = calendar_of(work, None, ground.world.evse_id, during, now)

        lasts = shortest_slot(policy)
        free = [one.span for one in found if one.availability == "free"]
        start = during.start + -(during.start - NOW) % STEP
        while start + lasts <= during.end:
            slot = Span(start, start + lasts)
            is_on_grid = not (start - NOW) % policy.grid  # that is 8 o'clock sharp
            is_in = any(one.start <= slot.start and slot.end <= one.end for one in free)
            wanted = Wanted(ground.world.evse_id, slot.start, slot.end)
            assert can_book(work, stranger, wanted, now) == (is_on_grid and is_in), (slot, found)
            start += STEP


def test_before_a_booking_its_buffer_is_booked_and_a_gap_too_short_is_not_bookable() -> None:
    policy = replace(DEFAULTS, grid=15 * MINUTE, shortest=30 * MINUTE)
    hour = Span(NOW + HOUR, NOW + 2 * HOUR)
    later = Span(hour.end + 35 * MINUTE, hour.end + 85 * MINUTE)
    taken = [Taken(hour, "one", "confirmed"), Taken(later, "two", "confirmed")]
    occupied = Occupied([Span(NOW - DAY, NOW + DAY)], taken)

    found = calendar(Span(NOW, NOW + 4 * HOUR), occupied, NOW, policy)

    told = [
        ((one.span.end - NOW) // MINUTE, one.availability, one.booking and one.booking.booking_id)
        for one in found
    ]
    assert told == [
        (45, "free", None),
        (50, "unbookable", None),
        (60, "booked", None),
        (120, "booked", "one"),
        (145, "unbookable", None),
        (155, "booked", None),
        (205, "booked", "two"),
        (210, "unbookable", None),
        (240, "free", None),
    ]
