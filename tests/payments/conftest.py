import pytest

from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.payments.world import World, make_world


@pytest.fixture
async def world(store: Store, clock: HandClock) -> World:
    return await make_world(store, clock)
