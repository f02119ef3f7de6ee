"""Who takes a station away from a booked driver pays as who cancels; a fault costs nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargehub.listings.suspending import suspend
from chargehub.listings.suspensions import UNTIL_CHECKED
from chargehub.sessions import stopping, tables
from chargehub.sessions.rules import STOPPED_BY_OWNER
from chargehub.sessions.stopping import REFUSED
from chargehub.stations.commanding import command
from chargehub.stations.commands import Reset
from chargehub.store.work import Work
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, audited, go_offline, only, passing, transfers
from tests.stories.test_booked import status
from tests.stories.test_credits import amounts
from tests.stories.test_failed import booked, come, failures

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]
HALF = 495  # of 2 hours at 11 kW and 0.45 a kWh


async def owner_of(hub: RunningHub) -> Person:
    """The owner, logged in once more."""
    login = {"email": "owner@example.org", "password": "correct horse"}
    made = await hub.ask("POST", "/logins", login, 201)
    return Person(hub, "", login["email"], made["token"])


async def penalty(hub: RunningHub) -> int:
    """What the owner came to owe."""
    return (await transfers(hub)).get("penalty", {}).get("owner:receivable EUR", 0)


async def taken(hub: RunningHub, place: Place, is_operative: bool) -> None:
    """The owner has the EVSE taken out of service, or into it."""
    wanted = {"kind": "change_availability", "evse": 1, "operative": is_operative}
    owner = await owner_of(hub)
    await owner.post(f"/stations/{place.station_id}/commands", wanted, expect=202)
    expected = "available" if is_operative else "unavailable"
    await place.sim.until(lambda: place.sim.evses[1].status == expected)
    await hub.advance(minutes=1)


async def test_who_takes_the_evse_out_of_service_pays_as_who_cancels(
    hub: RunningHub, version: str
) -> None:
    driver, place, booking = await booked(hub, version)

    await taken(hub, place, is_operative=False)
    await hub.advance(minutes=63)

    found = await driver.get(f"/bookings/{booking['id']}")
    assert (found["status"], found["cancelled_by"]) == ("failed", "owner")
    assert await failures(hub, place) == ["taken_away"]
    assert await penalty(hub) == HALF
    assert await amounts(driver) == [500, 500]
    await audited(hub)


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_fault_costs_its_owner_nothing(
    hub: RunningHub, version: str, is_back: bool
) -> None:
    """Nor does an EVSE that was out of service, and came back before it broke."""
    driver, place, booking = await booked(hub, version)

    if is_back:
        await taken(hub, place, is_operative=False)
        await taken(hub, place, is_operative=True)
    await come(hub, place, driver, booking)
    await place.sim.status(1, "unavailable" if is_back else "faulted")
    await hub.advance(minutes=3)

    assert await status(driver, booking) == "failed"
    assert await failures(hub, place) == ["out_of_order"]
    assert await penalty(hub) == 0


@pytest.mark.parametrize(("is_withdrawn", "cost"), [(True, HALF), (False, 0)])
async def test_who_withdraws_a_station_and_unplugs_it_pays(
    hub: RunningHub, version: str, is_withdrawn: bool, cost: int
) -> None:
    driver, place, booking = await booked(hub, version)
    owner = await owner_of(hub)

    if is_withdrawn:
        await owner.ask("DELETE", f"/stations/{place.station_id}/listing", expect=204)
    await go_offline(hub, place)
    await hub.advance(minutes=76)

    assert await status(driver, booking) == "failed"
    assert await penalty(hub) == cost


async def stopped(hub: RunningHub, version: str, half_hours: int) -> tuple[Person, Place, Any]:
    """A session that its owner has stopped from afar, so many half hours after it began."""
    driver, place, booking = await booked(hub, version)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=half_hours, before_each=passing(hub, HALF_HOUR))
    owner = await owner_of(hub)
    session = await only(driver, "/sessions")
    await owner.post(f"/sessions/{session['id']}/stop", expect=202)
    await place.sim.receive("stop_session")
    await place.sim.until(lambda: place.sim.evses[1].session is None)
    await place.sim.unplug(1)
    await hub.settle()
    return driver, place, booking


async def test_who_stops_a_driver_within_the_slot_pays(hub: RunningHub, version: str) -> None:
    """The driver pays what was charged, 4.50, and has a credit."""
    driver, place, booking = await stopped(hub, version, half_hours=2)

    assert await status(driver, booking) == "failed"
    assert await failures(hub, place) == ["stopped"]
    assert await penalty(hub) == HALF
    assert await amounts(driver) == [500, 500]
    payment = await only(driver, "/payments")
    assert (payment["state"], payment["captured"]["amount_minor"]) == ("captured", 450)
    await audited(hub)


@pytest.mark.parametrize(("who", "cost"), [("owner", HALF), ("hub", 0)])
async def test_who_resets_a_station_within_a_drivers_slot_pays(
    hub: RunningHub, version: str, who: str, cost: int
) -> None:
    """Also without a word of stopping anybody; not for what the hub itself had to restart."""
    driver, place, booking = await booked(hub, version)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HALF_HOUR))

    if who == "owner":
        wanted = {"kind": "reset", "when": "immediate"}
        await (await owner_of(hub)).post(f"/stations/{place.station_id}/commands", wanted, 202)
    else:
        now, soon = hub.clock.now(), timedelta(minutes=5)
        await hub.hub.store.do(command, place.station_id, Reset("immediate"), now, soon)
    await place.sim.until(lambda: place.sim.evses[1].session is None)
    await hub.settle()
    await hub.advance(minutes=10)

    assert await status(driver, booking) == ("failed" if cost else "completed")
    assert await penalty(hub) == cost


async def test_who_stops_a_driver_after_the_slot_does_not(hub: RunningHub, version: str) -> None:
    driver, _, booking = await stopped(hub, version, half_hours=5)

    assert await status(driver, booking) == "completed"
    assert await penalty(hub) == 0


async def test_who_calls_the_drivers_start_off_pays(hub: RunningHub, version: str) -> None:
    """And the driver, who came, pays no fee for not coming."""
    driver, place, booking = await booked(hub, version)
    await come(hub, place, driver, booking)
    started = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, 201)
    await place.sim.receive("start_session")

    owner = await owner_of(hub)
    await owner.post(f"/sessions/{started['id']}/stop", expect=202)
    await hub.settle()
    await hub.advance(hours=3)

    assert await status(driver, booking) == "failed"
    assert await failures(hub, place) == ["stopped"]
    assert await penalty(hub) == HALF
    assert "no_show" not in await transfers(hub)


async def test_a_stop_that_the_station_refused_is_nobodys_any_more(
    hub: RunningHub, version: str
) -> None:
    """The driver ends the session later, and that is no doing of the owner's."""
    driver, place, booking = await booked(hub, version)
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    session = await only(driver, "/sessions")
    owner = await owner_of(hub)
    await owner.post(f"/sessions/{session['id']}/stop", expect=202)
    session_id = session["id"]
    await hub.hub.store.do(refuse_stop, session_id, hub.clock.now())

    await driver.post(f"/sessions/{session_id}/stop", expect=202)
    await place.sim.until(lambda: place.sim.evses[1].session is None)
    await place.sim.unplug(1)
    await hub.settle()

    assert await penalty(hub) == 0


def refuse_stop(work: Work, session_id: str, now: datetime) -> None:
    """As if the station had said no to what its owner asked."""
    session = tables.session(work, session_id)
    assert session is not None and STOPPED_BY_OWNER in session.flags
    stopping._give_up(work, session, REFUSED)


async def test_a_station_that_the_hub_took_off_the_market_is_not_its_owners_doing(
    hub: RunningHub, version: str
) -> None:
    driver, place, booking = await booked(hub, version)

    await hub.hub.store.do(suspend, place.station_id, UNTIL_CHECKED, hub.clock.now())
    await go_offline(hub, place)
    await hub.advance(minutes=76)

    assert await status(driver, booking) == "failed"
    assert await penalty(hub) == 0


async def test_who_withdrew_is_kept_off_the_market_all_the_same(
    hub: RunningHub, version: str
) -> None:
    """Withdrawing first is no way around the week."""
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    path, until = f"/stations/{place.station_id}/listing", hub.clock.now() + timedelta(days=7)
    listed = await owner.get(path)
    wanted = {"tariff_id": listed["tariff_id"], "opening_hours": "24/7"}

    await owner.ask("DELETE", path, expect=204)
    await hub.hub.store.do(suspend, place.station_id, until, hub.clock.now())
    refused = await owner.ask("PUT", path, wanted, 409)
    await hub.advance(days=8)

    assert refused["code"] == "station_suspended", refused
    await owner.ask("PUT", path, wanted, 200)
