"""A rail keeps a hold for a while only; a car may charge for longer."""

from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    NINE_EUROS,
    audited,
    bills,
    energy,
    lasting,
    leave,
    passing,
    settled,
    transfers,
)

LASTS = "lasts:40"  # minutes; a new hold is asked for after 30 of them
OWES = "driver:receivable"


async def states(driver: Person) -> list[str]:
    """Of all payments, the first one first."""
    items: list[Any] = (await driver.get("/payments"))["items"]
    return [each["state"] for each in reversed(items)]


async def plugged_in(hub: RunningHub, version: str) -> tuple[Person, Person, Place]:
    """A driver whose holds are short charges at somebody's station."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays=LASTS)
    place = await hub.station(owner, version)
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await hub.settle()
    return owner, driver, place


async def pays_with(driver: Person, reference: str) -> None:
    wanted = {"rail": "sandbox", "reference": reference, "is_default": True}
    await driver.post("/payment-methods", wanted)


async def charge_on(hub: RunningHub, place: Place, energy_wh: int, halves: int = 1) -> None:
    """As many half hours, each followed by what is due."""
    for _ in range(halves):
        await place.sim.charge(1, energy_wh // halves, before_each=passing(hub))
        await hub.settle()


async def test_a_hold_that_ends_mid_session_is_followed_by_a_new_one(
    hub: RunningHub, version: str
) -> None:
    """Two hours on holds of forty minutes: a hold stands at every moment, one of them pays."""
    owner, driver, place = await plugged_in(hub, version)

    await charge_on(hub, place, 20_000, halves=4)
    standing = await states(driver)
    await leave(hub, place)

    assert standing == ["released"] * 4 + ["authorised"]
    assert await states(driver) == ["released"] * 4 + ["captured"]
    assert await bills(owner) == [NINE_EUROS]
    assert lasting(await transfers(hub)) == settled(900, 810, 14) | energy(20_000, "billed")
    books = (await (await hub.operator()).get("/sandbox/totals"))["items"][0]
    assert (books["held"]["amount_minor"], books["captured"]["amount_minor"]) == (0, 900)
    await audited(hub)


async def test_a_session_whose_hold_is_not_renewed_is_stopped_and_paid_from_the_old_one(
    hub: RunningHub, version: str
) -> None:
    """Ten minutes before the old hold ends the new one is refused: enough time to stop."""
    owner, driver, place = await plugged_in(hub, version)
    await pays_with(driver, "refuse")

    await charge_on(hub, place, 5_000)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert await states(driver) == ["captured", "refused"]
    (billed,) = await bills(owner)
    assert (billed.billed_wh, billed.cost_minor, billed.flags) == (5_000, 225, ("hold_refused",))
    assert lasting(await transfers(hub)) == settled(225, 203, 4) | energy(5_000, "billed")
    await audited(hub)


async def test_what_a_deaf_station_gives_without_a_hold_is_taken_at_the_end(
    hub: RunningHub, version: str
) -> None:
    """The line is down, the hold ends, no new one is had; later the driver has money again."""
    owner, driver, place = await plugged_in(hub, version)
    await pays_with(driver, "refuse")
    await place.sim.go_offline()
    await charge_on(hub, place, 20_000, halves=4)
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await pays_with(driver, "ok")

    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert (await states(driver))[0] == "failed"
    assert (await states(driver)).count("captured") == 1
    assert [(bill.billed_wh, bill.cost_minor) for bill in await bills(owner)] == [(20_000, 900)]
    assert lasting(await transfers(hub)) == settled(900, 810, 14) | energy(20_000, "billed")
    await audited(hub)


async def test_what_nobody_pays_for_after_the_hold_has_ended_is_owed(
    hub: RunningHub, version: str
) -> None:
    """No energy is free: it is a receivable of its driver, and the owner has earned it."""
    owner, driver, place = await plugged_in(hub, version)
    await pays_with(driver, "refuse")
    await place.sim.go_offline()
    await charge_on(hub, place, 20_000, halves=4)
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert {*await states(driver)} == {"failed", "refused"}
    (billed,) = await bills(owner)
    assert (billed.billed_wh, billed.cost_minor) == (20_000, 900)
    assert lasting(await transfers(hub)) == settled(900, 810, 14, OWES) | energy(20_000, "billed")
    await audited(hub)
