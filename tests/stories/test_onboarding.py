"""Owners tell Stripe itself who they are and where their bank is, and are paid there."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from chargehub.payments import onboarding
from chargehub.payments.facts import AccountChanged
from tests.busy import verify
from tests.hub import Person, RunningHub
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import StripeHub, browse, stripe_hub
from tests.stripe_twin import accounts
from tests.stripe_twin.world import PLATFORM

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GERMAN = {"country": "DE"}
ACCOUNTS, LINKS = "/payout-accounts", "/payout-accounts/links"


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock) as made:
        yield made


async def onboarded(world: StripeHub, name: str) -> tuple[Person, str]:
    """An owner who has told Stripe everything, and the account there."""
    owner = await world.hub.person(name, pays=False)
    made = await owner.post(ACCOUNTS, GERMAN)
    await browse((await owner.post(LINKS))["url"], done="yes")
    await world.advance(minutes=1)
    assert (await only(owner, ACCOUNTS))["state"] == "ready"
    return owner, made["reference"]


async def test_an_owner_onboards_and_is_paid_by_transfer(world: StripeHub) -> None:
    hub = world.hub
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver", pays=False)
    await verify(owner)
    place = await hub.station(owner, "2.0.1")
    await world.card(driver)
    made = await owner.post(ACCOUNTS, GERMAN)
    await charge(hub, place, driver.id_token)
    await world.advance(days=3)
    (waiting,) = (await owner.get("/payouts"))["waiting"]

    back = await browse((await owner.post(LINKS))["url"], done="yes")
    await world.advance(minutes=1)
    ready = await only(owner, ACCOUNTS)
    await hub.settle()

    assert (made["state"], made["country"]) == ("incomplete", "DE")
    assert "Name the bank account that you are paid on." in made["required"]
    why = " ".join(waiting["reasons"])
    assert "Name the bank account" in why and LINKS in why
    assert back.headers["location"].endswith("/api/v1/payout-accounts/return")
    assert (ready["state"], ready["required"]) == ("ready", [])
    payout = await only(owner, "/payouts")
    assert (payout["rail"], payout["state"]) == ("stripe", "paid")
    (transfer,) = world.twin.world.all(PLATFORM, "transfer").values()
    assert (transfer["destination"], transfer["amount"]) == (made["reference"], 810)


async def test_an_account_is_opened_once_even_after_a_lost_answer(world: StripeHub) -> None:
    owner = await world.hub.person("owner", pays=False)
    world.twin.faults.next = ["drop_after"]
    await owner.post(ACCOUNTS, GERMAN, expect=503)

    first, again = await owner.post(ACCOUNTS, GERMAN), await owner.post(ACCOUNTS, GERMAN)
    elsewhere = await owner.post(ACCOUNTS, {"country": "NO"}, expect=409)

    assert first == again
    assert elsewhere["code"] == "payout_account_exists"
    (account,) = world.twin.world.all(PLATFORM, "account").values()
    assert account["controller"]["losses"]["payments"] == "application"
    assert account["controller"]["stripe_dashboard"]["type"] == "express"
    assert account["metadata"] == {"account_id": owner.account_id}


async def test_an_owner_is_paid_on_no_account_but_the_own(world: StripeHub) -> None:
    owner, reference = await onboarded(world, "owner")
    thief = await world.hub.person("thief", pays=False)

    stolen = {"rail": "stripe", "destination": reference}
    refused = await thief.ask("PUT", "/payout-preference", stolen, 422)
    usual = await owner.ask("PUT", "/payout-preference", {"rail": "stripe"}, 200)

    assert refused["code"] == "method_refused"
    assert usual["destination"] == reference


async def test_who_chose_otherwise_stays_with_that(world: StripeHub) -> None:
    owner = await world.hub.person("owner", pays=False)
    await owner.ask("PUT", "/payout-preference", {"rail": "token"}, 200)
    made = await owner.post(ACCOUNTS, GERMAN)

    accounts.complete(world.twin.world, made["reference"])
    await world.advance(days=1)

    assert (await only(owner, ACCOUNTS))["state"] == "ready"
    assert (await owner.get("/payout-preference"))["rail"] == "token"


async def test_what_stripe_wants_later_is_heard_by_a_hint(world: StripeHub) -> None:
    owner, reference = await onboarded(world, "owner")
    hub = world.hub.hub

    accounts.require(world.twin.world, reference, "individual.verification.document", "new.thing")
    await hub.store.do(onboarding.hint, "stripe", AccountChanged(reference), world.hub.clock.now())
    await world.hub.settle()

    found = await only(owner, ACCOUNTS)
    assert found["state"] == "incomplete"
    assert found["required"] == [
        "Send a photo of your identity card or passport.",
        "The payment service asks for “new.thing”; its page says what that is.",
    ]


async def test_links_and_pages_say_what_to_do(world: StripeHub) -> None:
    owner = await world.hub.person("owner", pays=False)
    none = await owner.post(LINKS, expect=404)
    for name in ("return", "refresh"):
        answer = await world.hub.api.get(f"/api/v1{ACCOUNTS}/{name}")
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text

    assert "POST /api/v1/payout-accounts" in none["detail"]


async def test_a_hub_without_such_a_rail_says_so(database: str, clock: HandClock) -> None:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        owner = await hub.person("owner")
        refused = await owner.post(ACCOUNTS, GERMAN, expect=422)
    finally:
        await hub.close()

    assert refused["code"] == "no_onboarding"
