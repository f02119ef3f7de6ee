"""Several cars, several stations: what happens at one EVSE does not touch the next."""

import asyncio
from typing import Any

from tests.hub import RunningHub
from tests.stories.steps import audited, bills, leave, only, passing, sent_away


async def test_two_cars_that_start_in_the_same_second_are_two_sessions(
    hub: RunningHub, version: str
) -> None:
    """Also with the same driver's token: a start belongs to its EVSE."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=2)

    starts = (place.sim.plug_in(evse, driver.id_token, authorize=False) for evse in (1, 2))
    verdicts = await asyncio.gather(*starts)
    await hub.settle()
    await place.sim.charge(1, 6_000, readings=2, before_each=passing(hub))
    await place.sim.charge(2, 9_000, readings=2)
    await leave(hub, place, 2)
    await leave(hub, place, 1)

    assert verdicts == ["accepted", "accepted"]
    sessions = (await driver.get("/sessions"))["items"]
    assert [one["evse_id"] for one in reversed(sessions)] == place.evse_ids
    found = {one["evse_id"]: one["energy_wh"] for one in sessions}
    assert found == dict(zip(place.evse_ids, (6_000, 9_000), strict=True))
    assert [bill.cost_minor for bill in await bills(owner)] == [405, 270]
    assert (await audited(hub))["billed_wh"] == 15_000


async def test_a_refused_start_leaves_the_car_beside_it_alone(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=2)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 3_000, before_each=passing(hub))
    refused = await place.sim.plug_in(2, "STRANGER", authorize=False)
    await sent_away(hub, place, 2)
    running = await only(driver, "/sessions")
    await place.sim.charge(1, 3_000, before_each=passing(hub))
    await leave(hub, place)

    assert refused == "invalid"
    assert (running["status"], running["energy_wh"]) == ("active", 3_000)
    assert [(bill.billed_wh, bill.unbilled_reason) for bill in await bills(owner)] == [
        (0, "unknown_token"),
        (6_000, None),
    ]


async def test_sessions_that_stations_never_end_do_not_block_their_evses(
    hub: RunningHub, version: str
) -> None:
    """Many stations drop what was refused and never speak of it again; some lose a stop and
    only say that the EVSE is free."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=3)
    now = hub.clock.now().isoformat()

    await place.sim.call(*start_of(version, 1, "STRANGER", now))
    await place.sim.call(*start_of(version, 2, driver.id_token, now))
    await place.sim.plug_in(3, driver.id_token)
    refused, lost, running = [
        await driver.ask("POST", "/sessions", {"evse_id": evse_id}) for evse_id in place.evse_ids
    ]

    assert (refused["status"], lost["status"]) == ("starting", "starting")
    assert running["detail"] == "Another session runs at this EVSE."


def start_of(version: str, evse: int, token: str, at: str) -> tuple[str, dict[str, Any]]:
    """The bare message of a start at a register of 0; in 2.x it is called T and the EVSE."""
    if version == "1.6":
        start = {"connectorId": evse, "idTag": token, "meterStart": 0, "timestamp": at}
        return "StartTransaction", start
    return "TransactionEvent", {
        "eventType": "Started",
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"T{evse}"},
        "evse": {"id": evse},
        "idToken": {"idToken": token, "type": "ISO14443"},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": 0}]}],
    }


async def test_two_stations_may_call_their_sessions_the_same(hub: RunningHub) -> None:
    """In 2.x stations name their sessions themselves: "T1" is unique at each alone."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    here, there = await hub.station(owner, "2.0.1"), await hub.station(owner, "2.0.1")

    for place, energy_wh in ((here, 200), (there, 500)):
        at = hub.clock.now().isoformat()
        name, start = start_of("2.0.1", 1, driver.id_token, at)
        end = {
            **start,
            "eventType": "Ended",
            "seqNo": 1,
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": energy_wh}]}],
        }
        await place.sim.call(name, start)
        await place.sim.call(name, end)
    await hub.settle()

    cdrs = (await owner.get("/cdrs?role=owner"))["items"]
    assert {cdr["station_id"]: cdr["energy_wh"] for cdr in cdrs} == {
        here.station_id: 200,
        there.station_id: 500,
    }
    assert (await audited(hub))["billed_wh"] == 700
