"""Payout plans: which days they have, and what leaves on them."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.payments import actions, plan
from chargehub.payments.plan import Schedule
from chargehub.units import Money
from tests.payments.test_payout import choose, earn, payouts, request, verify, waiting
from tests.payments.world import World

DAY = timedelta(days=1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), 30_000 * DAY).map(lambda since: FIRST + since)


@given(instants, st.sampled_from(get_args(Schedule)), st.integers(1, 28))
def test_the_next_day_of_a_plan_is_its_first_one(
    now: datetime, schedule: Schedule, day: int
) -> None:
    """Every day in between is none of the schedule's."""
    if schedule == "weekly":
        day = (day - 1) % 7 + 1
    found = plan.next_at(schedule, day, now)

    if schedule in ("at_once", "on_request"):
        assert found is None
        return
    assert found is not None and now < found <= now + 31 * DAY
    assert found.time() == datetime.min.time()
    days = [found - number * DAY for number in range(32) if found - number * DAY > now]
    belongs = {"daily": lambda _: True, "weekly": lambda at: at.isoweekday() == day}
    is_one = belongs.get(schedule, lambda at: at.day == day)
    assert [at for at in days if is_one(at)] == [found]


@pytest.fixture
async def owner(world: World) -> World:
    """An owner who can be paid, and has earned 8.10 EUR."""
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    await earn(world, 810)
    return world


async def state(
    world: World, schedule: Schedule, day: int | None = None, minimum: Money | None = None
) -> None:
    wanted = schedule, day, minimum
    await world.store.do(actions.choose_plan, world.owner_id, wanted, world.clock.now())


async def test_a_weekly_plan_pays_on_its_day_alone(owner: World) -> None:
    """What matures between two days waits for the second; a day with nothing to pay is over."""
    today = owner.clock.now().isoweekday()
    await state(owner, "weekly", today % 7 + 1)
    assert await request(owner) == 0
    ((_, reason),) = await waiting(owner)
    assert "You are paid every " in reason and ", next on 2" in reason

    owner.clock.advance(DAY)
    await request(owner)
    await owner.flow.follow()
    await earn(owner, 500)
    owner.clock.advance(3 * DAY)
    await request(owner)
    assert [one.amount_minor for one in await payouts(owner)] == [810]

    owner.clock.advance(4 * DAY)
    await request(owner)
    await owner.flow.follow()
    assert [one.amount_minor for one in await payouts(owner)] == [500, 810]


async def test_a_hub_that_was_down_on_the_day_pays_when_it_is_back(owner: World) -> None:
    await state(owner, "daily")
    owner.clock.advance(5 * DAY)

    await request(owner)

    assert len(await payouts(owner)) == 1
    await owner.flow.follow()
    await earn(owner, 500)
    assert await request(owner) == 0


async def test_a_day_that_found_an_owner_withheld_is_made_up_for(world: World) -> None:
    """The owner had to do something first; having done it, nobody waits another month."""
    await choose(world, "sandbox")
    await earn(world, 810)
    await state(world, "monthly", 1)
    world.clock.advance(40 * DAY)
    assert await request(world) == 0

    await verify(world, world.owner_id)
    await request(world)

    assert len(await payouts(world)) == 1


async def test_an_owners_own_minimum_counts_for_its_currency(owner: World) -> None:
    await state(owner, "at_once", minimum=Money(1_000, "EUR"))
    await earn(owner, 500, "GBP")

    await request(owner)

    assert [one.currency for one in await payouts(owner)] == ["GBP"]
    assert "from 10.00 EUR on" in dict(await waiting(owner))[810]
    await earn(owner, 190)
    await request(owner)
    assert [one.amount_minor for one in await payouts(owner)] == [1_000, 500]


async def test_what_a_rail_refused_on_the_day_is_tried_again_a_day_later(owner: World) -> None:
    """Not a week later: it is due already."""
    await choose(owner, "sandbox", "refuse_payout")
    await state(owner, "weekly", owner.clock.now().isoweekday() % 7 + 1)
    owner.clock.advance(DAY)
    await request(owner)
    await owner.flow.follow()
    assert await request(owner) == 0

    owner.clock.advance(DAY)
    assert await request(owner) == 1
