"""A hub with one station whose line is in the test's hands."""

import asyncio
from typing import Any

import orjson

from chargehub.ocpp import versions
from chargehub.ocpp.versions import Version
from chargers.line import RawStation
from tests.hub import Person, Place, RunningHub

VERSIONS = {version.name: version for version in versions.supported().values()}
LIMIT_S = 10.0


async def line(hub: RunningHub, place: Place, version: Version) -> RawStation:
    """A bare line of this version that the hub has accepted."""
    station = await _connected(hub, place, version)
    answer = await station.call("BootNotification", _boot(version))
    assert answer[2]["status"] == "Accepted"
    return station


async def line_with_call(
    hub: RunningHub, place: Place, version: Version
) -> tuple[RawStation, list[Any]]:
    """A line to a hub that has a call waiting, and that call; it may come before the answer to
    the boot."""
    station = await _connected(hub, place, version)
    await station.send_raw(orjson.dumps([2, "boot", "BootNotification", _boot(version)]).decode())
    came: dict[int, list[Any]] = {}
    async with asyncio.timeout(LIMIT_S):
        while not {2, 3} <= came.keys():
            frame = orjson.loads(await station.receive_raw())
            came.setdefault(frame[0], frame)
    assert came[3][2]["status"] == "Accepted"
    return station, came[2]


async def _connected(hub: RunningHub, place: Place, version: Version) -> RawStation:
    station = RawStation(
        hub.url, place.identity, place.password, subprotocols=(version.subprotocol,)
    )
    assert await station.connect() == version.subprotocol
    return station


def _boot(version: Version) -> dict[str, Any]:
    if version.name == "1.6":
        return {"chargePointVendor": "Acme", "chargePointModel": "One"}
    return {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}


async def asked(station: RawStation) -> list[Any]:
    """The next call of the hub, whole."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            frame: list[Any] = orjson.loads(await station.receive_raw())
            if frame[0] == 2:
                return frame


class Asking:
    """An owner who asks the own station, and the station, which a test lets answer."""

    def __init__(self, owner: Person, place: Place, station: RawStation) -> None:
        self.owner, self.place, self.station = owner, place, station

    async def post(self, wanted: Any, expect: int = 202) -> Any:
        return await self.owner.post(f"/stations/{self.place.station_id}/commands", wanted, expect)

    async def command(self, command_id: str) -> Any:
        return await self.owner.get(f"/commands/{command_id}")

    async def answer(self, content: dict[str, Any], kind: int = 3) -> tuple[str, Any]:
        """Answer the hub's next call; its action and payload."""
        _, message_id, action, payload = await asked(self.station)
        rest = [content] if kind == 3 else [content["code"], "", {}]
        await self.station.send_raw(orjson.dumps([kind, message_id, *rest]).decode())
        return action, payload

    async def done(self, wanted: Any, answer: dict[str, Any]) -> tuple[Any, Any]:
        """Post a command and answer it; the finished command and what the station was sent."""
        posted = await self.post(wanted)
        _, payload = await self.answer(answer)
        await self.owner.hub.settle()
        return await self.command(posted["id"]), payload

    async def newest(self) -> Any:
        await self.owner.hub.settle()
        return (await self.owner.get(f"/stations/{self.place.station_id}/commands"))["items"][0]


async def asking(hub: RunningHub, owner: Person, place: Place, version: Version) -> Asking:
    """The owner's station on a bare line of this version."""
    return Asking(owner, place, await line(hub, place, version))


def is_old(version: Version) -> bool:
    """Is this 1.6, which says many things in other words?"""
    return version.name == "1.6"
