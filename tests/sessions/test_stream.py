"""The stream of a session over REST: it ends with the session, and with who may watch."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from chargehub.clock import HandClock
from chargehub.sessions.routes import STREAMS_AT_ONCE
from tests.busy import Busy, busy
from tests.hub import RunningHub

AT_ONCE_S = 5.0  # far below the time after which a stream looks again by itself

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[Busy]:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        yield await busy(hub)
    finally:
        await hub.close()


async def watch(world: Busy, session: str) -> httpx2.Response:
    """A whole stream; it is answered when it ends."""
    path = f"/api/v1/sessions/{world.ids[session]}/stream"
    headers = {"Authorization": f"Bearer {world.driver.token}"}
    return await world.hub.api.get(path, headers=headers)


async def watch_all_one_may(world: Busy) -> list["asyncio.Task[httpx2.Response]"]:
    """As many streams of one active session as an account may have, when all are open."""
    asked = [asyncio.create_task(watch(world, "session_id")) for _ in range(STREAMS_AT_ONCE + 2)]
    async with asyncio.timeout(AT_ONCE_S):
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    refused = [stream for stream in asked if stream.done()]
    assert {stream.result().status_code for stream in refused} == {429}
    return [stream for stream in asked if stream not in refused]


async def test_the_stream_of_a_session_that_is_over_ends_at_once(
    world: Busy, database: str
) -> None:
    async with asyncio.timeout(AT_ONCE_S):
        answer = await watch(world, "closed_session_id")

    told = [line for line in answer.text.splitlines() if line.startswith("data:")]
    assert [json.loads(line[5:])["status"] for line in told] == ["closed"]


async def test_an_account_watches_only_so_many_sessions_at_once(world: Busy, database: str) -> None:
    """Each stream reads its session anew at every change, and readers are few."""
    open_streams = await watch_all_one_may(world)
    for stream in open_streams:
        stream.cancel()
    await asyncio.wait(open_streams)

    again = await watch(world, "closed_session_id")

    assert len(open_streams) in (STREAMS_AT_ONCE, STREAMS_AT_ONCE + 1)
    assert again.status_code == 200


async def test_who_logs_out_sees_no_further_change(world: Busy, database: str) -> None:
    """To log a lost phone out must close what it has open."""
    open_streams = await watch_all_one_may(world)

    await world.driver.ask("DELETE", "/logins/current", expect=204)
    world.hub.hub.live.publish([f"session:{world.ids['session_id']}"])

    async with asyncio.timeout(AT_ONCE_S):
        statuses = {(await stream).status_code for stream in open_streams}
    assert statuses <= {200, 429}
