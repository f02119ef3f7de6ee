"""The stream of a session over REST: it ends with the session."""

import asyncio
import json

import pytest

from chargehub.clock import HandClock
from tests.busy import busy
from tests.hub import RunningHub

AT_ONCE_S = 5.0  # far below the time after which a stream looks again by itself


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_stream_of_a_session_that_is_over_ends_at_once(
    database: str, clock: HandClock
) -> None:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        world = await busy(hub)
        path = f"/api/v1/sessions/{world.ids['closed_session_id']}/stream"

        async with asyncio.timeout(AT_ONCE_S):
            answer = await hub.api.get(
                path, headers={"Authorization": f"Bearer {world.driver.token}"}
            )

        told = [line for line in answer.text.splitlines() if line.startswith("data:")]
        assert [json.loads(line[5:])["status"] for line in told] == ["closed"]
    finally:
        await hub.close()
