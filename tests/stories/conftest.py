"""A running hub, and every OCPP version."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    """A running hub, on SQLite and on PostgreSQL."""
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


VERSIONS = ("1.6", "2.0.1")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Every OCPP version; a story that asks for it runs on all of them."""
    found: str = request.param
    return found
