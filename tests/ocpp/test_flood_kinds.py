"""Every kind of flood that the bench knows: it is slowed or shut out, and others are answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from chargehub.commands.bench.flooders import KINDS, Target, for_ever
from tests.ocpp.test_floods import Doors, doors  # noqa: F401
from tests.ocpp.test_server import BOOT16, Door, ask, closed

LIMIT_S = 30.0
RESERVED = b"\xf1\x80\0\0\0\0"  # bits that no frame may have
FEW: dict[str, Any] = {
    "ocpp_frame_rate": 200,
    "ocpp_hurried_rate": 1_000,
    "ocpp_frame_burst": 10,
    "ocpp_queue_frames": 8,
    "ocpp_flood_frames": 20,
    "ocpp_failed_identities": 3,
}
CUT_OFF = {"small", "big", "garbage", "deaf", "pings", "pieces"}


@asynccontextmanager
async def flooded(kind: str, door: Door) -> AsyncIterator[None]:
    assert door.station.password is not None
    target = Target(door.port, door.station.identity, door.station.password)
    flood = asyncio.create_task(for_ever(kind, target))
    try:
        yield
        assert not flood.done()
    finally:
        flood.cancel()
        with suppress(asyncio.CancelledError):
            await flood


@pytest.mark.parametrize("kind", KINDS)
async def test_others_are_answered_beside_a_flood_of_any_kind(doors: Doors, kind: str) -> None:  # noqa: F811
    async with doors(**FEW) as (door, stations):
        neighbours = [
            await door.knock(identity=one.identity, password=one.password) for one in stations[1:]
        ]
        for socket in neighbours:
            await ask(socket, "BootNotification", BOOT16)
        async with flooded(kind, door), asyncio.timeout(LIMIT_S):
            await _all_answered(neighbours)
            while kind in CUT_OFF and not door.switchboard.counts.floods:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await _all_answered(neighbours)
        await _all_answered(neighbours)  # and the last of those who knocked is gone by then
        for socket in neighbours:
            await socket.close()


async def _all_answered(neighbours: list[ClientConnection]) -> None:
    for _ in range(20):
        answers = await asyncio.gather(*(ask(each, "Heartbeat", {}) for each in neighbours))
        assert [answer[0] for answer in answers] == [3] * len(neighbours)


async def test_who_was_cut_off_is_not_let_in_again_at_once(doors: Doors) -> None:  # noqa: F811
    """It would go on as before, and each time it is let in costs the others more."""
    async with doors(**FEW, ocpp_flood_pause_s=100) as (door, stations):
        async with flooded("pings", door), asyncio.timeout(LIMIT_S):
            while not door.switchboard.counts.floods:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        refused = await door.refused()
        other = stations[1]
        async with await door.knock(identity=other.identity, password=other.password):
            pass

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "100")


async def test_a_station_that_hangs_up_itself_has_not_flooded(doors: Doors) -> None:  # noqa: F811
    """Whatever code it gives: the hub only repeats it."""
    async with doors() as (door, _):
        socket = await door.knock()
        await socket.close(1008)
        await door.until(is_connected=False)

        async with await door.knock():
            assert door.switchboard.counts.floods == 0


async def test_a_message_in_pieces_is_answered_however_slowly(doors: Doors) -> None:  # noqa: F811
    """Some firmware cuts everything it sends; that alone closes no line."""
    async with (
        doors(ocpp_control_rate=200, ocpp_flood_frames=10_000) as (door, _),
        await door.knock() as socket,
    ):
        await ask(socket, "BootNotification", BOOT16)
        for number in range(12):
            call = f'[2,"m-{number}","Heartbeat",{{}}]'
            await socket.send([*call, *([""] * 30)])
            assert await socket.recv() != ""

        assert door.switchboard.counts.floods == 0


async def test_who_goes_on_after_the_last_word_is_read_no_more(doors: Doors) -> None:  # noqa: F811
    async with doors() as (door, _):
        socket = await door.knock()
        socket.transport.write(RESERVED)
        with suppress(ConnectionError):
            for _ in range(1_000):
                if socket.transport.is_closing():
                    break
                socket.transport.write(b"x" * 1_000)
                await asyncio.sleep(0)

        assert (await closed(socket))[0] in (1002, 1006)
