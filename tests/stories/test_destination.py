"""Owners are paid in the moment of capture, where one owner can be; else all is as ever."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.ledger.tables import balance
from chargehub.payments import withheld
from tests.busy import verify
from tests.hub import Person, Place
from tests.stories.steps import audited, book, charge, leave, only, passing
from tests.stories.stripe_hub import StripeHub, stripe_hub
from tests.stories.test_onboarding import onboarded
from tests.stripe_twin import accounts, balances
from tests.stripe_twin.world import PLATFORM, Object

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Town:
    """A hub that pays owners at the capture, one whose account is ready, a driver."""

    world: StripeHub
    owner: Person
    account: str
    driver: Person
    operator: Person
    place: Place

    async def days(self, days: int) -> None:
        """Nights, in which books are compared."""
        for _ in range(2 * days):
            await self.world.advance(hours=12)

    async def charge(self) -> None:
        """9.00, of which 8.10 are the owner's."""
        await charge(self.world.hub, self.place, self.driver.id_token)

    async def correct(self, energy_wh: int) -> None:
        """An operator corrects the driver's newest bill."""
        bill = (await self.driver.get("/cdrs"))["items"][0]
        wanted = {"energy_wh": energy_wh, "reason": "Read at the meter."}
        await self.operator.post(f"/cdrs/{bill['id']}/corrections", wanted, 201)
        await self.world.hub.settle()

    async def paid(self) -> list[int]:
        """What the owner was paid, the newest first."""
        found = (await self.owner.get("/payouts"))["items"]
        return [one["amount"]["amount_minor"] for one in found if one["state"] == "paid"]

    async def of_owner(self, family: str) -> int:
        """A balance of the owner's, by the sign of the ledger."""
        code = f"owner:{family}:{self.owner.account_id}"
        return await self.world.hub.hub.store.read(balance, code, "EUR")

    def things(self, kind: str) -> list[Object]:
        """What Stripe has of a kind."""
        return list(self.world.twin.world.all(PLATFORM, kind).values())

    async def explained(self) -> list[tuple[str, int]]:
        """Every line of Stripe's books, oldest first: each is explained, and no law is broken."""
        await self.days(4)
        (compared,) = (await self.operator.get("/reconciliations"))["items"]
        assert (compared["unexplained"], compared["in_suspense"]) == (0, [])
        assert compared["missing"] == []
        lines = (await self.operator.get("/balance-lines"))["items"]
        store = self.world.hub.hub.store
        assert await store.read(balance, "psp:pending", "EUR") == 0
        kept = balances.available(self.world.twin.world, PLATFORM, "eur")
        assert await store.read(balance, "psp:available", "EUR") == kept
        await audited(self.world.hub)
        told = [(one["kind"], one["amount"]["amount_minor"]) for one in lines]
        return sorted(told)


@pytest.fixture
async def town(database: str, clock: HandClock) -> AsyncIterator[Town]:
    how: Any = {"stripe_charges": "destination", "stripe_country": "DE"}
    async with stripe_hub(database, clock, **how) as world:
        owner, account = await onboarded(world, "owner")
        await verify(owner)
        driver = await world.hub.person("driver", pays=False)
        place = await world.hub.station(owner, "2.0.1")
        await world.card(driver)
        operator = await world.hub.operator()
        yield Town(world, owner, account, driver, operator, place)


async def test_an_owner_has_the_part_when_the_session_is_paid(town: Town) -> None:
    await town.charge()

    payout = await only(town.owner, "/payouts")
    assert (payout["rail"], payout["state"], payout["destination"]) == (
        *("stripe", "paid"),
        town.account,
    )
    assert await town.paid() == [810]
    assert (await town.owner.get("/payouts"))["waiting"] == []
    assert (await only(town.owner, "/statements/2026-03"))["payouts"]["amount_minor"] == 810
    assert await town.explained() == [
        ("destination", -900),
        ("destination_fee", 90),
        ("payment", 900),
    ]
    assert balances.available(town.world.twin.world, town.account, "eur") == 810


async def test_a_refund_afterwards_is_owed_by_the_owner(town: Town) -> None:
    """Nothing of it is with the hub any more; it is kept of what the next sessions bring."""
    await town.charge()
    await town.correct(energy_wh=10_000)

    assert await town.of_owner("receivable") == 405
    await town.charge()
    assert (await town.paid(), await town.of_owner("receivable")) == ([405, 810], 0)
    assert await town.explained() == [
        *(("destination", -900), ("destination", -900)),
        *(("destination_fee", 90), ("destination_fee", 900 - 405)),
        *(("payment", 900), ("payment", 900)),
        ("refund", -450),
    ]


async def test_a_cancelled_bookings_fee_matures_as_ever(town: Town) -> None:
    """All of it comes back from the owner's account, and is paid out when it is mature."""
    policy = f"/stations/{town.place.station_id}/policy"
    await town.owner.ask("PUT", policy, {"cancellation": "firm"}, 200)
    hub = town.world.hub
    await town.world.advance(minutes=13)  # slots begin on steps of 15
    booking = await book(hub, town.driver, town.place, timedelta(hours=1), timedelta(hours=2))
    await town.world.advance(minutes=20)
    await town.driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    fee = (await only(town.driver, "/payments"))["captured"]["amount_minor"]
    assert fee > 0 and await town.paid() == []
    told = await town.explained()
    owners = fee - fee // 5
    assert await town.paid() == [owners]
    assert told == [
        *(("destination", -fee), ("destination_fee", fee)),
        *(("payment", fee), ("payout", -owners)),
    ]


async def test_a_bill_that_its_meter_contradicts_waits_for_an_operator(town: Town) -> None:
    place, hub = town.place, town.world.hub
    await place.sim.plug_in(1, town.driver.id_token)
    await place.sim.charge(1, 60_000, readings=1, before_each=passing(hub, timedelta(hours=1)))
    await leave(hub, place)

    assert len(town.things("transfer")) == 1, "the hold named the owner"
    told = await town.explained()
    (doubted,) = (await town.owner.get("/doubted-earnings"))["items"]
    assert await town.paid() == []
    assert doubted["earnings"]["amount_minor"] == await town.of_owner("accrued") * -1
    amounts = dict(told)
    assert amounts["destination_fee"] == -amounts["destination"] == amounts["payment"]


async def test_what_co_owners_share_is_divided_when_it_is_mature(town: Town) -> None:
    """Their agreement earns it, and has no account at Stripe. A hold made before names the owner,
    whom nobody pays by then."""
    other = await town.world.hub.person("other", pays=False)
    path = f"/stations/{town.place.station_id}/shares"
    shares = [
        {"account_id": town.owner.account_id, "basis_points": 6_667},
        {"account_id": other.account_id, "basis_points": 3_333},
    ]
    place, hub = town.place, town.world.hub
    await place.sim.plug_in(1, town.driver.id_token)
    await hub.settle()
    proposed = await town.owner.ask("PUT", path, {"shares": shares}, 200)
    await other.ask("POST", f"/shares/{proposed['id']}/acceptance", {}, 200)
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)
    await town.charge()

    (early, later) = town.things("payment_intent")
    assert early["application_fee_amount"] == 900
    assert later["transfer_data"] is None
    assert await town.paid() == []
    assert ("payout", -1081) in await town.explained()
    assert await town.of_owner("receivable") == 0


async def test_an_owner_whose_payouts_are_withheld_is_not_paid(town: Town) -> None:
    """Also where that came between hold and capture."""
    place, hub = town.place, town.world.hub
    await place.sim.plug_in(1, town.driver.id_token)
    await hub.settle()
    who = town.owner.account_id
    await hub.hub.store.do(withheld.withhold, who, "Tell us your tax number.", hub.clock.now())
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)

    assert await town.paid() == []
    await town.explained()
    assert await town.of_owner("payable") == -810


async def test_a_driver_is_not_refused_for_an_owners_account(town: Town) -> None:
    """Stripe stops paying the account: before the hub heard of it, and between hold and capture.
    Then the cost is taken anew, and the owner has it when the account is mended."""
    place, hub, world = town.place, town.world.hub, town.world.twin.world
    await place.sim.plug_in(1, town.driver.id_token)
    await hub.settle()
    accounts.require(world, town.account, "individual.verification.document")
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)
    await town.charge()

    payments = (await town.driver.get("/payments"))["items"]
    captured = [one["captured"]["amount_minor"] for one in payments]
    assert (captured.count(900), sum(captured)) == (2, 1800)
    assert town.things("transfer") == []
    assert await town.explained() == [("payment", 900), ("payment", 900)]
    assert await town.paid() == []
    accounts.complete(world, town.account)
    await town.days(2)
    assert await town.paid() == [1620]
