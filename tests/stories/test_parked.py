"""A car that stays when its session is over: it pays what staying costs, as if it went on charging.

What the station does not tell of is never billed, and the driver gets one bill.
"""

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, audited, bills, book, go_offline, only, passing
from tests.stories.test_failed import come
from tests.stories.test_overstay import HOUR, STATED

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["1.6", "2.0.1"]),
]


async def parked(hub: RunningHub, version: str) -> tuple[Person, Person, Place]:
    """A booked hour from 09:00 to 10:00, and a session that ends with it; the car stays."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", STATED, expect=200)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, HALF_HOUR))
    await place.sim.stop(1)
    await hub.settle()
    return owner, driver, place


async def test_who_stays_when_the_session_is_over_pays_for_staying(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await parked(hub, version)

    waiting = await only(driver, "/sessions")
    await hub.advance(minutes=60)
    before = await bills(owner)
    await place.sim.unplug(1)
    await hub.advance(minutes=1)

    assert (waiting["status"], before) == ("ended", [])
    (bill,) = await bills(owner)
    assert bill.minutes == 120
    assert bill.lines == ("energy 10 kWh 0.45 450", "overstay 45 min 0.1 450")
    payment = await only(driver, "/payments")
    assert (payment["state"], payment["captured"]["amount_minor"]) == ("captured", 900)
    assert (await only(driver, "/bookings"))["status"] == "completed"
    await audited(hub)


async def test_who_leaves_in_time_pays_for_the_energy_alone(hub: RunningHub, version: str) -> None:
    owner, driver, place = await parked(hub, version)

    await hub.advance(minutes=14)
    await place.sim.unplug(1)
    await hub.advance(minutes=1)

    (bill,) = await bills(owner)
    assert bill.lines == ("energy 10 kWh 0.45 450",)
    assert (await only(driver, "/sessions"))["status"] == "closed"


@pytest.mark.parametrize(("is_gone", "minutes"), [(False, 25), (True, 15)])
async def test_time_without_a_line_is_not_billed(
    hub: RunningHub, version: str, is_gone: bool, minutes: int
) -> None:
    """Without a line from 10:30 to 10:50. Who is gone by then may have left at 10:30."""
    owner, _, place = await parked(hub, version)

    await hub.advance(minutes=30)
    await go_offline(hub, place)
    await hub.advance(minutes=20)
    if is_gone:
        await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.advance(minutes=10)
    if not is_gone:
        await place.sim.unplug(1)
    await hub.advance(minutes=1)

    (bill,) = await bills(owner)
    assert bill.lines[1:] == (f"overstay {minutes} min 0.1 {minutes * 10}",)
    await audited(hub)


async def test_a_station_that_is_gone_for_good_holds_back_no_bill(
    hub: RunningHub, version: str
) -> None:
    owner, _, place = await parked(hub, version)

    await go_offline(hub, place)
    await hub.advance(minutes=61)

    (bill,) = await bills(owner)
    assert bill.lines == ("energy 10 kWh 0.45 450",)
