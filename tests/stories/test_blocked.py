"""A car that is still there when the next booking opens: who booked is told, and may go."""

from datetime import timedelta

from tests.hub import RunningHub
from tests.stories.steps import HALF_HOUR, audited, book, passing
from tests.stories.test_alternatives import mails_to, offered
from tests.stories.test_booked import status
from tests.stories.test_credits import amounts

HOUR = timedelta(hours=1)


async def test_who_finds_anothers_car_is_told_cancels_for_nothing_and_has_a_credit(
    hub: RunningHub, version: str
) -> None:
    """The owner's policy keeps the whole deposit of who cancels so late; here it does not count."""
    owner, first = await hub.person("owner"), await hub.person("first")
    place, free = await hub.station(owner, version), await hub.station(owner, version)
    second = await hub.person("second")
    strict = {"cancellation": "strict"}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", strict, expect=200)
    booking = await book(hub, second, place, 2 * HOUR, HOUR)

    await place.sim.plug_in(1, first.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=3, before_each=passing(hub, HALF_HOUR))
    price = f"/bookings/{booking['id']}/cancellation"
    before = await second.get(price)
    await hub.advance(minutes=20)
    blocked = await second.get(price)
    told = await mails_to(hub, second)
    await hub.advance(minutes=1)
    again = await mails_to(hub, second)
    await second.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    assert (before["kept"]["amount_minor"], before["free_because"]) == (600, None)
    assert (blocked["kept"]["amount_minor"], blocked["free_because"]) == (0, "blocked")
    assert free.evse_ids[0] in told[-1]
    assert again == told
    assert await offered(second, booking) == free.evse_ids
    assert await amounts(second) == [500, 500]
    found = await second.get("/credits")
    assert found["items"][0]["reason"] == "blocked_by_another"
    assert (await second.get("/payments"))["items"][0]["state"] == "released"
    await audited(hub)


async def test_a_driver_who_has_come_early_blocks_nobody(hub: RunningHub, version: str) -> None:
    """The car that stands there is the booked driver's own, who charges as a walk-up till then."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    before = await mails_to(hub, driver)
    await hub.advance(minutes=55)

    assert await mails_to(hub, driver) == before
    assert await status(driver, booking) == "confirmed"
