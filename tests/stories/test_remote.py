"""Started and stopped by app: one session from the wish to the bill, whatever the station does."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    Bill,
    audited,
    bills,
    energy,
    held,
    leave,
    only,
    passing,
    settled,
    transfers,
)

TEN_KWH = Bill(
    minutes=60,
    energy_wh=10_000,
    billed_wh=10_000,
    cost_minor=450,
    vat_minor=72,
    lines=("energy 10 kWh 0.45 450",),
)


async def people(hub: RunningHub, version: str) -> tuple[Person, Person, Place]:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    return owner, driver, await hub.station(owner, version)


async def start(driver: Person, place: Place, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = await driver.post(
        "/sessions", {"evse_id": place.evse_ids[0]}, **headers
    )
    return found


async def status(driver: Person) -> str:
    found: str = (await only(driver, "/sessions"))["status"]
    return found


async def streamed(driver: Person, session_id: str) -> list[dict[str, Any]]:
    """All events of a session's stream, which ends when the session is over."""
    answer = await driver.hub.api.get(
        f"/api/v1/sessions/{session_id}/stream",
        headers={"Authorization": f"Bearer {driver.token}"},
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.text.splitlines() if line.startswith("data:")]
    return [json.loads(line.removeprefix("data:")) for line in lines]


async def test_a_session_started_by_app_is_one_resource_to_the_bill(
    hub: RunningHub, version: str
) -> None:
    """Its stream shows every state: waiting for the car, charging, energy and cost, closed."""
    owner, driver, place = await people(hub, version)

    asked = await start(driver, place)
    stream = asyncio.create_task(streamed(driver, asked["id"]))
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    for _ in range(2):
        await place.sim.charge(1, 5_000, before_each=passing(hub))
        await hub.until(lambda: not hub.hub.store.waiting)
    await driver.post(f"/sessions/{asked['id']}/stop", expect=202)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()
    shown = await stream

    assert asked["status"] == "starting"
    assert {one["id"] for one in shown} == {asked["id"]}
    life = ["starting", "active", "ended", "closed"]  # two changes at once may be one event
    assert [one["status"] for one in shown] == sorted(
        (one["status"] for one in shown), key=life.index
    )
    assert {one["energy_wh"] for one in shown} <= {0, 5_000, 10_000}
    assert [one["energy_wh"] for one in shown] == sorted(one["energy_wh"] for one in shown)
    last = shown[-1]
    assert (last["status"], last["stop_reason"], last["cost"]["amount_minor"]) == (
        "closed",
        "remote",
        450,
    )
    assert await bills(owner) == [TEN_KWH]
    assert await transfers(hub) == held(2200) | settled(450, 405, 7) | energy(10_000, "billed")


async def test_a_session_is_nobody_elses_business(hub: RunningHub, version: str) -> None:
    """For others it does not exist: not to read, to watch, to stop, nor as a CDR."""
    owner, driver, place = await people(hub, version)
    other = await hub.person("other")

    await place.sim.plug_in(1, driver.id_token)
    session = (await only(driver, "/sessions"))["id"]
    tries = [
        await other.get(f"/sessions/{session}", 404),
        await other.get(f"/sessions/{session}/stream", 404),
        await other.get(f"/sessions/{session}/cdrs", 404),
        await other.post(f"/sessions/{session}/stop", expect=404),
    ]
    await leave(hub, place)
    cdr = (await only(owner, "/cdrs?role=owner"))["id"]
    tries.append(await other.get(f"/cdrs/{cdr}", 404))

    assert {one["code"] for one in tries} == {"not_found"}
    for role in ("driver", "owner"):
        assert (await other.get(f"/sessions?role={role}"))["items"] == []
        assert (await other.get(f"/cdrs?role={role}"))["items"] == []
    assert (await owner.get(f"/cdrs/{cdr}"))["id"] == cdr


async def test_a_start_that_leads_nowhere_costs_nothing(hub: RunningHub, version: str) -> None:
    """Refused by the station, given up by the driver's absence, or asked for twice."""
    owner, driver, place = await people(hub, version)

    place.sim.evses[1].is_operative = False
    refused = await start(driver, place)
    await hub.settle()
    after_refusal = await status(driver)
    place.sim.evses[1].is_operative = True
    headers = {"Idempotency-Key": "tap-1"}
    waited = await start(driver, place, **headers)
    again = await start(driver, place, **headers)
    twice = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    await hub.advance(minutes=5)

    assert after_refusal == "failed"
    assert again == waited != refused
    assert twice["code"] == "may_not_start"
    assert [one["status"] for one in (await driver.get("/sessions"))["items"]] == ["failed"] * 2
    assert await bills(owner) == []
    assert (await driver.get("/payments"))["items"] == []
    assert await transfers(hub) == {}


async def test_a_car_that_comes_after_the_driver_gave_up_is_a_session_of_its_own(
    hub: RunningHub, version: str
) -> None:
    """The station still waits for the car: what it then charges is judged, held and billed."""
    owner, driver, place = await people(hub, version)

    given_up = await start(driver, place)
    await place.sim.receive("start_session")
    await driver.post(f"/sessions/{given_up['id']}/stop", expect=202)
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub))
    await leave(hub, place)

    sessions = (await driver.get("/sessions"))["items"]
    assert [one["status"] for one in sessions] == ["closed", "failed"]
    assert await bills(owner) == [TEN_KWH]
    assert await transfers(hub) == held(2200) | settled(450, 405, 7) | energy(10_000, "billed")


async def test_a_station_without_a_line_is_not_started_by_app(
    hub: RunningHub, version: str
) -> None:
    _, driver, place = await people(hub, version)

    await gone(hub, place)
    refused = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)

    assert refused["code"] == "station_offline"
    assert (await driver.get("/sessions"))["items"] == []


async def gone(hub: RunningHub, place: Place) -> None:
    """The station loses its line, and the hub has noticed."""
    await place.sim.go_offline()
    await hub.until(lambda: not hub.hub.switchboard.is_connected(place.station_id))
    await hub.settle()


async def test_a_stop_waits_for_a_station_without_a_line_and_the_bill_follows_the_meter(
    hub: RunningHub, version: str
) -> None:
    """The driver is told that the station has not heard of it; the car went on charging."""
    owner, driver, place = await people(hub, version)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 4_000, before_each=passing(hub))
    await gone(hub, place)
    session = await only(driver, "/sessions")
    asked = await driver.post(f"/sessions/{session['id']}/stop", expect=202)
    again = await driver.post(f"/sessions/{session['id']}/stop", expect=202)
    await place.sim.charge(1, 6_000, before_each=passing(hub, timedelta(minutes=30)))
    await place.sim.reconnect()
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert (asked["status"], asked["is_station_online"]) == ("active", False)
    assert asked["stop_requested_at"] == again["stop_requested_at"] == "2026-03-02T08:30:00Z"
    assert [one.kind for one in place.sim.commands] == ["stop_session"]
    assert await bills(owner) == [TEN_KWH]
    over = await driver.post(f"/sessions/{session['id']}/stop", expect=409)
    assert over["code"] == "session_not_running"
    assert (await audited(hub))["billed_wh"] == 10_000
