"""2.x stations whose transaction begins with the cable: the driver asks from afar afterwards."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chargers.line import RawStation
from tests.conformance.bench import VERSIONS, asked, line
from tests.hub import Person, RunningHub
from tests.stories.steps import bills, only

PLUGGED, CLAIMED, CHARGED, ENDED = range(4)


async def tell(hub: RunningHub, station: RawStation, seq_no: int, start: Any) -> Any:
    """One of the four events of a session of an hour and 10 kWh; the hub's answer."""
    kinds = ("Started", "Updated", "Updated", "Ended")
    triggers = ("CablePluggedIn", "RemoteStart", "MeterValuePeriodic", "RemoteStop")
    at = (hub.clock.now() - timedelta(minutes=20 * (3 - seq_no))).isoformat()
    info: dict[str, Any] = {"transactionId": "tx-1"}
    told: dict[str, Any] = {"idToken": start["idToken"]} if seq_no == CLAIMED else {}
    if seq_no == CLAIMED:
        info["remoteStartId"] = start["remoteStartId"]
    register_wh = 1_000 if seq_no < CHARGED else 11_000
    frame = await station.call(
        "TransactionEvent",
        {
            "eventType": kinds[seq_no],
            "triggerReason": triggers[seq_no],
            "timestamp": at,
            "seqNo": seq_no,
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": register_wh}]}],
            **told,
        },
    )
    assert frame[0] == 3, frame
    return frame[2]


async def watched(hub: RunningHub, owner: Person, session_id: str) -> int:
    """The status of a stream, once it has ended."""
    headers = {"Authorization": f"Bearer {owner.token}"}
    answer = await hub.api.get(f"/api/v1/sessions/{session_id}/stream", headers=headers)
    return answer.status_code


@pytest.mark.parametrize(
    "order",
    [(CLAIMED, CHARGED, ENDED), (CHARGED, ENDED, CLAIMED), (ENDED, CLAIMED, CHARGED)],
    ids=["in order", "claimed last", "ended first"],
)
async def test_the_cables_session_becomes_the_drivers(
    hub: RunningHub, order: Sequence[int]
) -> None:
    """Whoever watched the one of the cable sees it end; there is one session and one bill."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await place.sim.disconnect()
    station = await line(hub, place, VERSIONS["2.0.1"])
    await tell(hub, station, PLUGGED, None)
    stream = asyncio.create_task(
        watched(hub, owner, (await only(owner, "/sessions?role=owner"))["id"])
    )

    wanted = await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    start = await asked(station)
    await station.send_raw(f'[3,"{start[1]}",{{"status":"Accepted"}}]')
    for seq_no in order:
        answer = await tell(hub, station, seq_no, start[3])
        if seq_no == CLAIMED:
            assert answer["idTokenInfo"]["status"] == "Accepted"
    await hub.settle()

    session = await only(owner, "/sessions?role=owner")
    assert (session["id"], session["status"]) == (wanted["id"], "closed")
    assert [(each.energy_wh, each.cost_minor) for each in await bills(owner)] == [(10_000, 450)]
    assert await stream == 200
    await station.close()
