"""Stripe loses requests and answers, refuses the many, and is slow: the same end, later."""

from random import Random

import pytest

from tests.crash.harness import Undisturbed
from tests.crash.steps import FIRST, MISHAPS
from tests.stripe_twin.manners import Faults

SEED, ASKED = 7, 12
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_a_twin_that_fails_at_random_delays_and_changes_nothing(story: Undisturbed) -> None:
    """Of the first requests of a scene four in five go wrong, in some of those that ask."""
    random, wrong = Random(SEED), []
    asking = [scene for scene, names in enumerate(story.passed) if "/v1/" in " ".join(names)]

    for scene in random.sample(asking, ASKED):
        faults = Faults(next=random.choices(MISHAPS, k=FIRST))
        found = await story.differences_by_faults(scene, faults)
        wrong += [f"scene {scene}: {one}" for one in found]

    told = f"seed {SEED}: {ASKED} scenes, {len(wrong)} differences"
    print(told)
    assert wrong == [], told
