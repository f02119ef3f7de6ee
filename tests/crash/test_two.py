"""Two hubs on one file take up the same deliveries, and each is done once."""

from random import Random

import pytest

from tests.crash.harness import Undisturbed

SEED, RUNS = 8, 8
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_two_hubs_that_take_up_the_same_work_do_it_once(story: Undisturbed) -> None:
    """I16, with a rail that both ask. What one finds moved by the other it tries again."""
    wrong = []
    owing = [death for death in story.boundaries() if story.name_of(death).startswith("after")]

    for death in Random(SEED).sample(owing, RUNS):
        wrong += [f"{death}: {one}" for one in await story.differences_by_two(death)]

    assert wrong == []
