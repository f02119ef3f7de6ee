"""A hub that dies at any statement or request, and comes back on its file, ends as if it had not.

I11 of `docs/audit.md`. Here a few die, chosen by a seed; `python -m tests.crash --full` has one die
at every point.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tests.crash.harness import Undisturbed, undisturbed

SEED = 5
ALONE, BETWEEN, PAIRS, TO_END = 40, 10, 15, 2  # runs; one takes 0.2 s of an idle machine
pytestmark = pytest.mark.timeout(600)  # of a busy one five times as much


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Undisturbed]:
    async with undisturbed(tmp_path) as found:
        print(f"{found.count} points, {len(found.boundaries())} of them boundaries, seed {SEED}")
        yield found


async def test_a_death_anywhere_changes_nothing(story: Undisturbed) -> None:
    """Around commits and requests, which is all the world can notice; and at some statements."""
    random = Random(SEED)
    deaths = random.sample(story.boundaries(), ALONE) + random.sample(story.everywhere(), BETWEEN)

    wrong = await story.survived(deaths)

    assert wrong == []


async def test_a_death_on_the_way_back_from_another_changes_nothing(story: Undisturbed) -> None:
    """Two deaths; and some alone, from which all the rest of the story is played."""
    random = Random(SEED)

    wrong = await story.survived(story.pairs(PAIRS, random))
    wrong += await story.survived(random.sample(story.boundaries(), TO_END), to_end=True)

    assert wrong == []
