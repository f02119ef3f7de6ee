"""Bookings as drivers live them: used, refused to others, not used, cancelled."""

from datetime import timedelta
from typing import Any

from chargers.station import Habits
from tests.hub import Person, RunningHub
from tests.stories.steps import (
    QUARTER,
    Bill,
    audited,
    bills,
    book,
    charge,
    energy,
    held,
    leave,
    only,
    passing,
    sent_away,
    settled,
    transfers,
)

HOUR = timedelta(hours=1)
TWO_HOURS = timedelta(hours=2)
BOOKED_BILL = Bill(
    minutes=60,
    energy_wh=10_000,
    billed_wh=10_000,
    cost_minor=450,
    vat_minor=72,
    lines=("energy 10 kWh 0.45 450",),
)
# 1.1 x 11 kW x 2 h x 0.45 is 10.89: held in whole euros.
DEPOSIT = 1100


async def status(driver: Person, booking: dict[str, Any]) -> str:
    found: str = (await driver.get(f"/bookings/{booking['id']}"))["status"]
    return found


async def test_the_booked_driver_charges_in_the_slot_and_nobody_else_does(
    hub: RunningHub, version: str
) -> None:
    """The deposit of the booking is the hold of its session. Others are refused by the station,
    which was asked to keep the EVSE, and by the hub where the station does not care."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, TWO_HOURS)

    await hub.advance(minutes=51)
    await place.sim.receive("reserve")
    await hub.until(lambda: _is_reserved(driver, booking))
    kept = await place.sim.plug_in(1, other.id_token)
    place.sim.habits = Habits(honours_reservations=False)
    refused = await place.sim.plug_in(1, other.id_token, authorize=False)
    await sent_away(hub, place)
    hub.clock.advance(timedelta(minutes=10))
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    assert await status(driver, booking) == "active"
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)

    assert kept == "reserved"
    assert refused == "blocked" if version == "1.6" else "not_now"
    assert await status(driver, booking) == "completed"
    nothing = Bill(minutes=0, energy_wh=0, unbilled_reason="not_admitted")
    assert await bills(owner) == [nothing, BOOKED_BILL]
    assert await transfers(hub) == held(DEPOSIT) | settled(450, 405, 7) | energy(10_000, "billed")
    assert (await only(driver, "/payments"))["state"] == "captured"
    assert (await other.get("/payments"))["items"] == []
    assert (await audited(hub))["billed_wh"] == 10_000


async def _is_reserved(driver: Person, booking: dict[str, Any]) -> bool:
    found: bool = (await driver.get(f"/bookings/{booking['id']}"))["is_reserved"]
    return found


async def test_a_no_show_is_released_by_the_clock_and_so_is_its_deposit(
    hub: RunningHub, version: str
) -> None:
    """After the time of grace the EVSE is anybody's, at the station too."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, TWO_HOURS)

    await hub.advance(minutes=55)
    await place.sim.receive("reserve")
    await hub.advance(minutes=20)

    assert await status(driver, booking) == "no_show"
    await place.sim.receive("cancel_reservation")
    assert (await only(driver, "/payments"))["state"] == "released"
    assert await transfers(hub) == held(DEPOSIT)
    assert await bills(owner) == []
    await place.sim.until(lambda: place.sim.evses[1].reservation is None)
    await charge(hub, place, other.id_token, 1_000)
    assert [bill.billed_wh for bill in await bills(owner)] == [1_000]
    await audited(hub)


async def test_a_cancelled_booking_gives_slot_and_deposit_back(
    hub: RunningHub, version: str
) -> None:
    """Cancelled twice is cancelled once; the driver may come all the same, as a walk-up."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, TWO_HOURS)

    for _ in range(2):
        await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()
    again = await book(hub, driver, place, HOUR, TWO_HOURS)
    await driver.post(f"/bookings/{again['id']}/cancel", expect=200)
    await hub.advance(hours=1)

    assert await status(driver, booking) == "cancelled"
    assert {one["state"] for one in (await driver.get("/payments"))["items"]} == {"released"}
    assert place.sim.commands == []
    assert await transfers(hub) == held(2 * DEPOSIT)
    await charge(hub, place, driver.id_token, 1_000)
    assert [bill.billed_wh for bill in await bills(owner)] == [1_000]


async def test_a_deposit_that_is_refused_frees_the_slot(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver", pays="refuse")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    start = (hub.clock.now() + HOUR).isoformat()
    wanted = {
        "evse_id": place.evse_ids[0],
        "starts_at": start,
        "ends_at": (hub.clock.now() + TWO_HOURS).isoformat(),
    }

    declined = await driver.post("/bookings", wanted)
    taken = await other.post("/bookings", wanted, expect=409)
    await hub.settle()

    assert taken["code"] == "slot_taken"
    assert await status(driver, declined) == "declined"
    assert (await book(hub, other, place, HOUR, HOUR))["status"] == "confirmed"
