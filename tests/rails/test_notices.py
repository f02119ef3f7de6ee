"""What Stripe tells the hub by itself: signed, once, a hint to look; in whatever order it comes."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest

from chargehub.clock import HandClock
from chargehub.ledger import tables as ledger
from chargehub.payments import notices
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, leave, only, passing
from tests.stories.stripe_hub import SETUPS, VISA, browse
from tests.stripe_twin import payment_intents, refunds
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.events import Delivery, Sender, signature
from tests.stripe_twin.server import WEBHOOK_SECRET, running_twin
from tests.stripe_twin.world import PLATFORM, Call, Object

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
URL = "/api/v1/webhooks/stripe"


@dataclass
class Story:
    """A hub whose drivers pay by Stripe, and a car that charges."""

    hub: RunningHub
    twin: Twin
    driver: Person
    place: Place

    async def post(self, body: bytes, secret: str = WEBHOOK_SECRET, age_s: int = 0) -> Any:
        headers = {"Stripe-Signature": signature(body, secret, int(time.time()) - age_s)}
        return await self.hub.api.post(URL, content=body, headers=headers)

    async def send(self, event: Object) -> None:
        """Send an event of the twin's, as it is."""
        answer = await self.post(orjson.dumps(event))
        assert answer.status_code == 200, answer.text
        await self.hub.settle()

    def told(self, kind: str) -> Object:
        """The newest event of a kind."""
        return [one for one in self.twin.world.events if one["type"] == kind][-1]

    def intents(self) -> list[Object]:
        """Payment intents at Stripe, oldest first."""
        return list(self.twin.world.all(PLATFORM, "payment_intent").values())

    async def states(self) -> list[str]:
        """Of all payments, the first one first."""
        items: list[Any] = (await self.driver.get("/payments"))["items"]
        return [each["state"] for each in reversed(items)]

    async def balance(self, account: str) -> int:
        """Of an account of the ledger, in EUR cents."""
        return await self.hub.hub.store.read(ledger.balance, account, "EUR")

    async def funds(self) -> int:
        """What the ledger says is at Stripe."""
        return await self.balance("psp:available") + await self.balance("psp:pending")


@pytest.fixture
async def story(database: str, clock: HandClock) -> AsyncIterator[Story]:
    twin = Twin()
    twin.world.clock.now = int(clock.now().timestamp())
    async with running_twin(twin) as address:
        own = {"stripe_key": KEY, "stripe_url": address, "stripe_webhook_secret": WEBHOOK_SECRET}
        hub = RunningHub(database, clock, **own)
        await hub.start()
        try:
            yield await begun(hub, twin)
        finally:
            await hub.close()
    assert (twin.shortcomings, twin.misasked) == ([], [])


async def begun(hub: RunningHub, twin: Twin) -> Story:
    """A driver with a card that was entered at Stripe plugs in at somebody's station."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver", pays=False)
    page = await driver.post(SETUPS, {"rail": "stripe"})
    await browse(page["url"], number=VISA)
    await hub.advance(minutes=1)
    await driver.get(f"{SETUPS}/{page['id']}")
    place = await hub.station(owner, "2.0.1")
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await hub.settle()
    return Story(hub, twin, driver, place)


async def refunded(story: Story, operator: Person) -> str:
    """20 kWh were taken, 10 kWh are corrected away: a refund of half, by its id at Stripe."""
    await story.place.sim.charge(1, 20_000, readings=4, before_each=passing(story.hub))
    await leave(story.hub, story.place)
    cdr = await only(story.driver, "/cdrs")
    wrong = {"energy_wh": 10_000, "reason": "The meter was wrong."}
    await operator.post(f"/cdrs/{cdr['id']}/corrections", wrong)
    await story.hub.settle()
    (made,) = story.twin.world.all(PLATFORM, "refund").values()
    assert made["amount"] == 450
    return str(made["id"])


def let_go(story: Story) -> None:
    """Somebody cancels a hold at Stripe itself."""
    payment_intents.cancel(story.twin.world, Call({}, {"intent": story.intents()[0]["id"]}))


async def test_a_hold_that_is_gone_is_followed_by_a_new_one(story: Story) -> None:
    let_go(story)

    await story.send(story.told("payment_intent.canceled"))
    standing = await story.states()
    await story.place.sim.charge(1, 20_000, readings=4, before_each=passing(story.hub))
    await leave(story.hub, story.place)

    assert standing == ["released", "authorised"]
    assert await story.states() == ["released", "captured"]
    assert [one["amount_received"] for one in story.intents()] == [0, 900]
    await audited(story.hub)


async def test_what_cannot_be_held_anew_is_taken_at_the_end(story: Story) -> None:
    """The new hold is refused, and the session stopped; its cost is asked for without a hold."""
    let_go(story)
    (card,) = story.twin.world.all(PLATFORM, "payment_method").values()
    card["card"]["last4"] = "0341"

    await story.send(story.told("payment_intent.canceled"))
    card["card"]["last4"] = "4242"
    await story.place.sim.receive("stop_session")
    await story.place.sim.settled()
    await story.hub.settle()
    await story.place.sim.unplug(1)
    await story.hub.settle()

    assert (await story.states())[:2] == ["released", "refused"]
    await audited(story.hub)


async def test_a_refund_that_comes_back_is_nobodys_until_it_is_corrected(story: Story) -> None:
    operator = await story.hub.operator()
    refund = await refunded(story, operator)
    refunds.fail(story.twin.world, refund)

    await story.send(story.told("refund.failed"))
    await story.send(story.told("refund.failed"))

    payment = await only(story.driver, "/payments")
    assert payment["refunded"]["amount_minor"] == 0
    assert await story.balance("psp:suspense") == -450
    await audited(story.hub)

    cdr = (await story.driver.get("/cdrs"))["items"][0]
    wrong = {"energy_wh": 5_000, "reason": "It was wronger still."}
    await operator.post(f"/cdrs/{cdr['id']}/corrections", wrong)
    await story.hub.settle()

    payment = await only(story.driver, "/payments")
    assert payment["refunded"]["amount_minor"] == 675
    assert await story.balance("psp:suspense") == 0
    assert await story.funds() == 225
    await audited(story.hub)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_notices_in_any_order_and_number_end_in_the_same_balances(
    story: Story, seed: int
) -> None:
    """Law I5: each is a hint to look, also one that comes after the session was paid."""

    async def post(body: bytes, headers: dict[str, str]) -> int:
        answer = await story.hub.api.post(URL, content=body, headers=headers)
        return int(answer.status_code)

    sender = Sender(WEBHOOK_SECRET, post, Delivery(twice=40, late=40), seed)
    story.twin.world.told = sender.tell
    task = asyncio.create_task(sender.run(lambda: int(time.time())))
    let_go(story)
    await sender.settled()
    await story.hub.settle()
    refund = await refunded(story, await story.hub.operator())
    refunds.fail(story.twin.world, refund)

    sender.catch_up()
    await sender.settled()
    await story.hub.settle()
    task.cancel()

    assert sender.refused == []
    assert await story.funds() == 900
    assert await story.balance("psp:suspense") == -450
    assert sum(one["amount_received"] for one in story.intents()) == 900
    await audited(story.hub)


async def test_a_notice_is_heard_once_and_forgotten_after_forty_days(story: Story) -> None:
    let_go(story)
    told = story.told("payment_intent.canceled")
    for _ in range(3):
        await story.send(told)

    assert await story.states() == ["released", "authorised"]
    assert await story.hub.hub.store.read(notices.is_known, "stripe", told["id"])
    later = story.hub.clock.now() + timedelta(days=40)
    assert await story.hub.hub.store.do(notices.forget, later) == 1
    assert not await story.hub.hub.store.read(notices.is_known, "stripe", told["id"])


async def test_what_nobody_asked_to_hear_is_passed_over(story: Story) -> None:
    event = {**story.told("payment_intent.created"), "type": "customer.created"}

    await story.send(event)

    assert not await story.hub.hub.store.read(notices.is_known, "stripe", event["id"])


async def test_what_stripe_did_not_sign_is_refused(story: Story) -> None:
    let_go(story)
    body = orjson.dumps(story.told("payment_intent.canceled"))
    refused = [
        await story.post(body, secret="whsec_another"),
        await story.post(body, age_s=301),
        await story.hub.api.post(URL, content=body),
        await story.hub.api.post(URL, content=body, headers={"Stripe-Signature": "t=x,v1=y"}),
        await story.post(b"{}"),
        await story.post(b"\xff"),
        await story.post(b"[1]"),
    ]

    assert [answer.status_code for answer in refused] == [422] * 7
    assert {answer.json()["code"] for answer in refused} == {"notice_refused"}
    assert (await story.post(body, age_s=290)).status_code == 200


async def test_a_hub_without_the_secret_says_what_to_set(database: str, clock: HandClock) -> None:
    hub = RunningHub(database, clock, stripe_key=KEY, stripe_url="http://127.0.0.1:9")
    await hub.start()
    try:
        answer = await hub.api.post(URL, content=b"{}")
    finally:
        await hub.close()

    assert answer.status_code == 409
    assert "CHARGEHUB_STRIPE_WEBHOOK_SECRET" in answer.json()["detail"]
