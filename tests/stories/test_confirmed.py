"""Holds that a bank wants confirmed in person: a page, a mail, and what follows from the answer."""

from datetime import timedelta
from typing import Any

import pytest

from chargehub.payments.confirming import SUBJECT
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.pages import answer
from tests.stories.steps import audited, bills, book, charge, held, passing, slot, transfers

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DEPOSIT = 600


async def market(hub: RunningHub) -> tuple[Person, Person, Place]:
    """An owner, a driver whose bank always asks, and a place."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays="confirm")
    return owner, driver, await hub.station(owner, "2.0.1")


async def ask_for(hub: RunningHub, driver: Person, place: Place, after: timedelta) -> Any:
    """Book an hour, and wait until the rail has answered."""
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, after, HOUR)}
    made = await driver.post("/bookings", wanted)
    await hub.settle()
    return await driver.get(f"/bookings/{made['id']}")


async def payment(driver: Person) -> Any:
    """The newest one."""
    return (await driver.get("/payments"))["items"][0]


async def asked(hub: RunningHub, driver: Person) -> list[str]:
    sent = await hub.hub.store.read(mails)
    return [text for to, subject, text in sent if to == driver.email and subject == SUBJECT]


async def test_a_near_booking_stands_when_its_driver_confirms(hub: RunningHub) -> None:
    """The page's word counts as soon as the browser comes back; then it is a hold like any."""
    owner, driver, place = await market(hub)
    booking = await ask_for(hub, driver, place, 3 * HOUR)
    confirm = booking["confirm"]

    back = await answer(hub, confirm["url"], "confirm")
    returned = await hub.api.get(back.headers["location"].partition(":8000")[2])
    await hub.settle()

    assert (booking["status"], booking["pay_by"]) == ("held", confirm["until"])
    assert confirm["until"] == "2026-03-02T08:15:00Z"
    assert any(confirm["url"] in text for text in await asked(hub, driver))
    assert (await owner.get(f"/bookings/{booking['id']}"))["confirm"] is None
    assert (returned.status_code, "Confirmed" in returned.text) == (200, True)
    stands = await driver.get(f"/bookings/{booking['id']}")
    assert (stands["status"], stands["deposit_state"], stands["confirm"]) == (
        *("confirmed", "held"),
        None,
    )
    await hub.advance(hours=3)
    await place.sim.receive("reserve")
    await charge(hub, place, await driver.app_token(), 4_000)
    paid = await payment(driver)
    assert (paid["state"], paid["captured"]["amount_minor"]) == ("captured", 180)
    await audited(hub)


async def test_a_near_booking_that_is_not_confirmed_is_declined(hub: RunningHub) -> None:
    """In the meantime the slot is kept; then it is anybody's, and nothing can be held late."""
    _, driver, place = await market(hub)
    booking = await ask_for(hub, driver, place, 3 * HOUR)

    await hub.advance(minutes=14)
    before = await payment(driver)
    await hub.advance(minutes=2)

    assert before["confirm"] == booking["confirm"]
    gone = await driver.get(f"/bookings/{booking['id']}")
    assert (gone["status"], gone["fee"], gone["confirm"]) == ("expired", None, None)
    after = await payment(driver)
    assert (after["state"], after["confirm"], after["refusal"]["code"]) == (
        *("refused", None),
        "not_confirmed",
    )
    late = await hub.api.get(booking["confirm"]["url"].partition(":8000")[2])
    assert late.status_code == 404
    assert await transfers(hub) == {}


async def test_a_far_booking_waits_for_its_driver_until_two_hours_before(hub: RunningHub) -> None:
    """One of two confirms, by the page alone; the other's ends free of charge."""
    _, driver, place = await market(hub)
    good = await book(hub, driver, place, 3 * DAY, HOUR)
    bad = await book(hub, driver, place, 3 * DAY + 3 * HOUR, HOUR)
    await hub.advance(days=2, hours=3)
    first = await driver.get(f"/bookings/{good['id']}")

    await answer(hub, first["confirm"]["url"], "confirm")
    await hub.advance(minutes=10)
    stands = await driver.get(f"/bookings/{good['id']}")
    await hub.advance(hours=21, minutes=50)
    lapsed = await driver.get(f"/bookings/{bad['id']}")

    assert (first["deposit_state"], first["confirm"]["until"]) == ("asked", "2026-03-05T06:00:00Z")
    assert (stands["status"], stands["deposit_state"]) == ("confirmed", "held")
    assert (lapsed["status"], lapsed["fee"]) == ("expired", None)
    await audited(hub)


async def test_a_cancelled_booking_is_not_held_for_any_more(hub: RunningHub) -> None:
    """Whoever confirms at the last moment has it back at once."""
    _, driver, place = await market(hub)
    booking = await ask_for(hub, driver, place, 3 * HOUR)
    await answer(hub, booking["confirm"]["url"], "confirm")

    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    assert (await payment(driver))["state"] == "released"
    assert await transfers(hub) == held(DEPOSIT)
    await audited(hub)


async def test_a_walk_up_goes_on_for_ten_minutes_then_is_stopped(hub: RunningHub) -> None:
    owner, driver, place = await market(hub)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    confirm = (await payment(driver))["confirm"]

    await place.sim.charge(1, 1_000, readings=1, before_each=passing(hub))
    await hub.advance(minutes=10)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert confirm is not None and len(await asked(hub, driver)) == 1
    (billed,) = await bills(owner)
    assert (billed.billed_wh, billed.flags) == (1_000, ("hold_refused",))
    assert (await payment(driver))["state"] == "failed"  # the bank asks again: it is owed
    await audited(hub)


async def test_a_walk_up_that_is_confirmed_is_paid_from_its_hold(hub: RunningHub) -> None:
    """Also when the car has left by then: the page is closed, and its answer counts."""
    owner, driver, place = await market(hub)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    confirm = (await payment(driver))["confirm"]
    await answer(hub, confirm["url"], "confirm")

    await place.sim.charge(1, 1_000, readings=1)
    await place.sim.unplug(1)
    await hub.settle()

    assert [bill.cost_minor for bill in await bills(owner)] == [45]
    paid = await payment(driver)
    assert (paid["state"], paid["captured"]["amount_minor"]) == ("captured", 45)
    await audited(hub)
