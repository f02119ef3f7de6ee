"""What went back to a driver's card, and whose bank would not take it."""

import time
from datetime import timedelta

import orjson
import pytest

from chargehub.clock import HandClock
from chargehub.reconciliation import tables
from tests.people.conftest import mails
from tests.stories.stripe_hub import stripe_hub
from tests.stripe_twin import refunds
from tests.stripe_twin.events import signature
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM

URL = "/api/v1/webhooks/stripe"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_what_was_prepaid_and_comes_back_is_the_drivers_again(
    database: str, clock: HandClock
) -> None:
    """The card is closed. Nothing is lost, nor counted twice, and no operator is needed."""
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET) as town:
        hub, twin = town.hub, town.twin
        driver = await hub.person("driver", pays=False)
        await town.card(driver)
        await driver.post("/top-ups", {"amount": {"amount_minor": 2_000, "currency": "EUR"}})
        await hub.settle()
        await driver.post("/paybacks", {"currency": "EUR", "amount_minor": 1_500})
        await hub.settle()
        (made,) = twin.world.all(PLATFORM, "refund").values()
        refunds.fail(twin.world, made["id"])
        (event,) = [one for one in twin.world.events if one["type"] == "refund.failed"]

        body = orjson.dumps(event)
        for _ in range(2):
            headers = {"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(time.time()))}
            assert (await hub.api.post(URL, content=body, headers=headers)).status_code == 200
            await hub.settle()

        told = await driver.get("/prepaid")
        states = [(one["kind"], one["state"]) for one in told["items"]]
        assert told["balances"][0]["available"]["amount_minor"] == 2_000
        assert states == [("payback", "failed"), ("top_up", "taken")]
        subjects = [subject for _, subject, _ in await hub.hub.store.read(mails)]
        assert subjects.count("Your bank did not take what we paid back") == 1
        now = hub.clock.now()
        books = hub.hub.rails.books["stripe"].books(
            now - timedelta(days=1), now + timedelta(minutes=1)
        )
        lines = [line async for piece in books for line in piece]
        noted = [await hub.hub.store.read(tables.ours, "stripe", line) for line in lines]
        assert sorted(line.kind for line in lines) == ["payment", "refund", "refund_back"]
        assert noted == [line.amount_minor for line in lines]
