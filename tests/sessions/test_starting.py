"""How many EVSEs one driver can keep from others by asking from afar."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from chargehub.sessions.rules import STARTING_AT_ONCE
from tests.hub import RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def test_a_driver_keeps_only_a_few_evses_waiting(hub: RunningHub, database: str) -> None:
    """Nothing is held for a session that waits for its car: it would cost nothing to keep all."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", evses=STARTING_AT_ONCE + 1)
    *some, another = place.evse_ids

    waiting = [await driver.post("/sessions", {"evse_id": evse}) for evse in some]
    refused = await driver.post("/sessions", {"evse_id": another}, 409)
    await driver.post(f"/sessions/{waiting[0]['id']}/stop", expect=202)
    again = await driver.post("/sessions", {"evse_id": another})

    assert refused["code"] == "may_not_start"
    assert again["status"] == "starting"
