"""The story on one PostgreSQL database: played by two hubs, and by hubs that die."""

import asyncio
from collections import Counter
from random import Random

import pytest

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from tests.crash.beside import Beside
from tests.crash.ground import START, at, cast_by, cast_of
from tests.crash.harness import quiet_deaths
from tests.crash.play import SCENES, Cast, Scene
from tests.crash.points import Points
from tests.hub import RunningHub
from tests.schema import empty
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import PLATFORM

SEED, DYING, WITHIN = 4, 14, 400  # scenes, and at one of so many points: some have fewer
pytestmark = pytest.mark.timeout(600)


async def test_two_hubs_on_one_postgresql_database_do_everything_once(
    postgres_database: str,
) -> None:
    """I16: each acts in every other scene, and both take up what follows."""
    twin, clock = Twin(), HandClock(START)
    async with running_twin(twin) as address:
        own = {"stripe_key": KEY, "stripe_url": address}
        two = [RunningHub(postgres_database, clock, **own) for _ in range(2)]
        try:
            await asyncio.gather(*(one.start() for one in two))
            cast = await cast_of(two[0], twin)
            for number, scene in enumerate(SCENES):
                clock.set(at(number))
                twin.world.clock.now = int(clock.now().timestamp())
                await cast.taken_over_by(two[number % 2]).act(scene)
                await _settled(two)
            laws = findings_of(postgres_database)
        finally:
            await asyncio.gather(*(one.close() for one in two))
            empty(postgres_database)

    _is_as_undisturbed(twin, [str(one) for one in laws if one.state == "broken"])


async def test_hubs_that_die_on_postgresql_do_everything_once(postgres_database: str) -> None:
    """I11 where a server, and no file, takes back what was not committed."""
    random, clock = Random(SEED), HandClock(START)
    dying = random.sample([number for number, scene in enumerate(SCENES) if scene.posts], DYING)
    beside, points = Beside(clock), list[Points]()
    async with beside.serving():
        try:
            with quiet_deaths():
                born = beside.born(postgres_database, clock, Points())
                cast = await cast_by(born, beside.twin)
                for number, scene in enumerate(SCENES):
                    clock.set(at(number))
                    coming = [Points()]
                    if number in dying:
                        coming.append(Points(random.randint(1, WITHIN)))
                    points += coming
                    while not await _is_survived(cast, scene, beside, (clock, coming.pop())):
                        pass
            laws = findings_of(postgres_database)
        finally:
            empty(postgres_database)

    died = sum(one.has_died for one in points)
    print(f"seed {SEED}: {died} deaths")
    assert died >= DYING // 2
    _is_as_undisturbed(beside.twin, [str(one) for one in laws if one.state == "broken"])


async def _is_survived(
    cast: Cast, scene: Scene, beside: Beside, life: tuple[HandClock, Points]
) -> bool:
    alive = beside.born(cast.hub.database, *life)

    async def deed() -> None:
        await alive.start()
        await cast.taken_over_by(alive).act(scene)
        await alive.settle()

    lives_on = await alive.survives(deed())
    await alive.bury()
    return lives_on


def _is_as_undisturbed(twin: Twin, broken: list[str]) -> None:
    """Money moved at the twin as often as it does when nobody is in the way."""
    assert broken == []
    assert (twin.shortcomings, twin.misasked) == ([], [])
    intents = twin.world.all(PLATFORM, "payment_intent").values()
    assert Counter(one["status"] for one in intents) == {"succeeded": 9, "canceled": 1}
    assert len(twin.world.all(PLATFORM, "transfer")) == 5
    assert len(twin.world.all(PLATFORM, "transfer_reversal")) == 1
    assert len(twin.world.all(PLATFORM, "refund")) == 3


async def _settled(two: list[RunningHub]) -> None:
    """Until neither has anything left to do, also of what the other was at before."""
    while True:
        await asyncio.gather(*(one.settle() for one in two))
        if not any(one.hub.relay.pending for one in two):
            return
        await asyncio.sleep(0.05)  # one of them found something moved, and tries again
