"""A hub with one station whose line is in the test's hands."""

import asyncio
from typing import Any

import orjson

from chargehub.ocpp import versions
from chargehub.ocpp.versions import Version
from chargers.line import RawStation
from tests.hub import Place, RunningHub

VERSIONS = {version.name: version for version in versions.supported().values()}
LIMIT_S = 10.0


async def line(hub: RunningHub, place: Place, version: Version) -> RawStation:
    """A bare line of this version that the hub has accepted."""
    station = RawStation(
        hub.url, place.identity, place.password, subprotocols=(version.subprotocol,)
    )
    assert await station.connect() == version.subprotocol
    boot: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    if version.name != "1.6":
        who = {"vendorName": "Acme", "model": "One"}
        boot = {"reason": "PowerUp", "chargingStation": who}
    assert (await station.call("BootNotification", boot))[2]["status"] == "Accepted"
    return station


async def asked(station: RawStation) -> list[Any]:
    """The next call of the hub, whole."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            frame: list[Any] = orjson.loads(await station.receive_raw())
            if frame[0] == 2:
                return frame
