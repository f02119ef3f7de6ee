"""A station is taken out of service: no booking of it is left, and it is let in no more."""

from datetime import timedelta

import pytest

from chargehub.search.offering import RETIRED_SUBJECT
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import audited, book, charge, held, leave, slot, transfers

HOUR = timedelta(hours=1)


async def scene(hub: RunningHub, version: str) -> tuple[Person, Person, Place]:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    return owner, driver, await hub.station(owner, version)


async def refused(person: Person, method: str, path: str, code: str) -> str:
    answer = await person.ask(method, path)
    assert answer["code"] == code, answer
    return str(answer["detail"])


async def test_its_bookings_end_as_the_owners_and_the_drivers_are_told(
    hub: RunningHub, version: str
) -> None:
    """The deposit goes back in full, the owner owes the penalty that was told beforehand."""
    owner, driver, place = await scene(hub, version)
    path = f"/stations/{place.station_id}/retirement"
    near = await book(hub, driver, place, 2 * HOUR, HOUR)
    far = await book(hub, driver, place, 48 * HOUR, 4 * HOUR)

    plan = await owner.get(path)
    done = await owner.post(path, expect=200)
    await hub.settle()
    noted = await owner.get(path)

    assert (plan["retired_at"], plan["cancelled_bookings"]) == (None, 2)
    assert plan["penalties"] == [{"amount_minor": 247 + 200, "currency": "EUR"}]
    assert done["retired_at"] is not None
    assert (noted["is_done"], noted["cancelled_bookings"]) == (True, 2)
    assert noted["penalties"] == plan["penalties"]
    for booking in (near, far):
        found = await driver.get(f"/bookings/{booking['id']}")
        assert (found["status"], found["cancelled_by"], found["fee"]) == (
            "cancelled",
            "owner",
            None,
        )
    moved = await transfers(hub)
    placed = held(near["deposit"]["amount_minor"])  # the far one's would be held a day before
    assert {kind: moved[kind] for kind in placed} == placed
    assert moved["penalty"]["owner:receivable EUR"] == 447
    assert (await driver.get("/credits"))["balances"] == [{"amount_minor": 500, "currency": "EUR"}]
    assert moved["credit"] == {"expense:goodwill EUR": 500, "driver:credit EUR": -500}
    sent = await hub.hub.store.read(mails)
    told = [text for to, subject, text in sent if (to, subject) == (driver.email, RETIRED_SUBJECT)]
    assert ["a credit of 5.00 EUR" in text for text in told] == [True, False]  # one a station
    assert all("We know of no free charger" in text for text in told)
    await audited(hub)


async def test_who_had_nothing_held_gets_no_credit(hub: RunningHub, version: str) -> None:
    """A request that the owner never answered costs nobody anything."""
    owner, driver, place = await scene(hub, version)
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", {"mode": "request"}, 200)
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, 24 * HOUR, HOUR)}
    booking = await driver.post("/bookings", wanted)

    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    await hub.settle()

    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "declined"
    assert (await driver.get("/credits"))["items"] == []


async def test_it_is_let_in_no_more_and_its_history_stays(hub: RunningHub, version: str) -> None:
    owner, driver, place = await scene(hub, version)
    await charge(hub, place, driver.id_token)
    path = f"/stations/{place.station_id}"

    await owner.post(f"{path}/retirement", expect=200)
    await owner.post(f"{path}/retirement", expect=200)
    await hub.until(lambda: not hub.hub.switchboard.is_connected(place.station_id))
    with pytest.raises(Exception, match=r"401|404|HTTP"):
        await place.sim.connect()

    assert (await owner.get(path))["retired_at"] is not None
    assert (await owner.get("/stations"))["items"] == []
    assert len((await driver.get("/cdrs"))["items"]) == 1
    wish = {"kind": "reset", "when": "idle"}
    await owner.ask("POST", f"{path}/commands", wish, 404)
    listing = {"tariff_id": place.tariff_id, "opening_hours": "24/7"}
    await owner.ask("PUT", f"{path}/listing", listing, 404)
    slot = {"starts_at": "2026-03-03T10:00:00Z", "ends_at": "2026-03-03T11:00:00Z"}
    await driver.ask("POST", "/bookings", {"evse_id": place.evse_ids[0], **slot}, 404)


async def test_a_car_that_charges_is_not_cut_off(hub: RunningHub, version: str) -> None:
    owner, driver, place = await scene(hub, version)
    path = f"/stations/{place.station_id}/retirement"
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 5_000, before_each=lambda: hub.clock.advance(HOUR))
    await hub.settle()

    running = (await owner.get(path))["open_sessions"]
    detail = await refused(owner, "POST", path, "station_in_use")
    assert running[0] in detail
    await leave(hub, place)
    await owner.post(path, expect=200)

    assert await refused(driver, "POST", path, "not_found")


async def test_a_place_without_stations_is_removed(hub: RunningHub, version: str) -> None:
    owner, _, place = await scene(hub, version)
    location = (await owner.get("/locations"))["items"][0]
    path = f"/locations/{location['id']}"

    assert "retirement" in await refused(owner, "DELETE", path, "location_in_use")
    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    await owner.ask("DELETE", path, expect=204)

    assert (await owner.get("/locations"))["items"] == []
    assert await refused(owner, "GET", path, "not_found")
    assert await refused(owner, "DELETE", path, "not_found")
