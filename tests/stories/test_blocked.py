"""A car that is still there when the next booking opens: who booked is told, and may go."""

from datetime import timedelta

import pytest

from tests.hub import RunningHub
from tests.stories.steps import HALF_HOUR, audited, bills, book, leave, passing
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
    """The session becomes that of the booking, whose deposit goes back: the session has its own."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    before = await mails_to(hub, driver)
    await hub.advance(minutes=55)

    assert await mails_to(hub, driver) == before
    assert await status(driver, booking) == "active"
    payments = (await driver.get("/payments"))["items"]
    assert [each["state"] for each in payments] == ["authorised", "released"]
    await place.sim.charge(1, 10_000)
    await hub.advance(minutes=30)
    await leave(hub, place)
    assert await status(driver, booking) == "completed"
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    await audited(hub)


@pytest.mark.parametrize("is_ended", [True, False])
async def test_a_walk_up_is_told_of_the_booking_and_stopped_where_the_owner_says_so(
    hub: RunningHub, version: str, is_ended: bool
) -> None:
    """A quarter of an hour before the EVSE is kept; what was charged is billed as ever."""
    owner, walker = await hub.person("owner"), await hub.person("walker")
    other, place = await hub.person("other"), await hub.station(owner, version)
    policy = {"ends_walk_ups": is_ended}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, expect=200)
    await book(hub, other, place, HOUR, HOUR)

    await place.sim.plug_in(1, walker.id_token)
    await hub.advance(minutes=34)
    early = await mails_to(hub, walker)
    await hub.advance(minutes=2)
    told = await mails_to(hub, walker)
    await place.sim.charge(1, 10_000)
    await hub.advance(minutes=15)
    if is_ended:
        await place.sim.receive("stop_session")
        await place.sim.until(lambda: place.sim.evses[1].session is None)
        await hub.settle()
    session = (await walker.get("/sessions"))["items"][0]

    assert not any("booked it" in text for text in early)
    assert ("is ended then" in told[-1]) == is_ended
    assert len(await mails_to(hub, walker)) == len(told)
    assert session["status"] == ("closed" if is_ended else "active")
    assert [bill.cost_minor for bill in await bills(owner)] == [450] * is_ended
