"""A hub that dies at any statement or request, and comes back on its file, ends as if it had not.

I11 of `docs/audit.md`. Here a few die, chosen by a seed; `python -m tests.crash --full` has one die
at every point.
"""

from random import Random
from typing import Any

import pytest

from chargehub.payments import effects
from chargehub.store.columns import new_id
from tests.crash.harness import Undisturbed

SEED = 5
ALONE, BETWEEN, PAIRS, TO_END = 25, 5, 15, 1  # runs; one takes 0.2 s of an idle machine
HELD = "after POST /v1/payment_intents"
pytestmark = [  # of a busy one five times as much
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="session"),
]


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


async def test_a_hub_that_forgets_its_keys_is_found_out(
    story: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If what follows from a death were not seen, the other tests here would say nothing."""
    send = effects._send

    async def forgetful(rail: Any, order: Any, _key: str, kind: Any) -> Any:
        return await send(rail, order, new_id(), kind)

    monkeypatch.setattr(effects, "_send", forgetful)
    held = [death for death in story.boundaries() if story.name_of(death) == HELD]

    wrong = await story.survived(held[:1])

    assert any("payment_intent" in one for one in wrong), wrong
