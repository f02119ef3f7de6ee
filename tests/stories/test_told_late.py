"""A stolen card charges where there is no line: whoever it belongs to hears of it at once."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from chargehub.people.tables import Mail
from chargehub.sessions.alerting import SUBJECT
from chargehub.store.work import Reads
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import bills, charge, passing, slot


def alerts(reads: Reads) -> list[tuple[str, str]]:
    statement = select(col(Mail.recipient), col(Mail.text)).where(col(Mail.subject) == SUBJECT)
    return [(row.recipient, row.text) for row in reads.all(statement.order_by(col(Mail.id)))]


async def offline(hub: RunningHub, place: Place, *drivers: Person) -> None:
    """Each charges after the other while the line is down."""
    await place.sim.go_offline()
    for driver in drivers:
        await charge(hub, place, driver.id_token)
        hub.clock.advance(timedelta(minutes=10))
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()


async def test_a_driver_is_written_to_of_what_the_card_charged_offline(
    hub: RunningHub, version: str
) -> None:
    """Once for what one queue brings, and again for what another does."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await charge(hub, place, driver.id_token)
    live = await hub.hub.store.read(alerts)
    hub.clock.advance(timedelta(minutes=10))
    await offline(hub, place, driver, driver)
    first = await hub.hub.store.read(alerts)
    await hub.advance(hours=3)
    await offline(hub, place, driver)
    second = await hub.hub.store.read(alerts)

    assert (live, [recipient for recipient, _ in first]) == ([], [driver.email])
    assert [recipient for recipient, _ in second] == [driver.email] * 2
    text = first[0][1]
    assert f"ends in {driver.id_token[-4:]} " in text and "Garage" in text
    assert "2026-03-02 11:10 CET" in text and driver.id_token not in text
    assert [bill.billed_wh for bill in await bills(owner)] == [20_000] * 4


async def test_nobody_is_written_to_of_the_own_use_or_the_own_booking(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token}
    times = slot(hub, timedelta(), timedelta(hours=3))
    await driver.post("/bookings", {**wanted, **times})
    await hub.settle()

    await place.sim.go_offline()
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 1_000, before_each=passing(hub, timedelta(minutes=8)))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.advance(hours=4)
    await offline(hub, place, owner)

    assert len(await bills(owner)) == 2
    assert await hub.hub.store.read(alerts) == []
