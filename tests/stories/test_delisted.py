"""Owners who cancel again and again: nobody finds their station for a while."""

from datetime import timedelta

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, book, only, slot
from tests.stories.test_alternatives import mails_to

HOUR = timedelta(hours=1)
AROUND = "/evses?latitude=59.9139&longitude=10.7522"


async def cancelled(hub: RunningHub, owner: Person, driver: Person, place: Place) -> None:
    """The owner cancels a booking; the slot stays blocked, so each begins later."""
    booking = await book(hub, driver, place, HOUR, HOUR)
    await owner.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.advance(hours=3)


@pytest.mark.parametrize("is_withdrawn", [False, True])
async def test_three_cancels_in_thirty_days_delist_a_station_for_seven(
    hub: RunningHub, is_withdrawn: bool
) -> None:
    """It comes back by itself, unless its owner took it off the market meanwhile."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    listing = f"/stations/{place.station_id}/listing"
    for _ in range(2):
        await cancelled(hub, owner, driver, place)
    found = await hub.ask("GET", AROUND, expect=200)
    await cancelled(hub, owner, driver, place)

    gone = await hub.ask("GET", AROUND, expect=200)
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, HOUR)}
    unbooked = await driver.post("/bookings", wanted, expect=404)
    again = {"tariff_id": place.tariff_id, "opening_hours": "24/7"}
    refused = await owner.ask("PUT", listing, again, expect=409)
    told = (await mails_to(hub, owner))[-1]
    if is_withdrawn:
        await owner.ask("DELETE", listing, expect=204)
    await hub.advance(days=6, hours=23)
    back = await hub.ask("GET", AROUND, expect=200)

    assert (len(found["items"]), gone["items"]) == (1, [])
    assert unbooked["code"] == "not_found"
    assert (refused["code"], "2026-03-09" in refused["detail"]) == ("station_suspended", True)
    assert "2026-03-09" in told
    assert len(back["items"]) == (0 if is_withdrawn else 1)
    await owner.ask("PUT", listing, again, expect=200)
    await audited(hub)


async def test_cancels_of_another_month_and_of_drivers_do_not_count(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    for _ in range(2):
        await cancelled(hub, owner, driver, place)
    await hub.advance(days=30)
    for person in (owner, driver):  # a login does not last so long
        known = {"email": person.email, "password": "correct horse"}
        person.token = (await hub.ask("POST", "/logins", known, 201))["token"]
    booking = await book(hub, driver, place, HOUR, HOUR)
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.advance(hours=3)

    await cancelled(hub, owner, driver, place)

    assert await only(owner, AROUND)
