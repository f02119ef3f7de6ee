"""A hub whose pages are on a port; and one beside a rail with pages of its own."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.web.browsing import BrowsedHub
from tests.web.town import Town, running_town


@pytest.fixture
async def browsed(database: str, clock: HandClock) -> AsyncIterator[BrowsedHub]:
    """A running hub with its pages on a loopback port."""
    running = BrowsedHub(database, clock, map_center="59.9139,10.7522,13")
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def town(database: str, clock: HandClock) -> AsyncIterator[Town]:
    """A hub with pages beside the stand-in of Stripe, whose pages are at another site."""
    async with running_town(database, clock) as made:
        yield made
