"""Credit for whom a station failed: given once, spent before the card, taken back where it was
not due. The ledger is whole all the time, and the owner has the same share as ever."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    audited,
    book,
    charge,
    go_offline,
    net,
    only,
    passing,
    slot,
    transfers,
)
from tests.stories.test_booked import status

HOUR = timedelta(hours=1)


async def amounts(driver: Person) -> list[int]:
    """The balance in cents, then what changed it, newest first."""
    found = await driver.get("/credits")
    items = [each["amount"]["amount_minor"] for each in found["items"]]
    return [*(one["amount_minor"] for one in found["balances"]), *items]


async def failed(hub: RunningHub, place: Place, driver: Person) -> dict[str, Any]:
    """A booking whose station had no line in the slot, and has it back now."""
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await go_offline(hub, place)
    await hub.advance(minutes=76)
    assert await status(driver, booking) == "failed"
    await place.sim.reconnect()
    await hub.settle()
    return booking


async def people(hub: RunningHub, version: str) -> tuple[Person, Place]:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    return driver, await hub.station(owner, version)


async def test_a_credit_pays_before_the_card_and_the_owner_has_the_whole_share(
    hub: RunningHub, version: str
) -> None:
    """9.00 are charged: 5.00 by the credit, 4.00 by the card; of each the owner has nine tenths."""
    driver, place = await people(hub, version)
    booking = await failed(hub, place, driver)
    before = await driver.get("/credits")

    await hub.advance(hours=3)
    await charge(hub, place, driver.id_token)

    assert before["balances"] == [{"amount_minor": 500, "currency": "EUR"}]
    assert before["items"][0]["booking_id"] == booking["id"]
    assert before["items"][0]["reason"] == "station_failed"
    assert await amounts(driver) == [-500, 500]
    payment = (await driver.get("/payments"))["items"][0]
    told = {name: payment[name]["amount_minor"] for name in ("due", "credit", "captured")}
    assert told == {"due": 400, "credit": 500, "captured": 400}
    moved = await transfers(hub)
    assert moved["credit"] == {"expense:goodwill EUR": 500, "driver:credit EUR": -500}
    assert moved["settle"] == {
        "psp:pending EUR": 400,
        "driver:credit_used EUR": 500,
        "owner:accrued EUR": -810,
        "income:platform_fee EUR": -76,
        "vat:payable EUR": -14,
    }
    await hub.advance(hours=25)
    assert net(await transfers(hub))["owner:payable EUR"] == -810
    await audited(hub)


async def test_a_credit_that_pays_it_all_leaves_the_card_alone(
    hub: RunningHub, version: str
) -> None:
    driver, place = await people(hub, version)
    await failed(hub, place, driver)

    await hub.advance(hours=3)
    await charge(hub, place, driver.id_token, 10_000)

    assert await amounts(driver) == [50, -450, 500]
    payments = (await driver.get("/payments"))["items"]
    assert [each["state"] for each in payments] == ["released", "released"]
    moved = net(await transfers(hub))
    assert "psp EUR" not in moved
    assert (moved["owner:accrued EUR"], moved["driver:credit EUR"]) == (-405, -50)
    await hub.advance(hours=25)
    assert net(await transfers(hub))["owner:payable EUR"] == -405
    await audited(hub)


async def test_a_correction_gives_credit_back(hub: RunningHub, version: str) -> None:
    """20 kWh were 4: the card has all of it back, and the credit what the new cost leaves."""
    driver, place = await people(hub, version)
    operator = await hub.operator()
    await failed(hub, place, driver)
    await hub.advance(hours=3)
    await charge(hub, place, driver.id_token)
    cdr = await only(driver, "/cdrs")

    wrong = {"energy_wh": 4_000, "reason": "The meter was wrong."}
    await operator.post(f"/cdrs/{cdr['id']}/corrections", wrong, expect=201)
    await hub.settle()

    assert await amounts(driver) == [320, 320, -500, 500]
    payment = (await driver.get("/payments"))["items"][0]
    told = {name: payment[name]["amount_minor"] for name in ("due", "credit", "refunded")}
    assert told == {"due": 0, "credit": 180, "refunded": 400}
    moved = net(await transfers(hub))
    assert "driver:credit_used EUR" not in moved
    assert "psp EUR" not in moved
    assert moved["owner:accrued EUR"] == -162
    await audited(hub)


async def test_a_credit_goes_back_where_the_driver_did_charge(
    hub: RunningHub, version: str
) -> None:
    """The station tells late of a session in the slot: it was there, and so was its driver."""
    driver, place = await people(hub, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)

    await go_offline(hub, place)
    await hub.advance(minutes=65)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub))
    await hub.settle()
    credited = await amounts(driver)
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert await status(driver, booking) == "completed"
    assert credited == [500, 500]
    assert await amounts(driver) == [-500, 500]
    moved = net(await transfers(hub))
    assert "expense:goodwill EUR" not in moved
    assert moved["psp EUR"] == 450
    await audited(hub)


@pytest.mark.parametrize("version", ["1.6"])
async def test_credits_are_for_drivers_who_could_rely_on_the_station(
    hub: RunningHub, version: str
) -> None:
    """A station that was dead when it was booked, and the same station again, bring none."""
    driver, place = await people(hub, version)
    await failed(hub, place, driver)

    await failed(hub, place, driver)
    await go_offline(hub, place)
    await hub.advance(minutes=1)
    other = await hub.person("other")
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, 2 * HOUR)}
    dead = await other.post("/bookings", wanted)
    await hub.settle()
    await hub.advance(minutes=76)

    assert await amounts(driver) == [500, 500]
    assert await status(other, dead) == "failed"
    assert await amounts(other) == []
    assert (await only(other, "/payments"))["state"] == "released"
    await audited(hub)
