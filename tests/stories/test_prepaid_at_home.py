"""Money that circles: a balance is topped up by card, spent at one's own station, and would be
paid out before the card's bank takes it back. How much is topped up in a day."""

from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import charge
from tests.stories.test_money import town
from tests.stories.test_prepaid import BALANCE, euros, pay_in, prepaying

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def shared(hub: RunningHub, owner: Person, place: Place, other: Person) -> None:
    """Another has a third of what a station earns."""
    shares = [
        {"account_id": owner.account_id, "basis_points": 6_667},
        {"account_id": other.account_id, "basis_points": 3_333},
    ]
    path = f"/stations/{place.station_id}/shares"
    proposed = await owner.ask("PUT", path, {"shares": shares}, 200)
    await other.ask("POST", f"/shares/{proposed['id']}/acceptance", {}, 200)


async def days_until_paid(hub: RunningHub, owner: Person) -> list[int | None]:
    """How many days from now each earning matures; None: in more than two weeks."""
    coming = (await owner.get("/maturing-earnings"))["items"]
    today = hub.clock.now().date().isoformat()
    return [None if one["day"] is None else int(one["day"] > today) for one in coming]


async def payouts(hub: RunningHub, owner: Person) -> int:
    login = {"email": owner.email, "password": "correct horse"}
    owner.token = (await hub.ask("POST", "/logins", login, 201))["token"]
    return len((await owner.get("/payouts"))["items"])


async def test_what_a_co_owner_spends_of_a_balance_waits_for_the_bank(hub: RunningHub) -> None:
    """120 days from the top-up, not from the session; a stranger's money waits for a day."""
    owner, place = await town(hub, "2.0.1")
    other, stranger = await prepaying(hub), await hub.person("stranger")
    await pay_in(hub, stranger, 15_000)
    await stranger.post("/payment-methods", BALANCE)
    await shared(hub, owner, place, other)
    await hub.advance(days=10)
    await charge(hub, place, stranger.id_token)
    await charge(hub, place, other.id_token)
    waits = await days_until_paid(hub, owner)
    await hub.advance(days=109, hours=12)
    before = await payouts(hub, owner)
    await hub.advance(days=2)
    after = await payouts(hub, owner)

    assert waits == [1, None] and (before, after) == (1, 2)


async def test_a_household_that_charges_beside_its_free_evse_waits_too(hub: RunningHub) -> None:
    owner, _ = await town(hub, "2.0.1")
    place = await hub.station(owner, "2.0.1", evses=2)
    lodger = await prepaying(hub)
    household = f"/evses/{place.evse_ids[1]}/household/{lodger.id_token}"
    await owner.ask("PUT", household, expect=204)

    await charge(hub, place, lodger.id_token)

    assert await days_until_paid(hub, owner) == [None]


async def test_a_card_at_home_waits_for_nothing(hub: RunningHub) -> None:
    owner, place = await town(hub, "2.0.1")
    other = await hub.person("other")
    await shared(hub, owner, place, other)

    await charge(hub, place, other.id_token)

    assert await days_until_paid(hub, owner) == [1]


async def test_a_debt_at_home_is_not_paid_from_a_balance(hub: RunningHub) -> None:
    """Its session has matured long ago: what is paid later would be paid out at once."""
    owner, place = await town(hub, "2.0.1")
    other = await hub.person("other", pays="refuse_capture")
    await shared(hub, owner, place, other)
    await charge(hub, place, other.id_token, 4_000)
    card = await other.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    await pay_in(hub, other, method_id=card["id"])
    purse = await other.post("/payment-methods", {"rail": "prepaid", "reference": "balance"})

    refused = await other.post("/debts/payments", {"method_id": purse["id"]}, 409)
    await other.post("/debts/payments", {"method_id": card["id"]}, 202)
    await hub.settle()

    assert "by card alone" in refused["detail"]
    assert (await other.get("/debts"))["items"] == []


async def test_how_much_is_topped_up_in_a_day(database: str, clock: HandClock) -> None:
    """Less by a new account; what was refused does not count, what was paid back does."""
    hub = RunningHub(database, clock, prepaid_daily_coins=60, prepaid_new_daily_coins=20)
    await hub.start()
    driver = await hub.person("driver")

    async def refused(amount_minor: int) -> Any:
        found = await driver.post("/top-ups", {"amount": euros(amount_minor)}, 422)
        return found["detail"]

    first = await pay_in(hub, driver, 1500)
    await driver.post("/paybacks", {"currency": "EUR"})
    await hub.settle()
    new = await refused(600)
    await hub.advance(days=31)
    login = {"email": driver.email, "password": "correct horse"}
    driver.token = (await hub.ask("POST", "/logins", login, 201))["token"]
    second = await pay_in(hub, driver, 5500)
    old = await refused(600)
    await hub.advance(days=1)
    third = await pay_in(hub, driver, 600)
    await hub.close()

    assert {one["state"] for one in (first, second, third)} == {"taken"}
    assert new.startswith("You can top up by 5.00 EUR more within this day as your account is new.")
    assert old.startswith("You can top up by 5.00 EUR more within this day. Come back tomorrow")
