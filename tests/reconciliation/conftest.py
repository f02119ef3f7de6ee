"""The hub and the stand-in of Stripe that tests of reconciliation share."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.reconciliation import actions
from chargehub.settings import Settings
from chargehub.store.writer import Store
from tests.payments.world import make_world
from tests.rails.test_contract import keep_card
from tests.reconciliation.bank import Bank
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin


@pytest.fixture
async def bank(store: Store, clock: HandClock) -> AsyncIterator[Bank]:
    twin = Twin()
    twin.world.clock.now = int(clock.now().timestamp())
    async with running_twin(twin) as address:
        world = await make_world(store, clock, Settings(stripe_key=KEY, stripe_url=address))
        driver_id = await world.driver("d", reference=None)
        line: Any = world.rails.collecting["stripe"]._line  # type: ignore[attr-defined]
        made: Any = await line.ask(lambda v1: v1.customers.create({"email": "d@example.org"}))
        card = keep_card(twin, made.id, "4242424242424242")
        await world.add_method(driver_id, f"{made.id}/{card}", "stripe")
        await world.store.do(actions.ask, "stripe", clock.now())
        yield Bank(world, twin, driver_id)
    assert (twin.shortcomings, twin.misasked) == ([], [])
