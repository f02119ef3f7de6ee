"""Two hubs live on one PostgreSQL database from the beginning to the end of the story."""

import asyncio
from collections import Counter

import pytest

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from tests.crash.ground import START, at, cast_of
from tests.crash.play import SCENES
from tests.hub import RunningHub
from tests.schema import empty
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import PLATFORM

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

    assert [str(one) for one in laws if one.state == "broken"] == []
    assert (twin.shortcomings, twin.misasked) == ([], [])
    intents = twin.world.all(PLATFORM, "payment_intent").values()
    assert Counter(one["status"] for one in intents) == {"succeeded": 9, "canceled": 1}
    assert len(twin.world.all(PLATFORM, "transfer")) == 5
    assert len(twin.world.all(PLATFORM, "refund")) == 3


async def _settled(two: list[RunningHub]) -> None:
    """Until neither has anything left to do, also of what the other was at before."""
    while True:
        await asyncio.gather(*(one.settle() for one in two))
        if not any(one.hub.relay.pending for one in two):
            return
        await asyncio.sleep(0.05)  # one of them found something moved, and tries again
