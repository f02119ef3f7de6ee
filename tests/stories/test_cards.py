"""Drivers enter cards on Stripe's pages alone, and what becomes of those pages and cards."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from chargehub.clock import HandClock
from chargehub.payments import setting_up
from chargehub.payments.setups import SETUP
from tests.hub import Person, Place, RunningHub
from tests.rails.test_pages import ASKS_ITS_BANK
from tests.stories.steps import book, charge, leave, only, passing
from tests.stories.stripe_hub import SETUPS, VISA, StripeHub, browse, stripe_hub
from tests.stripe_twin.world import PLATFORM

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRIPE = {"rail": "stripe"}
HOUR = timedelta(hours=1)


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock) as made:
        yield made


async def read_return(hub: RunningHub, setup_id: str) -> Any:
    return await hub.api.get(f"/api/v1{SETUPS}/{setup_id}/return")


async def booked_and_there(world: StripeHub, driver: Person, place: Place) -> dict[str, Any]:
    """A booking whose time has come, the station keeping its EVSE."""
    booking = await book(world.hub, driver, place, HOUR, 3 * HOUR)
    await world.advance(minutes=55)
    await place.sim.receive("reserve")
    await world.hub.settle()
    return booking


async def test_a_driver_adds_a_card_by_the_page_books_and_is_charged(world: StripeHub) -> None:
    hub = world.hub
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver", pays=False)
    place = await hub.station(owner, "2.0.1")

    setup = await world.card(driver)
    booking = await booked_and_there(world, driver, place)
    await charge(hub, place, await driver.app_token())

    assert (setup["state"], setup["url"]) == ("done", None)
    method = await only(driver, "/payment-methods")
    assert method["id"] == setup["method_id"]
    assert (method["rail"], method["label"], method["is_default"]) == (
        "stripe",
        "Visa •••• 4242",
        True,
    )
    paid = await only(driver, "/payments")
    assert (paid["rail"], paid["state"]) == ("stripe", "captured")
    assert paid["captured"]["amount_minor"] == 900
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "completed"
    (intent,) = [
        one
        for one in world.twin.world.all(PLATFORM, "payment_intent").values()
        if one["status"] == "succeeded"
    ]
    assert intent["amount_received"] == 900


async def test_nobody_names_a_card(world: StripeHub) -> None:
    """Whoever knew the name of another's card could pay with it."""
    driver, thief = [await world.hub.person(name, pays=False) for name in ("driver", "thief")]
    await world.card(driver)
    (customer,) = world.twin.world.all(PLATFORM, "customer")
    (card,) = world.twin.world.all(PLATFORM, "payment_method")

    body = {**STRIPE, "reference": f"{customer}/{card}"}
    refused = await thief.post("/payment-methods", body, expect=422)

    assert refused["code"] == "page_needed"
    assert SETUPS in refused["detail"]


async def test_a_page_is_its_drivers_own(world: StripeHub) -> None:
    driver, other = [await world.hub.person(name, pays=False) for name in ("driver", "other")]
    page = await driver.post(SETUPS, STRIPE)

    await other.get(f"{SETUPS}/{page['id']}", expect=404)

    assert (await driver.get(f"{SETUPS}/{page['id']}"))["url"] == page["url"]


async def test_a_page_leads_back_to_a_sentence(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, STRIPE)
    await world.advance(seconds=1)
    early = await read_return(world.hub, page["id"])

    back = await browse(page["url"], number=VISA)
    await world.advance(seconds=1)
    done = await read_return(world.hub, page["id"])

    assert back.headers["location"].endswith(f"/api/v1{SETUPS}/{page['id']}/return")
    assert "No card was added yet" in early.text
    assert "Your card was added" in done.text
    assert "4242" not in done.text and driver.email not in done.text
    assert "default-src 'none'" in done.headers["content-security-policy"]
    assert "<script" not in done.text
    await only(driver, "/payment-methods")
    assert (await read_return(world.hub, "guessed")).status_code == 404


async def test_a_card_is_added_once_by_whoever_looks(world: StripeHub) -> None:
    """The driver, the browser that comes back, the rail's hint and the clock look together."""
    hub, driver = world.hub, await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, STRIPE)
    await browse(page["url"], number=VISA)
    (reference,) = world.twin.world.all(PLATFORM, "checkout.session")

    for _ in range(2):
        await hub.hub.store.do(setting_up.hint, "stripe", reference, hub.clock.now())
    await hub.hub.store.do(setting_up.hint, "stripe", "cs_of_somebody", hub.clock.now())
    await world.advance(hours=2)
    await read_return(hub, page["id"])

    assert (await driver.get(f"{SETUPS}/{page['id']}"))["state"] == "done"
    await only(driver, "/payment-methods")


async def test_the_clock_finds_a_card_whose_driver_never_came_back(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, STRIPE)
    await browse(page["url"], number=VISA)

    await world.advance(hours=1)

    await only(driver, "/payment-methods")


async def test_a_bank_that_asks_its_holder_is_heard(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, STRIPE)

    await browse(page["url"], number=ASKS_ITS_BANK)
    await world.advance(seconds=1)
    assert (await driver.get(f"{SETUPS}/{page['id']}"))["state"] == "open"
    await browse(page["url"], number=ASKS_ITS_BANK, agreed="yes")
    await world.advance(seconds=1)

    assert (await driver.get(f"{SETUPS}/{page['id']}"))["state"] == "done"


async def test_a_page_that_nobody_completes_expires_and_is_forgotten(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, STRIPE)

    await world.advance(hours=24)

    found = await driver.get(f"{SETUPS}/{page['id']}")
    assert (found["state"], found["url"], found["method_id"]) == ("expired", None, None)
    assert "time to enter it is over" in (await read_return(world.hub, page["id"])).text
    assert (await driver.get("/payment-methods"))["items"] == []
    await world.advance(days=31)
    assert await world.hub.hub.store.read(lambda reads: reads.value(_SETUPS)) == 0


async def test_a_repeat_opens_the_same_page_even_after_a_lost_answer(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    key = {"Idempotency-Key": "k1"}
    world.twin.faults.next = ["drop_after", None, "drop_after"]
    for _ in range(2):
        await driver.post(SETUPS, STRIPE, expect=503, **key)

    first = await driver.post(SETUPS, STRIPE, **key)
    again = await driver.post(SETUPS, STRIPE, **key)

    assert first == again
    assert len(world.twin.world.all(PLATFORM, "checkout.session")) == 1
    assert len(world.twin.world.all(PLATFORM, "customer")) == 1
    assert await world.hub.hub.store.read(lambda reads: reads.value(_SETUPS)) == 1


_SETUPS = select(func.count()).select_from(SETUP)


async def test_an_account_has_few_open_pages(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    for _ in range(setting_up.MOST_OPEN):
        await driver.post(SETUPS, STRIPE)

    refused = await driver.post(SETUPS, STRIPE, expect=409)

    assert refused["code"] == "too_many_setups"
    await world.advance(hours=25)
    await driver.post(SETUPS, STRIPE)


async def test_a_removed_card_is_detached_once_nothing_is_taken_from_it(world: StripeHub) -> None:
    hub = world.hub
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver", pays=False)
    place = await hub.station(owner, "2.0.1")
    setup = await world.card(driver)
    await booked_and_there(world, driver, place)

    await place.sim.plug_in(1, await driver.app_token())
    await hub.settle()
    await driver.ask("DELETE", f"/payment-methods/{setup['method_id']}", expect=204)
    await hub.settle()
    (card,) = world.twin.world.all(PLATFORM, "payment_method").values()
    held_on = card["customer"]
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)

    assert held_on is not None
    assert card["customer"] is None
    assert (await only(driver, "/payments"))["captured"]["amount_minor"] == 900


async def test_stripe_forgets_whom_the_hub_forgets(world: StripeHub) -> None:
    driver = await world.hub.person("driver", pays=False)
    await world.card(driver)

    await driver.post("/accounts/me/erasure", {"email": driver.email}, expect=None)
    await world.hub.settle()

    assert world.twin.world.all(PLATFORM, "customer") == {}


@pytest.mark.parametrize("settings", [{"stripe_key": ""}])
async def test_a_hub_without_cards_says_how_to_pay(
    database: str, clock: HandClock, settings: dict[str, str]
) -> None:
    hub = RunningHub(database, clock, **settings)
    await hub.start()
    try:
        driver = await hub.person("driver")
        refused = await driver.post(SETUPS, {"rail": "sandbox"}, expect=422)
    finally:
        await hub.close()

    assert refused["code"] == "no_pages"
    assert "POST /api/v1/payment-methods" in refused["detail"]
