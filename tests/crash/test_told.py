"""I5 of `docs/audit.md`: what the twin tells, in whatever order and number, ends in the same
balances.
"""

from random import Random

import pytest

from tests.crash.content import notices, posted
from tests.crash.harness import Undisturbed
from tests.crash.outside import OUTSIDE
from tests.crash.steps import BADLY, WELL, otherwise

SEED, RUNS = 9, 2
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_notices_in_any_order_and_number_end_in_the_same_balances(
    story: Undisturbed,
) -> None:
    """Signed, some twice, some scenes later, some never: those are read days later.

    The first run has nothing else against it, in the second hubs die as well.
    """
    expected = str((await story.told(0, WELL)).state.path)
    heard = notices(expected)
    assert len(heard) > len(OUTSIDE), heard
    assert posted(expected)["card_dispute_won"]

    for number, seed in enumerate(Random(SEED).sample(range(1_000), RUNS)):
        found = await story.told(seed, BADLY, Random(seed) if number else None)

        told = f"seed {seed}: {found.deaths} deaths in {len(found.lives)} lives"
        print(told)
        assert bool(found.deaths) == bool(number), told
        assert otherwise(story, expected, str(found.state.path)) == [], told
