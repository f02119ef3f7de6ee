"""A car that stays after its booking: its driver is told before, and pays as was stated."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, Bill, audited, bills, book, leave, passing
from tests.stories.test_alternatives import mails_to
from tests.stories.test_failed import come

HOUR = timedelta(hours=1)
STATED = {"overstay": {"per_minute": None, "grace_minutes": 15, "night_ok": True}}


async def stays(hub: RunningHub, place: Place, driver: Person, booking: Any) -> None:
    """A booked hour from 09:00 to 10:00; the car is charged in it, and goes at 11:00."""
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HALF_HOUR))
    await hub.settle()


async def test_an_overstay_is_told_before_and_stands_on_the_bill_as_it_was_stated(
    hub: RunningHub, version: str
) -> None:
    """45 minutes past the grace, 30 of them while the next driver waited: 1.50 and 6.00."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    policy = f"/stations/{place.station_id}/policy"
    await owner.ask("PUT", policy, STATED, expect=200)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await book(hub, other, place, 2 * HOUR + HALF_HOUR, HOUR)
    dearer = {"overstay": {"per_minute": "0.90", "grace_minutes": 5, "night_ok": False}}
    await owner.ask("PUT", policy, dearer, expect=200)

    await stays(hub, place, driver, booking)
    told = (await mails_to(hub, driver))[-1]
    await hub.advance(minutes=60)
    await leave(hub, place)

    assert booking["overstay"] == {"per_minute": "0.1", "grace_minutes": 15, "night_ok": True}
    assert "0.10 EUR" in told
    assert "twice" in told
    assert await bills(owner) == [
        Bill(
            minutes=120,
            energy_wh=10_000,
            billed_wh=10_000,
            cost_minor=1200,
            vat_minor=192,
            lines=(
                "energy 10 kWh 0.45 450",
                "overstay 15 min 0.1 150",
                "overstay_waited_for 30 min 0.2 600",
            ),
        )
    ]
    await audited(hub)


async def test_who_stated_nothing_asks_nothing_for_staying(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)

    await stays(hub, place, driver, booking)
    before = await mails_to(hub, driver)
    await hub.advance(minutes=60)
    await leave(hub, place)

    assert booking["overstay"] is None
    assert not any("ended at" in text for text in before)
    assert [bill.cost_minor for bill in await bills(owner)] == [450]


async def test_a_minute_too_long_has_a_bound(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    policy = f"/stations/{place.station_id}/policy"

    refused = await owner.ask("PUT", policy, {"overstay": {"per_minute": "1.01"}}, expect=422)
    free = await owner.ask("PUT", policy, {"overstay": {"per_minute": "0.00"}}, expect=422)

    assert "at most 1 EUR" in refused["detail"]
    assert "leave `overstay` out" in free["detail"]
