"""Who takes too much: a station that floods, an address that tries names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage

from chargehub.clock import HandClock
from chargehub.ocpp.channel import Channels
from chargehub.ocpp.counts import Counts
from chargehub.ocpp.door import RETURNS
from chargehub.ocpp.doorstep import Doorstep
from chargehub.ocpp.limits import TRIES
from chargehub.ocpp.server import OcppServer
from chargehub.ocpp.switchboard import OcppSwitchboard
from chargehub.settings import Settings
from chargehub.stations import actions
from chargehub.stations.registration import Registered
from chargehub.stations.schema import Station
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.ocpp.test_server import BOOT16, LIMIT_S, Door, ask, closed
from tests.stations import samples

GOOD = 5
HEARTBEAT = '[2,"m","Heartbeat",{}]'
JUNK = '[3,"m",{}]'

Doors = Callable[..., AbstractAsyncContextManager[tuple[Door, list[Registered]]]]


@pytest.fixture
def doors(store: Store, clock: HandClock) -> Doors:
    """A server with these settings, and the stations that may enter."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[tuple[Door, list[Registered]]]:
        place = await samples.location(store)
        stations = [
            await store.do(
                actions.register_station,
                samples.OWNER,
                samples.wanted(place, external_ref=f"ref-{number}", identity=f"CH-{number}"),
                samples.SECRET,
                samples.NOW,
            )
            for number in range(GOOD + 1)
        ]
        switchboard = OcppSwitchboard()
        known = Settings(secret=samples.SECRET.decode(), **settings)
        server = OcppServer(store, clock, known, switchboard)
        port = await server.start("127.0.0.1", 0)
        yield Door(server, switchboard, store, clock, port, stations[0]), stations
        await server.stop()

    return opened


async def flood(socket: ClientConnection, frame: str) -> None:
    """Send much faster than the hub answers, until it hangs up."""
    with pytest.raises(ConnectionClosed):
        while True:
            await socket.send(frame)
            await asyncio.sleep(0.001)  # both ends share this loop


@pytest.mark.parametrize("frame", [HEARTBEAT, JUNK, "hello"])
async def test_a_flooding_station_is_slowed_then_closed_and_its_neighbours_are_answered(
    doors: Doors, frame: str
) -> None:
    async with doors(
        ocpp_frame_rate=50, ocpp_frame_burst=20, ocpp_queue_frames=8, ocpp_flood_frames=40
    ) as (door, stations):
        bad = await door.knock()
        await ask(bad, "BootNotification", BOOT16)
        neighbours = [
            await door.knock(identity=one.identity, password=one.password) for one in stations[1:]
        ]
        flooding = asyncio.create_task(flood(bad, frame))
        for socket in neighbours:
            await ask(socket, "BootNotification", BOOT16)
        for _ in range(20):
            answers = await asyncio.gather(*(ask(each, "Heartbeat", {}) for each in neighbours))
            assert [answer[0] for answer in answers] == [3] * GOOD

        assert await closed(bad) == (1008, "too many messages")
        await flooding
        counts = door.switchboard.counts
        assert (counts.floods, counts.slowed > 0) == (1, True)
        for socket in neighbours:
            await socket.close()


async def test_a_station_that_awaits_its_answers_is_slowed_and_never_cut_off(doors: Doors) -> None:
    """It delivers what it kept while it was offline, as the standard says: one at a time."""
    async with doors(
        ocpp_frame_rate=20, ocpp_frame_burst=5, ocpp_queue_frames=2, ocpp_flood_frames=10
    ) as (door, _):
        async with await door.knock() as socket:
            for _ in range(20):
                assert (await ask(socket, "BootNotification", BOOT16))[0] == 3

        assert (door.switchboard.counts.floods, door.switchboard.counts.slowed > 0) == (0, True)


async def test_what_waits_of_a_station_is_bounded_in_bytes(doors: Doors) -> None:
    async with (
        doors(
            ocpp_frame_rate=50, ocpp_frame_burst=1, ocpp_pending_bytes=1_000, ocpp_flood_frames=5
        ) as (door, _),
        await door.knock() as socket,
    ):
        frame = f'[2,"m","DataTransfer",{{"vendorId":"a","data":"{"x" * 900}"}}]'
        flooding = asyncio.create_task(flood(socket, frame))

        assert await closed(socket) == (1008, "too many messages")
        await flooding


async def test_an_address_that_tries_many_names_is_refused_and_stations_are_not(
    doors: Doors,
) -> None:
    """Behind a proxy all stations have one address, and after a restart of the hub all are new."""
    async with doors(ocpp_failed_identities=3) as (door, stations):
        async with await door.knock():
            pass
        for number in range(2):
            assert (await door.refused(identity=f"CH-NOBODY-{number}")).status_code == 404
        assert (await door.refused(identity="CH-1", password="guessed")).status_code == 401

        turned_away = await door.refused(identity="CH-NOBODY-9")
        guessed = await door.refused(identity="CH-2", password="guessed")
        other = stations[2]
        async with await door.knock(identity=other.identity, password=other.password) as new:
            assert new.subprotocol == "ocpp1.6"
        async with await door.knock() as again:
            assert again.subprotocol == "ocpp1.6"

    assert (turned_away.status_code, turned_away.headers["Retry-After"]) == (429, "60")
    assert (guessed.status_code, guessed.body) == (429, turned_away.body)


async def test_a_name_alone_opens_nothing_where_many_were_tried(doors: Doors) -> None:
    """Else the stations without a password could be found by trying names."""
    async with doors(ocpp_failed_identities=2, ocpp_without_password=True) as (door, _):
        await door.store.do(_without_password, door.station.station_id)
        for number in range(2):
            assert (await door.refused(identity=f"CH-NOBODY-{number}")).status_code == 404

        assert (await door.refused(authorization="none")).status_code == 429


def _without_password(work: Work, station_id: str) -> None:
    is_it = col(Station.id) == station_id
    work.execute(update(Station).where(is_it).values(security_profile=0))


async def test_lines_are_opened_at_a_bounded_rate(doors: Doors) -> None:
    async with doors(ocpp_connections_per_address=1, ocpp_handshake_rate=0.001) as (door, _):
        for _ in range(2):
            assert (await door.refused(identity="CH-NOBODY")).status_code == 404

        assert (await door.refused(identity="CH-NOBODY")).status_code == 429


async def test_a_station_that_comes_back_again_and_again_has_to_wait(doors: Doors) -> None:
    """Each time it is looked up, noted and told of: that is the hub's time, and the others'."""
    async with doors(ocpp_return_s=1_000) as (door, stations):
        for _ in range(RETURNS + 1):
            async with await door.knock():
                pass
        refused = await door.refused()
        other = stations[1]
        async with await door.knock(identity=other.identity, password=other.password):
            pass

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 1_000


async def test_guessing_a_password_is_soon_not_looked_at(doors: Doors) -> None:
    async with doors() as (door, _):
        tried = [(await door.refused(password="guessed")).status_code for _ in range(TRIES + 2)]

    assert tried == [401] * (TRIES + 1) + [429]


async def test_connections_of_one_address_are_bounded_before_a_word_is_said(doors: Doors) -> None:
    """Such a one costs memory and a file for half a minute; who left makes room."""
    async with doors(ocpp_connections_per_address=2) as (door, _):
        mute = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(4)]
        async with asyncio.timeout(LIMIT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            assert door.switchboard.counts.turned_away == 1

            for _, each in mute:
                each.close()
            while True:
                with suppress(OSError, EOFError, InvalidMessage):
                    async with await door.knock():
                        break
                await asyncio.sleep(0.01)


def test_who_does_not_listen_is_turned_away_at_the_doorstep_and_proxies_are_not() -> None:
    settings = Settings(
        ocpp_connections_per_address=1, ocpp_handshake_rate=1, ocpp_proxies="10.0.0.1"
    )
    counts = Counts()
    doorstep = Doorstep(settings, Channels(settings), counts)

    for _ in range(4):
        leave = doorstep.enter("192.0.2.1", 0.0)
        assert leave is not None
        leave()
    assert doorstep.enter("192.0.2.1", 0.0) is None
    assert all(doorstep.enter("10.0.0.1", 0.0) for _ in range(50))
    assert doorstep.enter("192.0.2.2", 0.0) is not None
    assert doorstep.enter("192.0.2.1", 1.0) is not None
    assert counts.turned_away == 1
