"""What somebody may do at the door and on a line to make the hub fail, or hold on to it."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from chargehub.ocpp import station_socket
from tests.ocpp.test_login import basic
from tests.ocpp.test_server import BOOT16, LIMIT_S, Door, ask, door
from tests.stations.samples import ON_SQLITE

__all__ = ["door"]

pytestmark = ON_SQLITE

PING = bytes([0x89, 0x80, 0, 0, 0, 0])


def request(door: Door, authorization: bytes) -> bytes:
    """A request to open a WebSocket as the station, byte by byte."""
    return (
        b"GET /ocpp/%s HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: %s\r\n\r\n"
    ) % (door.station.identity.encode(), authorization)


@pytest.mark.parametrize("sent", [b"Basic \xff\xfe", b"Basic \xc3\xa4bc=", b"Basic a\xe9=="])
async def test_credentials_of_no_ascii_are_wrong_and_no_failure_of_the_hub(
    door: Door, sent: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(door, sent))

    async with asyncio.timeout(LIMIT_S):
        assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()


@pytest.mark.parametrize("sent", [PING, PING * 1_000, bytes([0x01, 0x80, 0, 0, 0, 0])])
async def test_who_goes_on_before_it_is_let_in_is_left_without_a_failure(
    door: Door, sent: bytes
) -> None:
    """Nobody is known yet whose pings could be counted. Source: RFC 6455, section 4.1."""
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: failures.append(told))
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(door, basic("nobody", "nothing").encode()) + sent)

    async with asyncio.timeout(LIMIT_S):
        with suppress(ConnectionError):
            await reader.read()
    writer.close()

    assert failures == []
    assert (await door.knock()).subprotocol == "ocpp1.6"


async def deaf(door: Door) -> ClientConnection:
    """A station that reads nothing any more, while megabytes for it wait; the link is alive."""
    station = await door.knock()
    await ask(station, "BootNotification", BOOT16)
    station.transport.pause_reading()
    (line,) = door.switchboard._lines.values()
    line._socket.close_timeout = 0.2
    line._socket.transport.write(bytes(16_000_000))
    return station


async def test_a_station_that_reads_nothing_cannot_keep_its_line_from_being_closed(
    door: Door,
) -> None:
    """Its certificate was revoked, or its password changed, or the hub stops."""
    station = await deaf(door)

    async with asyncio.timeout(LIMIT_S):
        await door.switchboard.hang_up(door.station.station_id, "revoked")
        await door.until(is_connected=False)
    station.transport.abort()


async def test_a_station_that_reads_no_answer_loses_its_line_by_itself(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pings wait behind the answers, so that no missing pong would ever tell."""
    monkeypatch.setattr(station_socket, "UNREAD_S", 0.2)
    station = await deaf(door)
    await station.send('[2,"m-2","Heartbeat",{}]')

    await door.until(is_connected=False)
    station.transport.abort()
