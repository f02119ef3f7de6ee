"""A running hub on both databases."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()
