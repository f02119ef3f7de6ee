"""A hub that lives until one of its points, beside the twin."""

import asyncio
from typing import Any

import httpx2

from chargehub.app import Hub
from chargehub.clock import HandClock
from chargehub.settings import Settings
from tests.crash.compiled import Compiled
from tests.crash.points import Points
from tests.hub import RunningHub, application

LIMIT_S = 60
_COMPILED = Compiled()


class Alive(RunningHub):
    """A hub without lines to stations, which dies at one of its points."""

    def __init__(
        self, database: str, clock: HandClock, settings: Settings, address: str, points: Points
    ) -> None:
        self.database, self.clock = database, clock
        where = {"database": self.database, "stripe_url": address}
        self.settings = settings.model_copy(update=where)
        self.points = points
        self.is_up = False
        self.dead = asyncio.Event()
        self._sims = []

    async def start(self, ocpp_port: int = 0) -> None:
        """As `Hub.start`, but nobody listens and no clock ticks."""
        self.hub = Hub(self.settings, self.clock)
        self.is_up = True
        store = self.hub.store
        for kind, engine in (("write", store._write_engine), ("read", store._read_engine)):
            self.points.watch(engine)  # by its own dialect, so before another takes its place
            if engine.dialect.name == "sqlite":
                _COMPILED.share(kind, engine)
        transport = httpx2.ASGITransport(app=application(self.hub), client=("127.0.0.1", 1234))
        self.api = httpx2.AsyncClient(transport=transport, base_url="http://hub.test")
        await self.hub.relay.start()

    async def start_with_stations(self) -> None:
        """So that a station can connect once."""
        await self.start()
        self.hub.ocpp_port = await self.hub.ocpp.start("127.0.0.1", 0)

    async def survives(self, deed: Any) -> bool:
        """Do it and all that follows; False: the hub died of it."""
        loop = asyncio.get_running_loop()
        self.dead = died = asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(died.set)

        self.points.died = tell
        doing, dying = asyncio.ensure_future(deed), asyncio.ensure_future(died.wait())
        async with asyncio.timeout(LIMIT_S):
            await asyncio.wait((doing, dying), return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if not self.points.has_died:
            await doing
            return True
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        return False

    async def bury(self) -> None:
        """Let go of all that a process has, and write nothing."""
        self.points.has_died, died = True, self.points.has_died
        await self.api.aclose()
        await self.hub.relay.stop()
        await self.hub.sender.close()
        await self.hub.fetcher.close()
        await self.hub.store.close()
        self.points.has_died = died
