"""Where else to charge, for who booked an EVSE that will not do."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from chargehub.people.tables import Mail
from chargehub.store.work import Reads, table_of
from tests.hub import Person, RunningHub
from tests.stories.steps import book, go_offline

HOUR = timedelta(hours=1)
MAIL = table_of(Mail)


async def mails_to(hub: RunningHub, person: Person) -> list[str]:
    """The texts of what a person was written, in order."""
    return await hub.hub.store.read(_texts, person.email)


def _texts(reads: Reads, recipient: str) -> list[str]:
    wanted = select(MAIL.c.text).where(MAIL.c.recipient == recipient).order_by(MAIL.c.id)
    return [row.text for row in reads.all(wanted)]


async def offered(driver: Person, booking: dict[str, Any]) -> list[str]:
    found = await driver.get(f"/bookings/{booking['id']}/alternatives")
    return [each["id"] for each in found["items"]]


async def test_what_is_free_nearby_is_offered_and_told_by_mail(
    hub: RunningHub, version: str
) -> None:
    """Neither the EVSE itself nor one that is booked or dead; and never an address."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version, evses=2)
    free, taken = await hub.station(owner, version), await hub.station(owner, version)
    dead = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await book(hub, other, taken, 2 * HOUR, HOUR)
    await go_offline(hub, dead)

    before = await offered(driver, booking)
    await go_offline(hub, place)
    await hub.advance(minutes=76)
    after = await offered(driver, booking)

    assert sorted(before) == sorted([place.evse_ids[1], free.evse_ids[0]])
    assert after == [free.evse_ids[0]]
    told = (await mails_to(hub, driver))[-1]
    assert free.evse_ids[0] in told
    assert "no connection" in told
    assert "credit of 5.00 EUR" in told
    assert "Storgata" not in told
    assert (await other.get(f"/bookings/{booking['id']}/alternatives", 404))["code"] == "not_found"
    again = {"evse_id": after[0], "starts_at": hub.clock.now().isoformat()}
    ends_at = (hub.clock.now() + HOUR).isoformat()
    assert (await driver.post("/bookings", {**again, "ends_at": ends_at}))["status"] == "held"


async def test_where_nothing_is_free_the_mail_says_so(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)

    await go_offline(hub, place)
    await hub.advance(minutes=76)

    assert await offered(driver, booking) == []
    assert "no free charger" in (await mails_to(hub, driver))[-1]
