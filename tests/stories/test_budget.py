"""A walk-up's hold is reckoned for four hours; who charges for longer has more held, or is stopped.

22 euros are held; at 0.45 a kWh 95 percent of that are 46.4 kWh.
"""

from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import audited, bills, leave, passing

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def charging(hub: RunningHub, pays: str) -> tuple[Person, Person, Place]:
    """Somebody charges without a booking."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays=pays)
    place = await hub.station(owner, "2.0.1")
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    return owner, driver, place


async def charge_on(hub: RunningHub, place: Place, energy_wh: int) -> None:
    """At 10 kW, then what is due twice: a rail's answer is looked at a minute later."""
    readings = -(-energy_wh // 5_000)
    await place.sim.charge(1, energy_wh, readings=readings, before_each=passing(hub))
    await hub.settle()
    await hub.advance(minutes=2)
    await hub.advance(minutes=2)


async def payments(driver: Person) -> list[tuple[str, int, int]]:
    """State, hold and what was captured of all payments, the first one first."""
    items: list[Any] = (await driver.get("/payments"))["items"]
    return [
        (one["state"], one["hold"]["amount_minor"], one["captured"]["amount_minor"])
        for one in reversed(items)
    ]


async def told(hub: RunningHub, driver: Person) -> list[str]:
    sent = await hub.hub.store.read(mails)
    return [text for to, subject, text in sent if to == driver.email and "stopped" in subject]


async def test_a_hold_grows_with_what_the_session_costs(hub: RunningHub) -> None:
    """When it is nearly used up; the whole cost is taken of it."""
    owner, driver, place = await charging(hub, "ok")

    await charge_on(hub, place, 40_000)
    before = await payments(driver)
    await charge_on(hub, place, 7_000)
    grown = await payments(driver)
    await charge_on(hub, place, 20_000)
    await leave(hub, place)

    assert before == [("authorised", 2200, 0)]
    assert grown == [("authorised", 4400, 0)]
    (billed,) = await bills(owner)
    assert (billed.billed_wh, billed.cost_minor, billed.flags) == (67_000, 3015, ())
    assert await payments(driver) == [("captured", 4400, 3015)]
    assert await told(hub, driver) == []
    await audited(hub)


async def test_a_hold_that_cannot_grow_is_followed_by_a_greater_one(hub: RunningHub) -> None:
    owner, driver, place = await charging(hub, "fixed")

    await charge_on(hub, place, 47_000)
    grown = await payments(driver)
    await charge_on(hub, place, 20_000)
    await leave(hub, place)

    assert grown == [("released", 2200, 0), ("authorised", 4400, 0)]
    assert [bill.cost_minor for bill in await bills(owner)] == [3015]
    assert await payments(driver) == [("released", 2200, 0), ("captured", 4400, 3015)]
    await audited(hub)


async def test_a_session_that_nobody_vouches_for_any_more_is_stopped(hub: RunningHub) -> None:
    """The card gives no more: nothing is owed in the end, and the driver reads why."""
    owner, driver, place = await charging(hub, "limit:3000")

    await charge_on(hub, place, 47_000)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    (billed,) = await bills(owner)
    assert (billed.billed_wh, billed.cost_minor) == (47_000, 2115)
    assert billed.flags == ("budget_reached",)
    assert await payments(driver) == [("captured", 2200, 2115), ("refused", 4400, 0)]
    (text,) = await told(hub, driver)
    assert "22.00 EUR that are held" in text
    await audited(hub)


async def test_who_has_no_card_any_more_is_stopped_too(hub: RunningHub) -> None:
    _, driver, place = await charging(hub, "ok")
    (method,) = (await driver.get("/payment-methods"))["items"]
    await driver.ask("DELETE", f"/payment-methods/{method['id']}", expect=204)

    await charge_on(hub, place, 47_000)
    await place.sim.receive("stop_session")

    assert len(await told(hub, driver)) == 1
