"""A server on loopback with owners who wait for stations, for tests of pairing at the door."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from chargehub.clock import HandClock
from chargehub.ocpp.server import OcppServer
from chargehub.ocpp.switchboard import OcppSwitchboard
from chargehub.settings import Settings
from chargehub.stations import actions, adoption, pairing, tables
from chargehub.stations.views import PairingView, StationView
from chargehub.store.writer import Store
from tests.ocpp.test_server import Door
from tests.stations import samples

T = TypeVar("T")
LIMIT_S = 10.0
NAME = "ACME-4711"
OWN = "x7Kp2mQ9vT4wZ8rB"  # what somebody set in the charger's app
OTHER = "Zq8Wn3Lr6Tb1Yc5M"
LASTS = timedelta(minutes=10)


class Counting(Store):
    """A store that counts who wants to write, and what is read."""

    def __init__(self, database: str) -> None:
        super().__init__(database)
        self.writes = 0
        self.reads = 0

    async def do(self, *args: Any, **kwargs: Any) -> Any:
        self.writes += 1
        return await super().do(*args, **kwargs)

    async def read(self, *args: Any, **kwargs: Any) -> Any:
        self.reads += 1
        return await super().read(*args, **kwargs)


class Porch(Door):
    """A door with an owner who waits behind it."""

    store: Counting

    async def open(self, identity: str = NAME, owner: str = samples.OWNER, **more: Any) -> str:
        """A window for this identity; its pairing's id."""
        place = await samples.location(self.store, owner)
        new = replace(samples.wanted(place, identity=identity), **more)
        windows = adoption.Windows(LASTS, at_once=10, a_day=100)
        return await self.store.do(pairing.open_pairing, owner, new, windows, self.clock.now())

    async def seen(self, pairing_id: str, owner: str = samples.OWNER) -> PairingView:
        return await self.store.read(pairing.own_pairing, owner, pairing_id)

    async def noted(self, pairing_id: str, state: str) -> PairingView:
        """The pairing once it is in this state: knocks are noted after they are answered."""
        return await self.when(lambda: self.seen(pairing_id), lambda found: found.state == state)

    async def away(self, identity: str) -> None:
        """Wait until it is noted that the station has left."""
        await self.when(
            lambda: self.named(identity), lambda found: found is not None and not found.is_connected
        )

    async def when(self, ask_again: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
        """What is asked for, once it is so."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = await ask_again()
                if holds(found):
                    return found
                await asyncio.sleep(0.005)

    async def named(self, identity: str = NAME) -> StationView | None:
        return await self.store.read(tables.station_by_identity, identity)


Porches = Callable[..., AbstractAsyncContextManager[Porch]]


@asynccontextmanager
async def porch_over(database: str, clock: HandClock, **settings: Any) -> AsyncIterator[Porch]:
    """A server with these settings, and one registered station beside."""
    store = Counting(database)
    new = samples.wanted(await samples.location(store), identity="KNOWN-1")
    station = await store.do(
        actions.register_station, samples.OWNER, new, samples.SECRET, samples.NOW
    )
    switchboard = OcppSwitchboard()
    known = Settings(secret=samples.SECRET.decode(), frames_kept=0, **settings)
    server = OcppServer(store, clock, known, switchboard)
    port = await server.start("127.0.0.1", 0)
    yield Porch(server, switchboard, store, clock, port, station)
    await server.stop()
    await store.close()
