"""A hub restarts, and all its stations come back in the same moment."""

import asyncio
import base64

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from chargehub.stations import actions
from chargehub.stations.registration import Registered
from tests.hub import RunningHub
from tests.stations import samples

COUNT = 200
BOOTS = {
    "ocpp1.6": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "ocpp2.0.1": {
        "reason": "PowerUp",
        "chargingStation": {"vendorName": "Acme", "model": "One"},
    },
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_two_hundred_stations_return_at_once_and_none_meets_an_error(
    hub: RunningHub,
) -> None:
    stations = await registered(hub)
    await asyncio.gather(*(boot(hub, station, number) for number, station in stations))

    await hub.restart()
    sockets = await asyncio.gather(*(boot(hub, station, number) for number, station in stations))

    told = await asyncio.gather(*(ask(socket, "Heartbeat", {}) for socket in sockets))
    assert [answer[0] for answer in told] == [3] * COUNT
    assert sum(hub.hub.switchboard.connected().values()) == COUNT
    counts = hub.hub.switchboard.counts
    assert (counts.turned_away, counts.refused, counts.failed, counts.floods) == (0, 0, 0, 0)
    await asyncio.gather(*(socket.close() for socket in sockets))


async def registered(hub: RunningHub) -> list[tuple[int, Registered]]:
    store, secret = hub.hub.store, hub.settings.secret.encode()
    place = await samples.location(store)
    wanted = [samples.wanted(place, identity=f"CH-{number}") for number in range(COUNT)]
    owner, now = samples.OWNER, hub.clock.now()
    made = [store.do(actions.register_station, owner, one, secret, now) for one in wanted]
    return list(enumerate(await asyncio.gather(*made)))


async def boot(hub: RunningHub, station: Registered, number: int) -> ClientConnection:
    """Connect and boot; every second station speaks 2.0.1."""
    version = sorted(BOOTS)[number % 2]
    login = base64.b64encode(f"{station.identity}:{station.password}".encode()).decode()
    socket = await connect(
        f"{hub.url}/{station.identity}",
        subprotocols=[Subprotocol(version)],
        additional_headers={"Authorization": f"Basic {login}"},
        compression=None,
        ping_interval=None,
        proxy=None,
    )
    answer = await ask(socket, "BootNotification", BOOTS[version])
    assert answer[2]["status"] == "Accepted", answer
    return socket


async def ask(socket: ClientConnection, action: str, payload: object) -> list[object]:
    await socket.send(orjson.dumps([2, "m-1", action, payload]).decode())
    answer: list[object] = orjson.loads(await socket.recv())
    return answer
