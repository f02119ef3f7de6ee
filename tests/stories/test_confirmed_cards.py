"""A card whose bank asks its holder every time, at the stand-in of Stripe."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chargehub.clock import HandClock
from tests.stories.steps import charge, slot
from tests.stories.stripe_hub import StripeHub, browse, stripe_hub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALWAYS_ASKS = "4000002760003184"


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock) as made:
        yield made


async def test_the_hold_that_a_bank_wants_confirmed_pays_the_session(world: StripeHub) -> None:
    """Confirmed on Stripe's page; the session is taken from that hold, and the wallet is as it
    was."""
    hub = world.hub
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver", pays=False)
    place = await hub.station(owner, "2.0.1")
    page = await driver.post("/payment-method-setups", {"rail": "stripe"})
    await browse(page["url"], number=ALWAYS_ASKS, agreed="yes")
    await world.advance(minutes=1)
    await driver.get(f"/payment-method-setups/{page['id']}")
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, timedelta(hours=1), timedelta(hours=3))}
    made = await driver.post("/bookings", wanted)
    await hub.settle()
    booking = await driver.get(f"/bookings/{made['id']}")
    (waiting,) = (await driver.get("/payments"))["items"]
    assert waiting["confirm"] == booking["confirm"] and waiting["state"] == "requested"

    back = await browse(booking["confirm"]["url"], number=ALWAYS_ASKS, agreed="yes")
    returned = await hub.api.get(back.headers["location"].partition(":8000")[2])
    await world.advance(minutes=55)
    await place.sim.receive("reserve")
    await hub.settle()
    await charge(hub, place, await driver.app_token(), 4_000)

    assert "Confirmed" in returned.text
    (paid,) = (await driver.get("/payments"))["items"]
    assert (paid["state"], paid["captured"]["amount_minor"]) == ("captured", 180)
    assert (await driver.get(f"/bookings/{made['id']}"))["status"] == "completed"
