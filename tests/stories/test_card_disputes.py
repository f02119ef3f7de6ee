"""A cardholder disputes a charge at the bank: frozen, lost, won; whoever was paid before."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest

from chargehub.clock import HandClock
from chargehub.ledger import tables as ledger
from tests.busy import verify
from tests.hub import Person, Place
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import StripeHub, stripe_hub
from tests.stories.test_onboarding import onboarded
from tests.stripe_twin import disputes
from tests.stripe_twin.events import signature
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM, Object

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SERVICE, FRAUD = "product_not_received", "fraudulent"


@dataclass
class Story:
    """A session of 9.00 that was paid by card: 8.10 are its owner's, 0.76 the hub's, 0.14 VAT."""

    world: StripeHub
    owner: Person
    driver: Person
    operator: Person
    place: Place

    async def tell(self, *kinds: str) -> None:
        """Send the newest event of each kind, or all that are about disputes, in order."""
        for told in [one for one in self.world.twin.world.events if self._is_one(one, kinds)]:
            body = orjson.dumps(told)
            headers = {"Stripe-Signature": signature(body, WEBHOOK_SECRET, int(time.time()))}
            url, api = "/api/v1/webhooks/stripe", self.world.hub.api
            assert (await api.post(url, content=body, headers=headers)).status_code == 200
        await self.world.hub.settle()

    def _is_one(self, told: Object, kinds: tuple[str, ...]) -> bool:
        return told["type"] in kinds if kinds else told["type"].startswith("charge.dispute")

    async def dispute(self, reason: str) -> str:
        """The bank takes the charge back, and the hub hears of it."""
        (charged,) = self.world.twin.world.all(PLATFORM, "charge").values()
        made = disputes.opened(self.world.twin.world, charged, reason)
        await self.tell()
        found: str = made["id"]
        return found

    async def decide(self, dispute: str, is_won: bool) -> None:
        disputes.decide(self.world.twin.world, dispute, is_won)
        await self.tell()

    async def correct(self, energy_wh: int) -> None:
        newest = (await self.driver.get("/cdrs"))["items"][0]
        wrong = {"energy_wh": energy_wh, "reason": "The meter was wrong."}
        await self.operator.post(f"/cdrs/{newest['id']}/corrections", wrong)
        await self.world.hub.settle()

    async def invoiced(self) -> list[int]:
        """What the driver's documents come to, the first one first."""
        items = (await self.driver.get("/invoices"))["items"]
        return [one["gross"]["amount_minor"] for one in reversed(items)]

    async def balances(self) -> dict[str, int]:
        """What is on the accounts that disputes move, where it is not 0; fees left out."""
        who = self.owner.account_id
        accounts = {
            "accrued": f"owner:accrued:{who}",
            "payable": f"owner:payable:{who}",
            "held": f"owner:dispute_hold:{who}",
            "owes": f"owner:receivable:{who}",
            "disputed": "psp:disputed",
            "suspense": "psp:suspense",
            "goodwill": "expense:goodwill",
            "fee": "income:platform_fee",
        }
        read = self.world.hub.hub.store.read
        found = {name: await read(ledger.balance, code, "EUR") for name, code in accounts.items()}
        return {name: amount for name, amount in found.items() if amount}


@pytest.fixture
async def story(database: str, clock: HandClock) -> AsyncIterator[Story]:
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET) as world:
        yield await begun(world)


async def begun(world: StripeHub) -> Story:
    owner, _ = await onboarded(world, "owner")
    await verify(owner)
    driver, operator = await world.hub.person("driver", pays=False), await world.hub.operator()
    place = await world.hub.station(owner, "2.0.1")
    await world.card(driver)
    await charge(world.hub, place, driver.id_token)
    return Story(world, owner, driver, operator, place)


PAID = {"accrued": -810, "fee": -76}


async def test_a_disputed_charge_is_frozen_and_won(story: Story) -> None:
    dispute = await story.dispute(SERVICE)
    frozen = await story.balances()
    await story.decide(dispute, is_won=True)

    assert frozen == {"held": -810, "disputed": 900, "fee": -76}
    assert await story.balances() == PAID


async def test_what_is_lost_because_of_the_service_is_the_owners(story: Story) -> None:
    await story.decide(await story.dispute(SERVICE), is_won=False)

    assert await story.balances() == {}
    payment = await only(story.driver, "/payments")
    assert payment["refunded"]["amount_minor"] == 900
    for _ in range(5):
        await story.world.advance(days=1)
    (books,) = (await story.operator.get("/reconciliations"))["items"]
    assert (books["unexplained"], books["in_suspense"], books["missing"]) == (0, [], [])
    fees = await story.world.hub.hub.store.read(ledger.balance, "expense:dispute_fees", "EUR")
    assert fees == disputes.balances.DISPUTE_FEE_MINOR


async def test_what_is_lost_to_fraud_is_the_hubs(story: Story) -> None:
    await story.decide(await story.dispute(FRAUD), is_won=False)

    assert await story.balances() == {"accrued": -810, "goodwill": 810}


@pytest.mark.parametrize("is_won", [True, False])
async def test_an_owner_who_was_paid_before(story: Story, is_won: bool) -> None:
    await story.world.advance(days=8)
    assert (await only(story.owner, "/payouts"))["state"] == "paid"
    dispute = await story.dispute(SERVICE)
    assert await story.balances() == {"disputed": 900, "fee": -76}

    await story.decide(dispute, is_won)

    assert await story.balances() == ({"fee": -76} if is_won else {"owes": 810})


async def test_what_went_back_before_is_not_disputed_again(story: Story) -> None:
    await story.correct(10_000)
    dispute = await story.dispute(SERVICE)
    frozen = await story.balances()
    await story.decide(dispute, is_won=False)

    assert (frozen["disputed"], frozen["held"]) == (450, -405)
    assert await story.balances() == {}


@pytest.mark.parametrize("is_won", [True, False])
async def test_a_correction_meanwhile_pays_nobody_twice(story: Story, is_won: bool) -> None:
    """Stripe gives nothing back of a disputed charge: what is owed waits for the bank."""
    dispute = await story.dispute(SERVICE)
    await story.correct(10_000)
    meanwhile = await story.balances()
    await story.decide(dispute, is_won)
    after = await story.balances()

    assert (meanwhile["disputed"], meanwhile["suspense"], meanwhile["held"]) == (900, -450, -405)
    assert after == ({"accrued": -405, "fee": -38, "suspense": -450} if is_won else {})
    assert len(story.world.twin.world.all(PLATFORM, "refund")) == 0


async def test_a_correction_after_it_was_lost(story: Story) -> None:
    dispute = await story.dispute(SERVICE)
    await story.correct(10_000)
    await story.decide(dispute, is_won=False)
    await story.correct(15_000)

    assert "suspense" not in await story.balances()


async def test_what_the_hub_awarded_meanwhile_is_paid_by_the_bank(story: Story) -> None:
    """The driver disputes at the hub, then at the bank: the refund is refused, with words, and
    nothing is credited of the invoice before the money has gone back."""
    claim = {
        "session_id": (await only(story.driver, "/cdrs"))["session_id"],
        "kind": "price",
        "amount": {"amount_minor": 300, "currency": "EUR"},
        "statement": "Too dear.",
    }
    at_hub = (await story.driver.post("/disputes", claim))["id"]
    dispute = await story.dispute(SERVICE)
    agreed = {"agrees": True, "statement": "It was."}
    await story.owner.ask("POST", f"/disputes/{at_hub}/answer", agreed, 200)
    await story.world.advance(days=4)
    meanwhile = await story.balances()
    payment = await only(story.driver, "/payments")
    before = await story.invoiced()
    await story.decide(dispute, is_won=False)

    assert (before, await story.invoiced()) == ([900], [900, -900])
    assert payment["refunded"]["amount_minor"] == 0
    assert (meanwhile["suspense"], meanwhile["disputed"]) == (-300, 900)
    assert await story.balances() == {}


async def test_events_in_any_order_and_number_end_alike(story: Story) -> None:
    """Law I5: the last comes first, and all of them twice."""
    (charged,) = story.world.twin.world.all(PLATFORM, "charge").values()
    made = disputes.opened(story.world.twin.world, charged, SERVICE)
    disputes.decide(story.world.twin.world, made["id"], False)
    story.world.twin.world.events.reverse()

    await story.tell()
    await story.tell()

    assert await story.balances() == {}


@pytest.mark.parametrize("reason", [SERVICE, FRAUD])
async def test_what_was_lost_is_won_after_all(story: Story, reason: str) -> None:
    """The cardholder withdraws it, say. Told again, and late, nothing comes twice."""
    dispute = await story.dispute(reason)
    await story.decide(dispute, is_won=False)
    await story.decide(dispute, is_won=True)
    await story.tell()

    assert await story.balances() == PAID
    payment = await only(story.driver, "/payments")
    assert payment["refunded"]["amount_minor"] == 0
    (seen,) = (await story.owner.get("/card-disputes"))["items"]
    assert (seen["state"], seen["frozen"]["amount_minor"]) == ("won", 0)
    for _ in range(5):
        await story.world.advance(days=1)
    (books,) = (await story.operator.get("/reconciliations"))["items"]
    assert (books["unexplained"], books["in_suspense"], books["missing"]) == (0, [], [])


async def test_an_owner_who_owed_it_has_it_again(story: Story) -> None:
    await story.world.advance(days=8)
    dispute = await story.dispute(SERVICE)
    await story.decide(dispute, is_won=False)
    assert await story.balances() == {"owes": 810}

    await story.decide(dispute, is_won=True)

    assert await story.balances() == {"fee": -76}


async def test_a_late_win_after_a_correction_is_owed_to_the_driver(story: Story) -> None:
    """The bank had given the cardholder all; the cost was halved; then the bank gave all back."""
    dispute = await story.dispute(SERVICE)
    await story.decide(dispute, is_won=False)
    await story.correct(10_000)
    await story.decide(dispute, is_won=True)
    assert await story.balances() == {"accrued": -405, "fee": -38, "suspense": -450}

    await story.correct(8_000)

    payment = await only(story.driver, "/payments")
    assert payment["refunded"]["amount_minor"] == 540
    assert await story.balances() == {"accrued": -324, "fee": -30}
