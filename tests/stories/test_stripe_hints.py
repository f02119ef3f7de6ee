"""What Stripe tells of pages, accounts and banks; and what it told while nobody listened."""

import time
from collections.abc import AsyncIterator

import orjson
import pytest

from chargehub.clock import HandClock
from tests.busy import verify
from tests.hub import Person
from tests.people.conftest import mails
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import SETUPS, VISA, StripeHub, browse, stripe_hub
from tests.stories.test_onboarding import onboarded
from tests.stripe_twin import payment_intents, payouts, transfers
from tests.stripe_twin.events import signature
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM, Call

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET) as made:
        yield made


async def tell(world: StripeHub, kind: str) -> None:
    """Send the newest event of a kind to the hub."""
    told = [one for one in world.twin.world.events if one["type"] == kind][-1]
    body = orjson.dumps(told)
    headers = {"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(time.time()))}
    sent = await world.hub.api.post("/api/v1/webhooks/stripe", content=body, headers=headers)
    assert sent.status_code == 200, sent.text
    await world.hub.settle()


async def paid_owner(world: StripeHub) -> tuple[Person, str, str]:
    """An owner whose 8.10 were transferred, the account and the transfer."""
    owner, account = await onboarded(world, "owner")
    await verify(owner)
    driver = await world.hub.person("driver", pays=False)
    place = await world.hub.station(owner, "2.0.1")
    await world.card(driver)
    await charge(world.hub, place, driver.id_token)
    await world.advance(days=8)
    (transfer,) = world.twin.world.all(PLATFORM, "transfer")
    return owner, account, transfer


async def test_a_card_is_in_the_wallet_before_its_driver_comes_back(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, {"rail": "stripe"})
    await browse(page["url"], number=VISA)

    await tell(world, "checkout.session.completed")

    assert (await only(driver, "/payment-methods"))["label"] == "Visa •••• 4242"


async def test_an_ad_hoc_page_that_was_paid_starts_by_the_hint(world: StripeHub) -> None:
    owner = await world.hub.person("owner", pays=False)
    place = await world.hub.station(owner, "2.0.1")
    page = await world.hub.ask("POST", "/ad-hoc-sessions", {"evse_id": place.evse_ids[0]}, 201)
    await browse(page["page_url"], number=VISA)

    await tell(world, "checkout.session.completed")

    assert (await only(owner, "/sessions?role=owner"))["status"] == "starting"


async def test_an_owner_is_ready_as_soon_as_stripe_says_so(world: StripeHub) -> None:
    owner = await world.hub.person("owner", pays=False)
    await owner.post("/payout-accounts", {"country": "DE"})
    await browse((await owner.post("/payout-accounts/links"))["url"], done="yes")

    await tell(world, "account.updated")

    chosen = await owner.get("/payout-preference")
    assert chosen["rail"] == "stripe"


async def test_an_owner_whose_bank_refuses_is_told_where_the_money_is(world: StripeHub) -> None:
    """The hub has paid: the payout stays paid, and the ledger as it is."""
    owner, account, _ = await paid_owner(world)
    await world.advance(days=3)
    told = Call({"amount": 810, "currency": "eur"}, {}, account)
    made = payouts.create(world.twin.world, told)
    payouts.fail(world.twin.world, account, made["id"])

    await tell(world, "payout.failed")
    await tell(world, "payout.failed")

    sent = await world.hub.hub.store.read(mails)
    (text,) = [text for _, about, text in sent if "did not take a payout" in about]
    assert "8.10" in text and "/payout-accounts/links" in text
    assert (await only(owner, "/payouts"))["state"] == "paid"


async def test_a_payout_taken_back_at_stripe_is_the_owners_again(world: StripeHub) -> None:
    owner, _, transfer = await paid_owner(world)
    await world.advance(days=3)
    transfers.reverse(world.twin.world, Call({}, {"id": transfer}))

    await tell(world, "transfer.reversed")

    found = await only(owner, "/payouts")
    assert (found["state"], found["refusal"]["code"]) == ("failed", "reversed")


async def test_what_was_lost_on_its_way_is_heard_in_the_night(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    owner = await world.hub.person("owner", pays=False)
    place = await world.hub.station(owner, "2.0.1")
    await world.card(driver)
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await world.hub.settle()
    (intent,) = world.twin.world.all(PLATFORM, "payment_intent")
    payment_intents.cancel(world.twin.world, Call({}, {"intent": intent}))

    await world.advance(days=1, minutes=1)

    states = [one["state"] for one in (await driver.get("/payments"))["items"]]
    assert states[-1] == "released"
