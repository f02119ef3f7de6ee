"""A hub whose pages are on a port."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.web.browsing import BrowsedHub


@pytest.fixture
async def browsed(database: str, clock: HandClock) -> AsyncIterator[BrowsedHub]:
    """A running hub with its pages on a loopback port."""
    running = BrowsedHub(database, clock, map_center="59.9139,10.7522,13")
    await running.start()
    yield running
    await running.close()
