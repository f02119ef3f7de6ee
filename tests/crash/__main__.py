"""`python -m tests.crash`: the story with deaths in it, and with all else that may go wrong.

Without `--full` it is a sample: some pairs instead of all. What is tried are steps, such as
`singles 14` or `told 3`, each with a seed of its own that follows from `--seed`. `--from` begins
at a step, `--only` tries one step or the steps of one kind, `--part 1/2` every second, so that two
processes share it. The status is 1 if anything came out otherwise.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from chargehub.observe import set_up_log
from tests.crash.harness import undisturbed
from tests.crash.steps import Step, steps
from tests.memory import MEMORY, has_room


def chosen(asked: argparse.Namespace) -> list[Step]:
    """The steps that were asked for, in order. Raises SystemExit for one that does not exist."""
    every = steps(asked.full)
    names = [step.name for step in every]
    begin = 0
    if asked.begin is not None:
        if asked.begin not in names:
            sys.exit(f"There is no step {asked.begin!r}, but {names[0]!r} to {names[-1]!r}.")
        begin = names.index(asked.begin)
    found = [step for step in every[begin:] if asked.only in (None, step.name, step.kind)]
    if not found:
        sys.exit(f"There is no step or kind {asked.only!r}; kinds: {', '.join(_kinds(every))}.")
    part, parts = map(int, asked.part.split("/"))
    return found[part - 1 :: parts]


def _kinds(every: list[Step]) -> list[str]:
    return list(dict.fromkeys(step.kind for step in every))


async def _run(asked: argparse.Namespace) -> int:
    wanted, wrong, began = chosen(asked), 0, time.monotonic()
    deaths = lives = 0
    root = MEMORY if has_room(MEMORY) else None
    with tempfile.TemporaryDirectory(dir=root) as folder:
        async with undisturbed(Path(folder)) as story:
            print(f"{story.count} points, {len(wanted)} steps, seed {asked.seed}", flush=True)
            for number, step in enumerate(wanted, 1):
                tried = await step.tried(story, asked.seed)
                deaths, lives = deaths + tried.deaths, lives + tried.lives
                wrong += len(tried.wrong)
                passed = f"{time.monotonic() - began:.0f} s"
                print(f"[{number}/{len(wanted)}] {step.name}: {tried}, {passed}", flush=True)
                if tried.wrong:
                    print("\n".join(tried.wrong), f"\nagain: {_again(asked, step)}", flush=True)
    print(f"{deaths} deaths, {lives} lives after them, {wrong} differences, seed {asked.seed}")
    return int(wrong > 0)


def _again(asked: argparse.Namespace, step: Step) -> str:
    full = " --full" if asked.full else ""
    return f'python -m tests.crash{full} --seed {asked.seed} --only "{step.name}"'


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--from", dest="begin")
    parser.add_argument("--only")
    parser.add_argument("--part", default="1/1")
    set_up_log("CRITICAL", as_json=False)  # deaths are loud
    return asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
