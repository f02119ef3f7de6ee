"""A card has an end: the wallet tells it, and who has bookings is written to a month before."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from chargehub.clock import HandClock
from chargehub.payments import detaching, hearing
from chargehub.payments.facts import Notice
from chargehub.payments.rail import Refusal
from chargehub.payments.tables import default_method
from tests.hub import Person
from tests.people.conftest import mails
from tests.stories.steps import book, only
from tests.stories.stripe_hub import SETUPS, VISA, StripeHub, browse, stripe_hub
from tests.stripe_twin import customers
from tests.stripe_twin.world import PLATFORM, Call

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SUBJECT = "Your card expires soon"


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    async with stripe_hub(database, clock) as made:
        yield made


async def with_card(world: StripeHub, month: int) -> Person:
    """A driver whose card is valid until this month of the story's year."""
    driver = await world.hub.person("driver", pays=False)
    page = await driver.post(SETUPS, {"rail": "stripe"})
    await browse(page["url"], number=VISA)
    (card,) = world.twin.world.all(PLATFORM, "payment_method").values()
    card["card"] |= {"exp_month": month, "exp_year": 2026}
    await world.advance(minutes=1)
    assert (await driver.get(f"{SETUPS}/{page['id']}"))["state"] == "done"
    return driver


async def told(world: StripeHub) -> list[str]:
    """What drivers were written about cards."""
    await world.advance(minutes=1)
    written = await world.hub.hub.store.read(mails)
    return [text for _, subject, text in written if subject == SUBJECT]


@pytest.mark.parametrize(("month", "over"), [(3, "2026-04-01"), (12, "2027-01-01")])
async def test_the_wallet_tells_until_when_a_card_holds(
    world: StripeHub, month: int, over: str
) -> None:
    driver = await with_card(world, month)

    assert (await only(driver, "/payment-methods"))["expires_at"] == f"{over}T00:00:00Z"


async def test_who_has_a_booking_is_told_once_a_month_before(world: StripeHub) -> None:
    driver = await with_card(world, month=3)
    place = await world.hub.station(await world.hub.person("owner", pays=False), "2.0.1")
    without = await told(world)

    await book(world.hub, driver, place, timedelta(days=3), timedelta(hours=1))
    first, again = await told(world), await told(world)

    assert without == []
    assert len(first) == 1 and first == again
    assert "Visa •••• 4242" in first[0] and "03/2026" in first[0]


async def test_nobody_is_told_of_a_card_that_holds_longer(world: StripeHub) -> None:
    driver = await with_card(world, month=4)
    place = await world.hub.station(await world.hub.person("owner", pays=False), "2.0.1")

    await book(world.hub, driver, place, timedelta(days=3), timedelta(hours=1))

    assert await told(world) == []


async def test_a_card_whose_time_is_over_is_unfit(world: StripeHub) -> None:
    driver = await with_card(world, month=3)
    method = await world.hub.hub.store.read(default_method, driver.account_id)
    rail = world.hub.hub.rails.collecting["stripe"]
    assert method is not None
    before = await rail.describe(method.reference)

    world.hub.clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    after = await rail.describe(method.reference)

    assert before == "Visa •••• 4242"
    assert isinstance(after, Refusal) and after.code == "expired_card"
    assert "payment-method-setups" in after.detail


async def test_a_card_that_was_detached_at_stripe_leaves_the_wallet(world: StripeHub) -> None:
    driver = await with_card(world, month=12)
    (card,) = world.twin.world.all(PLATFORM, "payment_method").values()
    notices, hub = world.hub.hub.rails.notices["stripe"], world.hub.hub

    kept = await notices.look(Notice("evt_1", "payment_method.detached", card["id"], None))
    customers.detached(world.twin.world, Call({}, {"payment_method": card["id"]}))
    for number in (2, 3):
        notice = Notice(f"evt_{number}", "payment_method.detached", card["id"], None)
        await hub.store.do(hearing.receive, "stripe", notice, world.hub.clock.now())
        await world.hub.settle()

    assert kept is None
    assert (await driver.get("/payment-methods"))["items"] == []
    written = await hub.store.read(mails)
    assert [subject for _, subject, _ in written if "removed" in subject] == [detaching.SUBJECT]


async def test_who_removes_a_card_is_not_written_to(world: StripeHub) -> None:
    driver = await with_card(world, month=12)
    method = await only(driver, "/payment-methods")
    (card,) = world.twin.world.all(PLATFORM, "payment_method").values()

    await driver.ask("DELETE", f"/payment-methods/{method['id']}", None, 204)
    await told(world)
    notice = Notice("evt_1", "payment_method.detached", card["id"], None)
    await world.hub.hub.store.do(hearing.receive, "stripe", notice, world.hub.clock.now())
    await world.hub.settle()

    assert card["customer"] is None
    written = await world.hub.hub.store.read(mails)
    assert detaching.SUBJECT not in [subject for _, subject, _ in written]
