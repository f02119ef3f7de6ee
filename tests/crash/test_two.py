"""Two hubs on one file take up the same deliveries, and each is done once."""

from random import Random

import pytest

from tests.crash.every import Tried, by_two
from tests.crash.harness import Undisturbed
from tests.crash.play import SCENES

SEED, ASKED, EACH = 8, 6, 2
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_two_hubs_that_take_up_the_same_work_do_it_once(story: Undisturbed) -> None:
    """I16, with a rail that both ask. What one finds moved by the other it tries again."""
    random, tried = Random(SEED), Tried()

    for scene in random.sample(range(len(SCENES)), ASKED):
        tried.add(await by_two(story, scene, EACH, random))

    print(f"seed {SEED}: {tried}")
    assert tried.wrong == [], f"seed {SEED}: {tried}"
