"""A hub that dies at any statement or request, and comes back on its file, ends as if it had not.

I11 of `docs/audit.md`. Deaths alone are all tried, pairs of deaths by a seed; `python -m
tests.crash --full` has every pair.
"""

from random import Random
from typing import Any

import pytest

from chargehub.payments import effects
from chargehub.store.columns import new_id
from tests.crash.every import Some, Tried, pairs, singles
from tests.crash.harness import Undisturbed
from tests.crash.play import SCENES

SEED = 5
PARTS = 8  # which processes share; each takes every eighth scene
PAIRS, SECOND = 18, 4  # of a scene: 500 in all, for some scenes have fewer
RAISED = 20
HELD = "after POST /v1/payment_intents"
pytestmark = [  # a life takes 0.2 s of an idle machine, and five times as much of a busy one
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_death_anywhere_changes_nothing(story: Undisturbed, part: int) -> None:
    """At every statement, and before and after every commit and request, of the whole story."""
    tried = Tried()
    for scene in range(part, len(SCENES), PARTS):
        tried.add(await singles(story, scene))

    print(tried)
    assert tried.wrong == [], tried


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_death_on_the_way_back_from_another_changes_nothing(
    story: Undisturbed, part: int
) -> None:
    tried = Tried()
    for scene in range(part, len(SCENES), PARTS):
        some = Some(PAIRS, SECOND, Random(f"{SEED} {scene}"))
        tried.add(await pairs(story, scene, some))

    print(f"seed {SEED}: {tried}")
    assert tried.wrong == [], f"seed {SEED}: {tried}"


async def test_what_is_kept_of_a_point_is_what_a_death_there_leaves(story: Undisturbed) -> None:
    """The deaths above are copies of files that live; here hubs are stopped, and SQLite rolls back.

    One more of them is gone on from to the end of the story.
    """
    random = Random(SEED)

    for death in random.sample(story.everywhere(), RAISED):
        before = story.states[death.scene]
        left, kept = await story.ground.dead(before, death.scene, death.points[0])
        assert left == kept, f"seed {SEED}: {death}: {left - kept} and {kept - left}"
    wrong = await story.survived(random.sample(story.boundaries(), 1), to_end=True)

    print(f"seed {SEED}: {RAISED} deaths raised, and one played to the end")
    assert wrong == [], f"seed {SEED}"


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
