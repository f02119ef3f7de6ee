"""Payouts leave when the cards' money has come, and to nobody whom the rail does not pay."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.busy import verify
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import StripeHub, stripe_hub
from tests.stories.test_onboarding import onboarded
from tests.stripe_twin.world import PLATFORM

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock) as made:
        yield made


async def test_a_payout_waits_for_the_cards_money_and_never_fails(world: StripeHub) -> None:
    """Earnings mature after a day; Stripe makes what a card paid available after two or more."""
    hub = world.hub
    owner, _ = await onboarded(world, "owner")
    await verify(owner)
    place = await hub.station(owner, "2.0.1")
    driver, operator = await hub.person("driver", pays=False), await hub.operator()
    await world.card(driver)
    await charge(hub, place, driver.id_token)

    await world.advance(hours=25)
    waiting = await only(owner, "/payouts")
    desk = await operator.get("/money")
    for _ in range(24):
        await world.advance(hours=2)
    for _ in range(3):
        await world.advance(hours=8)
    paid = await only(owner, "/payouts")

    assert waiting["state"] == "requested"
    assert "until the cards' money has come, about 20" in waiting["refusal"]["detail"]
    assert [one["count"] for one in desk["topics"] if one["topic"] == "waiting_payouts"] == [1]
    assert (paid["id"], paid["state"], paid["refusal"]) == (waiting["id"], "paid", None)
    (transfer,) = world.twin.world.all(PLATFORM, "transfer").values()
    assert transfer["amount"] == 810


async def test_who_lost_the_right_to_transfers_waits_and_reads_why(world: StripeHub) -> None:
    hub = world.hub
    owner, reference = await onboarded(world, "owner")
    await verify(owner)
    place = await hub.station(owner, "2.0.1")
    driver = await hub.person("driver", pays=False)
    await world.card(driver)
    await charge(hub, place, driver.id_token)
    account = world.twin.world.all(PLATFORM, "account")[reference]
    account["capabilities"]["transfers"] = "inactive"

    for _ in range(6):
        await world.advance(days=1)
    told = await owner.get("/payouts")
    account["capabilities"]["transfers"] = "active"
    await world.advance(days=2)
    await world.advance(hours=1)
    paid = (await owner.get("/payouts"))["items"]

    assert [one["state"] for one in told["items"]] in ([], ["failed"])
    assert "stripe" in told["waiting"][0]["reasons"][0].lower()
    assert paid[0]["state"] == "paid"
