"""The door: who is let in, on which version, and what becomes of the lines of a station."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Response
from websockets.typing import Subprotocol

from chargehub.clock import HandClock
from chargehub.ocpp.server import OcppServer
from chargehub.ocpp.switchboard import OcppSwitchboard
from chargehub.settings import Settings
from chargehub.stations import actions, tables
from chargehub.stations.commands import Outcome, Reset, Switchboard
from chargehub.stations.registration import Registered
from chargehub.stations.views import StationView
from chargehub.store.writer import Store
from tests.stations import samples

LIMIT_S = 40.0
BOOT16 = {"chargePointVendor": "Acme", "chargePointModel": "Wall 1"}
BOOT201 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Wall 1"}}


@dataclass
class Door:
    """A server on loopback with one registered station."""

    server: OcppServer
    switchboard: OcppSwitchboard
    store: Store
    clock: HandClock
    port: int
    station: Registered

    async def knock(
        self,
        *versions: str,
        identity: str | None = None,
        password: str | bytes | None = None,
        authorization: str | None = None,
        **options: Any,
    ) -> ClientConnection:
        """Connect as the station does, but for what is said."""
        name = self.station.identity if identity is None else identity
        secret = self.station.password if password is None else password
        assert secret is not None
        raw = f"{name}:".encode() + (secret.encode() if isinstance(secret, str) else secret)
        header = authorization or f"Basic {base64.b64encode(raw).decode()}"
        return await connect(
            f"ws://127.0.0.1:{self.port}/ocpp/{name}",
            subprotocols=[Subprotocol(version) for version in versions or ("ocpp1.6",)],
            additional_headers={"Authorization": header} if header != "none" else {},
            open_timeout=LIMIT_S,
            **options,
        )

    async def refused(self, *versions: str, **how: Any) -> Response:
        """The HTTP answer to somebody who is not let in."""
        with pytest.raises(InvalidStatus) as refused:
            await self.knock(*versions, **how)
        return refused.value.response

    async def known(self) -> StationView:
        found = await self.store.read(tables.station, self.station.station_id)
        assert found is not None
        return found

    async def until(self, is_connected: bool) -> StationView:
        """Wait until the database knows whether the station has a line."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                known = await self.known()
                if known.is_connected == is_connected:
                    return known
                await asyncio.sleep(0.005)


@pytest.fixture
async def door(store: Store, clock: HandClock) -> AsyncIterator[Door]:
    settings = Settings(secret=samples.SECRET.decode(), heartbeat_interval_s=77)
    place = await samples.location(store)
    station = await store.do(
        actions.register_station,
        samples.OWNER,
        samples.wanted(place),
        samples.SECRET,
        samples.NOW,
    )
    switchboard = OcppSwitchboard()
    server = OcppServer(store, clock, settings, switchboard)
    port = await server.start("127.0.0.1", 0)
    yield Door(server, switchboard, store, clock, port, station)
    await server.stop()


async def ask(socket: ClientConnection, action: str, payload: Any, message_id: str = "m-1") -> Any:
    await socket.send(orjson.dumps([2, message_id, action, payload]).decode())
    async with asyncio.timeout(LIMIT_S):
        return orjson.loads(await socket.recv())


async def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Wait for the hub to close; its code and reason."""
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code, socket.close_reason


async def test_a_station_with_its_password_is_let_in_and_boots(door: Door) -> None:
    async with await door.knock("ocpp1.6") as socket:
        answer = await ask(socket, "BootNotification", BOOT16)

        assert socket.subprotocol == "ocpp1.6"
        told = {"status": "Accepted", "currentTime": "2026-03-02T08:00:00Z", "interval": 77}
        assert answer == [3, "m-1", told]
        known = await door.known()
        assert (known.vendor, known.ocpp_version, known.is_accepted) == ("Acme", "1.6", True)
        assert known.is_connected
        assert door.switchboard.connected() == {"1.6": 1}


async def test_the_newest_common_version_is_chosen(door: Door) -> None:
    async with await door.knock("ocpp1.5", "ocpp1.6", "ocpp2.0.1", "ocpp9") as socket:
        assert socket.subprotocol == "ocpp2.0.1"


@pytest.mark.parametrize("versions", [("ocpp1.5",), ("ocpp2.0", "OCPP1.6")])
async def test_no_common_version_is_refused_before_the_upgrade(
    door: Door, versions: tuple[str, ...]
) -> None:
    response = await door.refused(*versions)

    assert response.status_code == 400
    assert door.switchboard.connected() == {}


@pytest.mark.parametrize("password", ["wrong", b"\x00\xff", ""])
async def test_a_wrong_password_is_refused_with_a_challenge(
    door: Door, password: str | bytes
) -> None:
    response = await door.refused(password=password)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="ocpp", charset="UTF-8"'
    assert "Server" not in response.headers


@pytest.mark.parametrize("authorization", ["none", "Basic !", "Bearer abc"])
async def test_no_password_is_refused(door: Door, authorization: str) -> None:
    assert (await door.refused(authorization=authorization)).status_code == 401


async def test_another_user_than_the_identity_is_refused(door: Door) -> None:
    raw = f"somebody:{door.station.password}".encode()

    response = await door.refused(authorization=f"Basic {base64.b64encode(raw).decode()}")

    assert response.status_code == 401


async def test_an_unknown_identity_is_not_found(door: Door) -> None:
    assert (await door.refused(identity="CH-UNKNOWN")).status_code == 404
    assert door.switchboard.counts.turned_away == 1


async def test_too_many_lines_from_one_address_are_refused(door: Door) -> None:
    settings = Settings(secret=samples.SECRET.decode(), ocpp_connections_per_address=1)
    narrow = OcppServer(door.store, door.clock, settings, OcppSwitchboard())
    door.port = await narrow.start("127.0.0.1", 0)

    async with await door.knock():
        await door.until(is_connected=True)
        response = await door.refused()
    await door.until(is_connected=False)
    async with await door.knock() as later:
        assert later.subprotocol == "ocpp1.6"

    await narrow.stop()
    assert response.status_code == 429


async def test_compression_is_used_when_offered_with_the_smallest_windows(door: Door) -> None:
    offer = [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
    async with await door.knock(extensions=offer, compression=None) as socket:
        assert socket.response is not None
        agreed = socket.response.headers["Sec-WebSocket-Extensions"]
        assert "server_max_window_bits=9" in agreed
        assert "client_max_window_bits=9" in agreed
        assert (await ask(socket, "BootNotification", BOOT16))[0] == 3
    async with await door.knock(compression=None) as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@pytest.mark.parametrize(
    ("version", "boot"), [("ocpp1.6", BOOT16), ("ocpp2.0.1", BOOT201)], ids=["1.6", "2.0.1"]
)
async def test_before_its_first_boot_a_station_may_only_boot(
    door: Door, version: str, boot: dict[str, Any]
) -> None:
    """Source: OCPP 2.0.1 part 2, B02.FR.09. Later it may lose its line and just go on."""
    async with await door.knock(version) as socket:
        early = await ask(socket, "Heartbeat", {})
        await ask(socket, "BootNotification", boot)
        late = await ask(socket, "Heartbeat", {})
    async with await door.knock(version) as socket:
        again = await ask(socket, "Heartbeat", {})

    assert early[:3] == [4, "m-1", "SecurityError"]
    assert late[0] == again[0] == 3


async def test_a_status_is_stored_before_it_is_answered(door: Door) -> None:
    async with await door.knock() as socket:
        await ask(socket, "BootNotification", BOOT16)
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}

        assert await ask(socket, "StatusNotification", status) == [3, "m-1", {}]

    (evse,) = await samples.evses(door.store, door.station.station_id)
    assert evse.status == "available"


async def test_absurd_numbers_are_refused_by_name(door: Door) -> None:
    async with await door.knock() as socket:
        await ask(socket, "BootNotification", BOOT16)
        start = {
            "connectorId": -1,
            "idTag": "SECRETTOKEN",
            "meterStart": 5,
            "timestamp": "2026-03-02T08:00:00Z",
        }

        answer = await ask(socket, "StartTransaction", start)

        text = "connectorId is negative or too large"
        assert answer == [4, "m-1", "PropertyConstraintViolation", text, {}]


async def test_a_vendors_own_words_are_of_an_unknown_vendor(door: Door) -> None:
    async with await door.knock() as socket:
        await ask(socket, "BootNotification", BOOT16)

        answer = await ask(socket, "DataTransfer", {"vendorId": "acme", "data": "x"})

        assert answer == [3, "m-1", {"status": "UnknownVendorId"}]


async def test_the_newest_line_wins_and_the_old_ones_end_touches_nothing(door: Door) -> None:
    old = await door.knock()
    await ask(old, "BootNotification", BOOT16)
    first = await door.known()

    async with await door.knock() as new:
        assert await closed(old) == (1000, "replaced by a newer connection")
        assert (await ask(new, "Heartbeat", {}))[0] == 3

        second = await door.known()
        assert second.is_connected
        assert second.connection > first.connection
        assert door.switchboard.is_connected(door.station.station_id)
        assert door.switchboard.counts.replaced == 1
    assert not (await door.until(is_connected=False)).is_connected


async def test_a_half_open_line_does_not_keep_the_station_out(door: Door) -> None:
    """The old socket answers nothing any more, not even the close; its station is back at once."""
    old = await door.knock(ping_interval=None)
    old.transport.pause_reading()

    async with await door.knock() as new:
        assert (await ask(new, "BootNotification", BOOT16))[0] == 3
        assert door.switchboard.is_connected(door.station.station_id)
    old.transport.abort()


async def test_a_closed_line_is_noted(door: Door) -> None:
    async with await door.knock():
        await door.until(is_connected=True)

    known = await door.until(is_connected=False)
    assert known.disconnected_at == door.clock.now()
    assert not door.switchboard.is_connected(door.station.station_id)


async def test_a_restart_forgets_lines_that_were_never_closed(door: Door) -> None:
    station_id, now = door.station.station_id, door.clock.now()
    await door.store.do(actions.note_connected, station_id, 5, "1.6", now)
    again = OcppServer(
        door.store, door.clock, Settings(secret="a secret of tests only"), OcppSwitchboard()
    )

    await again.start("127.0.0.1", 0)
    await again.stop()

    assert not (await door.known()).is_connected


async def test_stopping_closes_every_line_with_1012_and_stores_what_it_knew(door: Door) -> None:
    async with await door.knock() as socket:
        await ask(socket, "BootNotification", BOOT16)
        await door.server.stop()

        assert await closed(socket) == (1012, "service restart")
    assert not (await door.known()).is_connected


async def test_the_switchboard_asks_and_tells_what_came_of_it(door: Door) -> None:
    switchboard: Switchboard = door.switchboard
    station_id = door.station.station_id
    assert await switchboard.ask(station_id, Reset("idle")) == Outcome("offline")

    async with await door.knock() as socket:
        await ask(socket, "BootNotification", BOOT16)
        asking = asyncio.create_task(switchboard.ask(station_id, Reset("idle")))
        _, message_id, action, payload = orjson.loads(await socket.recv())
        await socket.send(orjson.dumps([3, message_id, {"status": "Rejected"}]).decode())

        assert (action, payload) == ("Reset", {"type": "Soft"})
        assert await asking == Outcome("refused", "Rejected")

        await switchboard.hang_up(station_id, "password changed")
        assert await closed(socket) == (1000, "password changed")
