"""A running hub with a session that was paid: nine euros, 8.10 of it the owner's."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.disputes.court import Court, make_court
from tests.hub import RunningHub


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def court(hub: RunningHub) -> Court:
    return await make_court(hub)
