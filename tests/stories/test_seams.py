"""Where disputes, overstay and changed bookings meet: nobody gains by doing two at once."""

from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    audited,
    bills,
    book,
    charge,
    go_offline,
    leave,
    net,
    only,
    passing,
    transfers,
)
from tests.stories.test_credits import amounts, failed
from tests.stories.test_failed import come
from tests.stories.test_longer import end, holds, policy, until

HOUR = timedelta(hours=1)
QUARTER = HOUR / 4
STATED = {"per_minute": "0.10", "grace_minutes": 15, "night_ok": True}
# What is tried here is decided by the hub, not by its database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def parties(hub: RunningHub) -> tuple[Person, Person, Place]:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    return owner, driver, await hub.station(owner, "2.0.1")


async def overstayed(hub: RunningHub, owner: Person, driver: Person, place: Place) -> Any:
    """A booked hour, 10 kWh, and 45 minutes past the grace: 4.50 and 4.50 for staying."""
    await policy(owner, place, overstay=STATED)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HOUR / 2))
    await hub.advance(minutes=60)
    await leave(hub, place)
    return booking


async def dispute(driver: Person, session_id: str, kind: str, amount: int) -> Any:
    wanted = {
        "session_id": session_id,
        "kind": kind,
        "amount": {"amount_minor": amount, "currency": "EUR"},
        "statement": "Too much.",
    }
    return await driver.post("/disputes", wanted)


async def test_an_owner_who_fails_drivers_of_their_own_draws_no_credits_without_end(
    database: str, clock: HandClock
) -> None:
    """Accounts cost nothing: three stations go offline before the slots of who never comes."""
    hub = RunningHub(database, clock, owner_credits=2)
    await hub.start()
    owner = await hub.person("owner")
    places = [await hub.station(owner, "1.6") for _ in range(3)]
    drivers = [await hub.person(f"driver{number}") for number in range(3)]
    for place, driver in zip(places, drivers, strict=True):
        await book(hub, driver, place, HOUR, HOUR)
    for place in places:
        await go_offline(hub, place)
    await hub.advance(minutes=80)

    credited = [await amounts(driver) for driver in drivers]
    assert sorted(credited) == [[], [500, 500], [500, 500]]
    assert (await transfers(hub))["credit"]["expense:goodwill EUR"] == 1000
    await audited(hub)
    await hub.close()


async def test_the_price_of_an_overstay_is_as_it_was_agreed(hub: RunningHub) -> None:
    """What staying costs is part of what was booked: a dispute about the price changes nothing."""
    owner, driver, place = await parties(hub)
    await overstayed(hub, owner, driver, place)
    session = await only(driver, "/sessions")
    assert [bill.cost_minor for bill in await bills(owner)] == [900]

    made = await dispute(driver, session["id"], "price", 600)
    pack = await driver.get(f"/disputes/{made['id']}/evidence")

    assert (made["status"], made["how"]) == ("open", None)
    assert pack["recomputed_cost_minor"] == 900
    await audited(hub)


async def test_who_books_behind_an_overstay_doubles_nothing(hub: RunningHub) -> None:
    """Who comes when the car is overdue already, or owns the place, was not kept waiting."""
    owner, driver, place = await parties(hub)
    friend = await hub.person("friend")
    await policy(owner, place, overstay=STATED)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await book(hub, owner, place, 2 * HOUR + QUARTER, HOUR / 2)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HOUR / 2))
    await hub.advance(minutes=30)
    await book(hub, friend, place, timedelta(), HOUR / 2)
    await hub.advance(minutes=30)
    await leave(hub, place)

    (bill,) = await bills(owner)
    assert bill.lines == ("energy 10 kWh 0.45 450", "overstay 45 min 0.1 450")


async def test_who_charges_keeps_the_whole_hold_however_short_the_slot(hub: RunningHub) -> None:
    """The station goes on giving energy after the slot: a quarter of an hour would hold 2.00."""
    _, driver, place = await parties(hub)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    shorter = await end(driver, booking, until(booking, -6 * QUARTER))
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub, HOUR / 2))
    await leave(hub, place)

    assert shorter["ends_at"] == until(booking, -6 * QUARTER)
    assert shorter["deposit"] == booking["deposit"]
    assert await holds(driver) == [("captured", 1100)]
    assert "driver:receivable EUR" not in net(await transfers(hub))
    await audited(hub)


async def test_who_has_credit_can_leave_and_gives_it_up(hub: RunningHub) -> None:
    """A credit is never paid out, so nothing else would ever end it."""
    _, driver, place = await parties(hub)
    await failed(hub, place, driver)
    before = await amounts(driver)
    await hub.advance(hours=3)

    await driver.ask("POST", "/accounts/me/erasure", {"email": driver.email}, expect=204)

    assert before == [500, 500]
    assert "driver:credit EUR" not in net(await transfers(hub))
    assert "expense:goodwill EUR" not in net(await transfers(hub))
    await audited(hub)


async def test_nobody_leaves_an_open_dispute(hub: RunningHub) -> None:
    owner, driver, place = await parties(hub)
    await charge(hub, place, driver.id_token)
    session = await only(driver, "/sessions")
    made = await dispute(driver, session["id"], "energy", 450)

    leaving = {"email": driver.email}
    refused = await driver.ask("POST", "/accounts/me/erasure", leaving, expect=409)
    await owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
    await hub.settle()
    await driver.ask("POST", "/accounts/me/erasure", leaving, expect=204)

    assert made["id"] in refused["detail"]
    assert (await only(owner, "/disputes?role=owner"))["refunded"]["amount_minor"] == 450
    await audited(hub)


async def test_who_cancels_while_a_longer_end_is_asked_for_pays_by_what_is_held(
    hub: RunningHub,
) -> None:
    """The rail has not said yes to the longer time: half of 11.00 is kept, not half of 17.00."""
    owner, driver, place = await parties(hub)
    await policy(owner, place, cancellation="moderate")
    booking = await book(hub, driver, place, 3 * HOUR, 2 * HOUR)
    await hub.advance(minutes=30)
    path = f"/bookings/{booking['id']}"

    await driver.ask("PUT", f"{path}/end", {"ends_at": until(booking, HOUR)}, 200)
    told = await driver.get(f"{path}/cancellation")
    await driver.post(f"{path}/cancel", expect=200)
    await hub.settle()

    assert told["kept"]["amount_minor"] == 550
    assert (await driver.get(path))["fee"]["amount_minor"] == 550
    assert sorted(each[0] for each in await holds(driver)) == ["captured", "released"]
    totals = net(await transfers(hub))
    assert totals["psp EUR"] == 550
    await audited(hub)


async def test_an_extended_overstayed_and_disputed_booking_adds_up(hub: RunningHub) -> None:
    """Longer by an hour, 45 minutes too long after that, and the overstay given back: 4.50."""
    owner, driver, place = await parties(hub)
    await policy(owner, place, overstay=STATED)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await end(driver, booking, until(booking, HOUR))
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, HOUR / 2))
    await hub.advance(minutes=60)
    await leave(hub, place)
    session = await only(driver, "/sessions")
    (bill,) = await bills(owner)
    made = await dispute(driver, session["id"], "overstay", 450)
    await hub.advance(hours=73)
    again = await driver.ask("POST", "/disputes", {**made, "session_id": session["id"]})
    await hub.advance(hours=73)

    assert bill.lines == ("energy 10 kWh 0.45 450", "overstay 45 min 0.1 450")
    assert "id" not in again
    found = await driver.get(f"/disputes/{made['id']}")
    assert (found["status"], found["refunded"]["amount_minor"]) == ("closed", 450)
    moved = net(await transfers(hub))
    assert (moved["psp EUR"], moved["owner:payable EUR"]) == (450, -405)
    assert {code for code in moved if code.startswith(("owner", "driver"))} == {"owner:payable EUR"}
    await audited(hub)


async def test_a_failed_start_is_made_up_for_once(hub: RunningHub) -> None:
    """A credit, and nothing that was taken: so there is nothing to dispute."""
    _, driver, place = await parties(hub)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.advance(minutes=1)
    await place.sim.stop(1, "power_loss")
    await hub.settle()
    session = await only(driver, "/sessions")

    claim = {"kind": "no_access", "amount": {"amount_minor": 500, "currency": "EUR"}}
    words = {**claim, "statement": "It failed."}
    of_session = {**words, "session_id": session["id"]}
    of_booking = {**words, "booking_id": booking["id"]}
    refused = [await driver.post("/disputes", of, 409) for of in (of_session, of_booking)]

    assert {one["code"] for one in refused} == {"nothing_to_dispute"}
    assert await amounts(driver) == [500, 500]
    await audited(hub)


async def test_a_station_retires_while_its_session_is_disputed(hub: RunningHub) -> None:
    """The next driver's booking ends with it; the dispute goes on to its end."""
    owner, driver, place = await parties(hub)
    await charge(hub, place, driver.id_token)
    session = await only(driver, "/sessions")
    other = await hub.person("other")
    next_one = await book(hub, other, place, 5 * HOUR, HOUR)
    made = await dispute(driver, session["id"], "energy", 450)

    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    await hub.advance(hours=73)
    await hub.advance(hours=73)

    assert (await other.get(f"/bookings/{next_one['id']}"))["status"] == "cancelled"
    found = await driver.get(f"/disputes/{made['id']}")
    assert (found["status"], found["refunded"]["amount_minor"]) == ("closed", 450)
    moved = net(await transfers(hub))
    assert "owner:dispute_hold EUR" not in moved
    await audited(hub)
