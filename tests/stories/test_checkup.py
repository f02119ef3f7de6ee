"""An owner has a new station checked: the hub asks, the station answers, and there is a grade."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargers.vehicle import Vehicle
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import go_offline

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TEN = timedelta(seconds=10)
CAR = Vehicle(100_000, 10_000)


async def begun(owner: Person, place: Place, **wanted: Any) -> str:
    made = await owner.post(f"/stations/{place.station_id}/checkups", wanted)
    return str(made["id"])


async def steps(owner: Person, checkup_id: str) -> dict[str, str]:
    found = await owner.get(f"/checkups/{checkup_id}")
    return {step["name"]: step["state"] for step in found["steps"]}


async def at_step(hub: RunningHub, owner: Person, checkup_id: str, name: str) -> None:
    """Until this step is under way, and what it asks is answered."""

    async def is_there() -> bool:
        return (await steps(owner, checkup_id))[name] == "running"

    await hub.until(is_there)
    await hub.settle()


async def beat(hub: RunningHub, place: Place) -> None:
    """The station beats by itself, as it was told."""
    for _ in range(3):
        hub.clock.advance(TEN)
        await place.sim.heartbeat()


async def ended(hub: RunningHub, owner: Person, checkup_id: str) -> dict[str, Any]:
    async def found() -> Any:
        await hub.settle()
        shown = await owner.get(f"/checkups/{checkup_id}")
        return shown if shown["ended_at"] else None

    shown: dict[str, Any] = await hub.until(found)
    return shown


async def test_a_good_station_passes(hub: RunningHub, version: str) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version, evses=2)

    checkup_id = await begun(owner, place)
    await at_step(hub, owner, checkup_id, "heartbeat")
    await beat(hub, place)
    found = await ended(hub, owner, checkup_id)

    states = {step["name"]: step["state"] for step in found["steps"]}
    assert states == {
        "connection": "passed",
        "boot": "passed",
        "settings": "passed",
        "quirks": "passed",
        "heartbeat": "passed",
        "status": "passed",
        "meter_values": "passed",
        "clock": "passed",
        "reservation": "passed",
        "local_list": "passed",
        "security": "weak",
        "signed_readings": "failed",
        "test_charge": "skipped",
        "intervals": "passed",
    }, found
    assert (found["grade"], found["score"]) == ("A", 91)
    assert [reason["step"] for reason in found["reasons"]] == ["security", "signed_readings"]


async def test_several_are_checked_at_once(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    places = [await hub.station(owner, "2.0.1") for _ in range(6)]

    checkups = await asyncio.gather(*(begun(owner, place) for place in places))

    for checkup_id in checkups:  # what they report at the same moment is heard of all
        await at_step(hub, owner, checkup_id, "heartbeat")


async def test_a_test_charge_is_the_owners_own_and_ends_by_itself(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, vehicle=CAR)

    checkup_id = await begun(owner, place, test_charge_evse=1)
    await at_step(hub, owner, checkup_id, "heartbeat")
    await beat(hub, place)
    await at_step(hub, owner, checkup_id, "test_charge")
    await hub.until(lambda: place.sim.evses[1].session is not None)
    await hub.settle()
    hub.clock.advance(TEN * 6)
    await place.sim.tick(1, TEN * 6)
    found = await ended(hub, owner, checkup_id)

    charged = next(step for step in found["steps"] if step["name"] == "test_charge")
    session = await owner.get(f"/sessions/{found['session_id']}")
    assert charged["state"] == "passed", charged
    assert "stopped from afar" in charged["detail"]
    assert (session["status"], session["is_free"]) == ("closed", True)
    assert session["energy_wh"] > 0


async def test_it_survives_restarts_of_the_hub_and_of_the_station(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version)

    checkup_id = await begun(owner, place)
    await at_step(hub, owner, checkup_id, "heartbeat")
    await hub.restart()
    hub.clock.advance(timedelta(minutes=20))
    await hub.settle()
    waiting = await owner.get(f"/checkups/{checkup_id}")
    await place.sim.reconnect(boot=True)
    await hub.settle()
    await beat(hub, place)
    found = await ended(hub, owner, checkup_id)

    assert waiting["ended_at"] is None
    assert found["grade"] == "A"


async def test_a_station_is_checked_once_at_a_time(hub: RunningHub) -> None:
    owner, other = await hub.person("owner"), await hub.person("other")
    place = await hub.station(owner, "1.6")
    path = f"/stations/{place.station_id}/checkups"

    first = await begun(owner, place)
    refused = await owner.post(path, {}, 409)
    unknown = await owner.post(path, {"test_charge_evse": 9}, 409)
    await other.post(path, {}, 404)
    await other.get(path, 404)
    await other.get(f"/checkups/{first}", 404)

    assert (refused["code"], unknown["code"]) == ("checkup_running", "checkup_running")
    assert [one["id"] for one in (await owner.get(path))["items"]] == [first]


async def test_a_station_that_never_comes_is_graded_f_after_an_hour(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "2.0.1")
    await go_offline(hub, place)

    checkup_id = await begun(owner, place)
    await hub.advance(minutes=59)
    running = await owner.get(f"/checkups/{checkup_id}")
    await hub.advance(minutes=1)
    found = await owner.get(f"/checkups/{checkup_id}")

    assert running["ended_at"] is None
    assert (found["grade"], found["reasons"][0]["step"]) == ("F", "connection")
    assert "identity and the password" in found["reasons"][0]["advice"]
    assert {step["state"] for step in found["steps"][1:]} == {"skipped"}


async def test_a_station_that_never_beats_is_graded_for_it(hub: RunningHub) -> None:
    """Its real interval is written again, whatever came of the probe's."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")

    checkup_id = await begun(owner, place)
    await at_step(hub, owner, checkup_id, "heartbeat")
    await hub.advance(seconds=46)
    found = await ended(hub, owner, checkup_id)

    states = {step["name"]: step["state"] for step in found["steps"]}
    assert (states["heartbeat"], states["intervals"]) == ("weak", "passed")
    assert place.sim.settings["HeartbeatInterval"] == "300"


async def test_only_what_passed_is_listed_for_everybody(database: str, clock: HandClock) -> None:
    """With the duty on, as every hub has it unless its operator says otherwise."""
    hub = RunningHub(database, clock, listing_grade="C")
    await hub.start()
    owner, operator = await hub.person("owner"), await hub.operator()
    place = await hub.station(owner, "2.0.1", publish=False)
    path = f"/stations/{place.station_id}"
    listing = {"tariff_id": place.tariff_id, "opening_hours": "24/7"}

    refused = await owner.ask("PUT", f"{path}/listing", listing, 409)
    await owner.ask("PUT", f"{path}/listing", {**listing, "access": "members"}, 200)
    because = {"because": "Seen on site, its firmware comes."}
    waived = await operator.ask("PUT", f"{path}/checkup-waiver", because, 200)
    await owner.ask("PUT", f"{path}/listing", listing, 200)
    await operator.ask("DELETE", f"{path}/checkup-waiver", expect=204)
    await owner.ask("PUT", f"{path}/listing", listing, 409)
    checkup_id = await begun(owner, place)
    await at_step(hub, owner, checkup_id, "heartbeat")
    await beat(hub, place)
    await ended(hub, owner, checkup_id)
    fit = await owner.get(f"{path}/fitness")
    await owner.ask("PUT", f"{path}/listing", listing, 200)
    await hub.close()

    assert refused["code"] == "checkup_needed"
    assert "was not checked yet" in refused["detail"]
    assert waived["is_fit"]
    assert (fit["grade"], fit["least_grade"], fit["is_fit"]) == ("A", "C", True)
