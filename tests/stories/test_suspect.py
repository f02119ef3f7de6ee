"""Sessions of which nothing is heard: the station is asked, and evidence closes them."""

import asyncio
from typing import Any

import orjson
import pytest

from chargers.line import RawStation
from tests.conformance.bench import asked
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import bills, only, passing
from tests.stories.test_bad_frames import bare
from tests.stories.test_lost_stop import start

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def kinds(owner: Person, place: Place) -> list[str]:
    """What the station was asked, and what came of it."""
    asked = (await owner.get(f"/stations/{place.station_id}/commands"))["items"]
    return [f"{each['kind']} {each['state']}" for each in asked]


async def silent(hub: RunningHub) -> tuple[Person, Person, Place]:
    """A 1.6 session whose stop was lost; its station says that nobody charges."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    await place.sim.call("StartTransaction", start(hub, driver.id_token, 0))
    await hub.settle()
    return owner, driver, place


async def test_an_evse_that_says_it_is_free_closes_a_silent_session(hub: RunningHub) -> None:
    owner, driver, place = await silent(hub)

    await hub.advance(hours=25)
    suspect = await only(driver, "/sessions")
    asked = await kinds(owner, place)
    await place.sim.say_again(1)
    await hub.advance(minutes=15)

    assert (suspect["status"], suspect["flags"]) == ("active", ["suspect"])
    assert asked == ["trigger_report answered"]
    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert [bill.energy_wh for bill in await bills(owner)] == [0]


async def test_a_silent_session_without_evidence_goes_on(hub: RunningHub) -> None:
    """Its station has no line: nobody can say that the car is gone."""
    _, driver, place = await silent(hub)

    await place.sim.disconnect()
    await hub.advance(hours=25)
    await hub.advance(hours=25)

    session = await only(driver, "/sessions")
    assert (session["status"], session["flags"]) == ("active", ["suspect"])


async def test_a_session_that_is_heard_of_again_is_not_suspect(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    await hub.advance(hours=25)
    suspect = await only(driver, "/sessions")
    await place.sim.charge(1, 6_000, readings=2, before_each=passing(hub))
    await hub.advance(hours=1)
    await place.sim.stop(1)
    await hub.settle()

    assert suspect["flags"] == ["suspect"]
    (found,) = await bills(owner)
    assert (found.energy_wh, found.flags) == (6_000, ())


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"ongoingIndicator": False, "messagesInQueue": False}, "closed"),
        ({"ongoingIndicator": False, "messagesInQueue": True}, "active"),
        ({"ongoingIndicator": True, "messagesInQueue": False}, "active"),
        ({"messagesInQueue": False}, "active"),
    ],
)
async def test_a_station_that_knows_no_such_session_closes_it(
    hub: RunningHub, told: dict[str, bool], status: str
) -> None:
    """2.x: GetTransactionStatus. Source: OCPP 2.0.1 part 2, E14."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    at = hub.clock.now().isoformat()
    start: dict[str, Any] = {
        "eventType": "Started",
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "LOST"},
        "evse": {"id": 1},
        "idToken": {"idToken": driver.id_token, "type": "ISO14443"},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": 0}]}],
    }
    station = await bare(hub, place, "2.0.1")
    assert (await station.call("TransactionEvent", start))[0] == 3
    answering = asyncio.create_task(answer(station, told))
    await hub.advance(hours=25)
    await answering
    await hub.settle()
    await station.close()

    assert sorted(await kinds(owner, place)) == ["read_session answered", "trigger_report refused"]
    assert (await only(driver, "/sessions"))["status"] == status
    found = [(bill.energy_wh, bill.flags) for bill in await bills(owner)]
    assert found == ([(0, ("estimated", "suspect"))] if status == "closed" else [])


async def answer(station: RawStation, told: dict[str, bool]) -> None:
    """It reports nothing by itself, and tells this of the session."""
    answers = {
        "TriggerMessage": {"status": "Rejected"},
        "GetTransactionStatus": told,
    }
    for _ in answers:
        call = await asked(station)
        await station.send_raw(orjson.dumps([3, call[1], answers[call[2]]]).decode())
