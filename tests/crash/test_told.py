"""I5 of `docs/audit.md`: what the twin tells, in whatever order and number, ends in the same
balances.
"""

from random import Random

import pytest

from tests.crash.content import balances, notices
from tests.crash.harness import Undisturbed
from tests.crash.outside import OUTSIDE
from tests.stripe_twin.events import Delivery

SEED, RUNS = 9, 2
WELL, BADLY = Delivery(), Delivery(twice=40, late=40, lost=15)
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


async def test_notices_in_any_order_and_number_end_in_the_same_balances(
    story: Undisturbed,
) -> None:
    """Signed, some twice, some scenes later, some never: those are read days later."""
    expected = await story.told(0, WELL)
    heard = notices(str(expected.path))
    assert len(heard) > len(OUTSIDE), heard

    for seed in Random(SEED).sample(range(1_000), RUNS):
        found = await story.told(seed, BADLY)

        assert balances(str(found.path)) == balances(str(expected.path)), f"seed {seed}"
        assert notices(str(found.path)).keys() == heard.keys(), f"seed {seed}"
