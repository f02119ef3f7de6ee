"""The whole web application, where its parts together could give something away."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


@pytest.mark.parametrize("path", ["/api/v1/logins/", "/api/v1/accounts/me/", "/docs/"])
async def test_nobody_is_sent_on_to_the_host_that_a_request_names(
    hub: RunningHub, database: str, path: str
) -> None:
    """A redirect would be built from the Host header, and passwords and tokens would follow it."""
    answer = await hub.api.post(path, json={}, headers={"Host": "evil.example"})

    assert answer.status_code == 404
    assert "location" not in answer.headers
