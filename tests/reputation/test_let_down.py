"""A booking that its station failed is a failed start, once, and nobody else's fault."""

from chargers.habits import Habits
from tests.hub import Person, Place, RunningHub
from tests.reputation.test_facts import facts
from tests.stories.steps import go_offline, passing
from tests.stories.test_booked import status
from tests.stories.test_failed import booked, come

NONE = {"count": 0, "of": 0, "ppm": None}


async def judged(hub: RunningHub, driver: Person, place: Place) -> tuple[int, int]:
    """Starts that worked, and all of them; neither side has cancelled or not come."""
    found = await facts(hub, place)
    mine = await driver.get("/drivers/me/facts")
    assert (found["cancelled_by_owner"], mine["no_shows"]) == (NONE, NONE)
    return found["starts"]["count"], found["starts"]["of"]


async def test_a_station_without_a_line_in_the_slot_has_a_failed_start(hub: RunningHub) -> None:
    driver, place, booking = await booked(hub, "2.0.1")

    await go_offline(hub, place)
    await hub.advance(minutes=80)

    assert await status(driver, booking) == "failed"
    assert await judged(hub, driver, place) == (0, 1)


async def test_a_start_that_was_broken_off_counts_once(hub: RunningHub) -> None:
    driver, place, booking = await booked(hub, "2.0.1")
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await hub.advance(minutes=1)
    await place.sim.stop(1, "power_loss")
    await hub.settle()

    assert await status(driver, booking) == "failed"
    assert await judged(hub, driver, place) == (0, 1)


async def test_a_refused_wish_counts_once(hub: RunningHub) -> None:
    driver, place, booking = await booked(hub, "2.0.1")
    await come(hub, place, driver, booking)
    place.sim.habits = Habits(takes_remote_starts=False)
    await place.sim.plug_in(1)
    await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await place.sim.receive("start_session")
    await hub.settle()

    assert await status(driver, booking) == "failed"
    assert await judged(hub, driver, place) == (0, 1)


async def test_who_charged_while_the_line_was_gone_has_started(hub: RunningHub) -> None:
    driver, place, booking = await booked(hub, "2.0.1")
    await go_offline(hub, place)
    await hub.advance(minutes=65)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub))
    await hub.settle()
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    found = await facts(hub, place)
    assert await status(driver, booking) == "completed"
    assert found["starts"] == {"count": 1, "of": 1, "ppm": 1_000_000}
