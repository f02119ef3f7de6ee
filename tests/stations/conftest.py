"""Routes over a real store, for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.stations.rest import Api, api_over


@pytest.fixture
async def api(store: Store, clock: HandClock) -> AsyncIterator[Api]:
    async with api_over(store, clock) as api:
        yield api
