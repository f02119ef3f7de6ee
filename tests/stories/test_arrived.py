"""A booked driver charges where there is no line: told late, the driver has come all the same."""

from datetime import timedelta

import pytest

from tests.hub import Place, RunningHub
from tests.stories.steps import (
    QUARTER,
    audited,
    bills,
    book,
    go_offline,
    net,
    only,
    passing,
    transfers,
)
from tests.stories.test_old_prices import publish

HOUR = timedelta(hours=1)


async def offline_from(hub: RunningHub, place: Place, id_token: str, minutes: int) -> None:
    """The line is lost before the slot; the driver comes so long after the slot has begun."""
    await go_offline(hub, place)
    await hub.advance(minutes=60 + minutes)
    await place.sim.plug_in(1, id_token)
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await hub.advance(minutes=1)


async def back(hub: RunningHub, place: Place) -> None:
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()


@pytest.mark.parametrize("minutes", [5, 40])
async def test_who_charged_in_the_slot_without_a_line_did_come(
    hub: RunningHub, version: str, minutes: int
) -> None:
    """The clock has let the booking go meanwhile. It is charged as booked, once, and counts."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await publish(owner, place, "0.90")

    await offline_from(hub, place, driver.id_token, minutes)
    missed = await driver.get(f"/bookings/{booking['id']}")
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await back(hub, place)

    came = await driver.get(f"/bookings/{booking['id']}")
    session = await only(driver, "/sessions")
    assert (missed["status"], came["status"]) == ("failed", "completed")
    assert (came["session_id"], session["booking_id"]) == (session["id"], booking["id"])
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    payments = (await driver.get("/payments"))["items"]
    assert sorted(payment["state"] for payment in payments) == ["captured", "released"]
    await audited(hub)


async def test_who_still_charges_in_a_slot_that_was_let_go_did_come(
    hub: RunningHub, version: str
) -> None:
    """The line is back while the car charges. What is left of the slot may be another's by then."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 3 * HOUR)

    await offline_from(hub, place, driver.id_token, 5)
    anothers = await book(hub, other, place, timedelta(minutes=30), HOUR)
    await back(hub, place)
    held = [each["state"] for each in (await driver.get("/payments"))["items"]]
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await hub.settle()

    came = await driver.get(f"/bookings/{booking['id']}")
    assert (came["status"], sorted(held)) == ("completed", ["authorised", "released"])
    assert (await driver.get(f"/sessions/{came['session_id']}"))["booking_id"] == booking["id"]
    assert (await other.get(f"/bookings/{anothers['id']}"))["status"] == "confirmed"
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    await audited(hub)


async def keeps_to_itself() -> None:
    """What a station does that has its line, and tells nothing of what happens."""


async def test_the_fee_of_who_did_come_goes_back(
    hub: RunningHub, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The station has its line back before the slot, and tells of the session too late."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", {}, expect=200)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)

    await place.sim.go_offline()
    await hub.advance(minutes=50)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 400, readings=4, before_each=passing(hub, timedelta(minutes=1)))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    with monkeypatch.context() as patched:
        patched.setattr(place.sim._outbox, "deliver", keeps_to_itself)
        await place.sim.connect()
        await hub.settle()
        await hub.advance(minutes=40)
    missed = await driver.get(f"/bookings/{booking['id']}")
    await place.sim.deliver_queue()
    await hub.settle()

    came = await driver.get(f"/bookings/{booking['id']}")
    assert (missed["status"], came["status"]) == ("no_show", "completed")
    assert (missed["fee"]["amount_minor"], came["fee"]) == (247, None)
    assert [bill.cost_minor for bill in await bills(owner)] == [18]
    moved = net(await transfers(hub))
    assert moved["psp EUR"] == 18
    assert "income:no_show_cancel EUR" not in moved
    await audited(hub)
