"""Over TLS more comes at once than was asked for: nothing of it is lost or out of bounds."""

import asyncio
from pathlib import Path

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from chargers.line import basic_auth
from tests.secure import LIMIT_S, Device, device, secure_hub

PING = Frame(Opcode.PING, b"").serialize(mask=True)


async def test_large_frames_and_many_at_once_come_through(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        line = await made.connect()
        await made.boot(line)

        large = {"vendorId": "Acme", "data": "x" * 60_000}
        assert (await line.call("DataTransfer", large))[2] == {"status": "UnknownVendorId"}
        for number in range(40):
            await line.send_raw(orjson.dumps([2, f"m-{number}", "Heartbeat", {}]).decode())
        async with asyncio.timeout(LIMIT_S):
            answered = [orjson.loads(await line.receive_raw())[1] for _ in range(40)]

        assert answered == [f"m-{number}" for number in range(40)]
        await line.close()


async def test_pings_are_answered_slowly_and_what_came_after_them_too(
    database: str, tmp_path: Path
) -> None:
    """They come in one piece, so that the hub has read all of them when it begins to slow down."""
    async with secure_hub(database, tmp_path, ocpp_control_rate=400) as hub:
        made = await device(hub)
        async with _socket(made) as socket:
            call = Frame(Opcode.TEXT, b'[2,"m","Heartbeat",{}]').serialize(mask=True)
            socket.transport.write(PING * 900 + call)

            async with asyncio.timeout(LIMIT_S):
                answer = orjson.loads(await socket.recv())

    assert answer[:2] in ([3, "m"], [4, "m"])


async def test_a_flood_of_pings_over_tls_ends(database: str, tmp_path: Path) -> None:
    settings = {"ocpp_control_rate": 1_000, "ocpp_flood_frames": 100}
    async with secure_hub(database, tmp_path, **settings) as hub:
        made = await device(hub)
        async with _socket(made) as socket:
            socket.transport.write(PING * 5_000)

            async with asyncio.timeout(LIMIT_S):
                try:
                    await socket.recv()
                except ConnectionClosed as closed:
                    assert closed.rcvd is None or closed.rcvd.code == 1008
        async with asyncio.timeout(LIMIT_S):
            while not hub.hub.switchboard.counts.floods:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


def _socket(made: Device) -> connect:
    return connect(
        f"{made.hub.tls_url}/{made.identity}",
        ssl=made.context(),
        subprotocols=[Subprotocol("ocpp1.6")],
        additional_headers={"Authorization": basic_auth(made.identity, made.password or "")},
        compression=None,
    )
