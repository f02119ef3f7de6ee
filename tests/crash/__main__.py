"""`python -m tests.crash`: the story with deaths in it, as many as are asked for.

`--full`: one death at every point (half an hour of an idle machine), and two deaths `--pairs`
times. With `--part 1/4` a fourth of that, so that four processes share it; with `--to-end` each
run is played to the end of the story. The status is 1 if any death changed anything.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from chargehub.observe import set_up_log
from tests.crash.harness import Death, Undisturbed, undisturbed
from tests.memory import MEMORY, has_room

STEP = 100


def _deaths(story: Undisturbed, asked: argparse.Namespace) -> list[Death]:
    random = Random(asked.seed)
    singles = story.everywhere() if asked.full else random.sample(story.boundaries(), asked.singles)
    part, parts = map(int, asked.part.split("/"))
    return (singles + story.pairs(asked.pairs, random))[part - 1 :: parts]


async def _run(asked: argparse.Namespace) -> int:
    wrong, began = 0, time.monotonic()
    root = MEMORY if has_room(MEMORY) else None
    with tempfile.TemporaryDirectory(dir=root) as folder:
        async with undisturbed(Path(folder)) as story:
            deaths = _deaths(story, asked)
            print(f"{story.count} points, {len(deaths)} runs, seed {asked.seed}", flush=True)
            for number, death in enumerate(deaths, 1):
                for one in await story.survived([death], to_end=asked.to_end):
                    wrong += 1
                    print(one, flush=True)
                if number % STEP == 0:
                    print(f"{number} runs, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{len(deaths)} runs, {wrong} differences, {time.monotonic() - began:.0f} s")
    return int(wrong > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--to-end", action="store_true")
    parser.add_argument("--singles", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--part", default="1/1")
    set_up_log("CRITICAL", as_json=False)  # deaths are loud
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
