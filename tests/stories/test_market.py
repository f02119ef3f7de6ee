"""Whatever drivers, guests, owners, stations and the clock do, the market keeps its laws.

The seed is printed: CHARGEHUB_MARKET_SEED plays the same market again, CHARGEHUB_MARKET_EXAMPLES
another number of them, and CHARGEHUB_MARKET_SHRINK looks for the shortest story that fails.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.databases import PostgresServer
from tests.stories.market import Ground, Market, prepared

EXAMPLES = {"sqlite": 14, "postgresql": 3}
STEPS = 25
# To shorten a story that failed takes minutes: only for who asks for it.
PHASES = [Phase.generate, *([Phase.shrink] if "CHARGEHUB_MARKET_SHRINK" in os.environ else [])]
SEED = int(os.environ.get("CHARGEHUB_MARKET_SEED", SystemRandom().randrange(2**32)))


def of_sqlite(request: pytest.FixtureRequest) -> tuple[str, Callable[[], str]]:
    """A filled file, and what makes a copy of it."""
    folder: Path = request.getfixturevalue("tmp_path")
    filled = folder / "filled.sqlite"
    shutil.copy(request.getfixturevalue("sqlite_template"), filled)
    numbers = itertools.count()

    def copy() -> str:
        path = folder / f"market{next(numbers)}.sqlite"
        shutil.copy(filled, path)
        return f"sqlite:///{path}"

    return f"sqlite:///{filled}", copy


def of_postgresql(request: pytest.FixtureRequest) -> tuple[str, Callable[[], str]]:
    """A filled database, and what makes a copy of it."""
    server: PostgresServer = request.getfixturevalue("postgres")
    filled = server.create_database(request.getfixturevalue("postgres_database"))
    return filled, lambda: server.create_database(filled)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_market_keeps_its_laws(kind: str, request: pytest.FixtureRequest) -> None:
    database, copy = (of_sqlite if kind == "sqlite" else of_postgresql)(request)
    people, place = asyncio.run(prepared(database))
    ground = Ground(copy, people, place)
    print(f"CHARGEHUB_MARKET_SEED={SEED}")

    @seed(SEED)
    def market() -> Market:
        return Market(ground)

    run_state_machine_as_test(
        market,
        settings=settings(
            max_examples=int(os.environ.get("CHARGEHUB_MARKET_EXAMPLES", EXAMPLES[kind])),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
