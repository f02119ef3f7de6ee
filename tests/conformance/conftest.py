"""A hub and a registered station without a line."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, Place, RunningHub


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock, ocpp_hurried_rate=10_000)  # broken frames get no answer
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def owner(hub: RunningHub) -> Person:
    return await hub.person("owner")


@pytest.fixture
async def place(hub: RunningHub, owner: Person) -> Place:
    found = await hub.station(owner, "2.0.1")
    await found.sim.disconnect()
    return found
