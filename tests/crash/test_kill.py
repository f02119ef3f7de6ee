"""As `test_crash`, but the kernel ends a real process: its file is recovered as after any crash."""

import sys
from random import Random

import pytest

from tests.crash.harness import Undisturbed

SEED, KILLS = 6, 20
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_a_process_killed_at_a_statement_leaves_what_another_can_finish(
    story: Undisturbed,
) -> None:
    random, wrong = Random(SEED), []

    for _ in range(KILLS):
        scene, kill_at = random.choice(story.statements())
        found = await story.differences_after_a_kill(scene, kill_at)
        wrong += [f"scene {scene} at {kill_at}: {one}" for one in found]

    told = f"seed {SEED}: {KILLS} processes killed, {len(wrong)} differences"
    print(told)
    assert wrong == [], told
