"""Stripe loses requests and answers, refuses the many, and is slow: the same end, later."""

from random import Random

import pytest

from tests.crash.harness import Undisturbed
from tests.stripe_twin.manners import Fault, Faults

SEED, FIRST, ASKED = 7, 5, 12
FAULTS: tuple[Fault | None, ...] = (
    *(None, "drop_before", "drop_after", "too_many", "slow"),
    "broken_after",  # which is answered again under its key, for a day
)
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_a_twin_that_fails_at_random_delays_and_changes_nothing(story: Undisturbed) -> None:
    """Of the first requests of a scene four in five go wrong, in some of those that ask."""
    random, wrong = Random(SEED), []
    asking = [scene for scene, names in enumerate(story.passed) if "/v1/" in " ".join(names)]

    for scene in random.sample(asking, ASKED):
        faults = Faults(next=random.choices(FAULTS, k=FIRST))
        found = await story.differences_by_faults(scene, faults)
        wrong += [f"scene {scene}: {one}" for one in found]

    assert wrong == []
