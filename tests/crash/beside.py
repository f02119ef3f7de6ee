"""The twin at one address for many hubs, one after the other; each asks under a name of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chargehub.clock import HandClock
from tests.crash.alive import Alive
from tests.crash.points import Killed, Points
from tests.hub import RunningHub
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import Object, World


class Beside:
    """`twin` and `clock` are those of the story that is played now; `points` by life."""

    def __init__(self, clock: HandClock) -> None:
        self.twin = Twin()
        self.twin.world.told = _nobody  # a lambda cannot be pickled
        self.settings = RunningHub(
            "sqlite://", clock, stripe_key=KEY, listing_grade=""
        ).settings  # made once: that is slow
        self.clock = clock
        self.points: dict[str, Points] = {}
        self._address = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on loopback."""
        async with running_twin(self) as address:  # type: ignore[arg-type]
            self._address = address
            yield

    def expected(self, points: Points) -> str:
        """The name of a life that is to ask."""
        life = str(len(self.points))
        self.points[life] = points
        return life

    def born(self, path: Path, clock: HandClock, points: Points) -> Alive:
        """A hub on this file, that knows the twin."""
        return Alive(path, clock, self.settings, self.address(self.expected(points)), points)

    def address(self, life: str) -> str:
        """Where this life finds the twin."""
        return f"{self._address}/{life}"

    @property
    def world(self) -> World:
        return self.twin.world

    def app(self) -> Any:
        """The application: what a life asks, and hears, are points of it."""

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            await self._serve(scope, receive, send)

        return serve

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        _, life, path = scope["path"].split("/", 2)
        what = f"{scope['method']} /{path}"
        told: list[Any] = []

        async def keep(message: Any) -> None:
            told.append(message)

        try:
            self.points[life].reach(f"before {what}")
            self.twin.world.clock.now = int(self.clock.now().timestamp())
            asked = {**scope, "path": f"/{path}", "raw_path": f"/{path}".encode()}
            await self.twin.app()(asked, receive, keep)
            self.points[life].reach(f"after {what}")
        except Killed:  # nobody listens any more
            told = [{"type": "http.response.start", "status": 500, "headers": []}]
            told.append({"type": "http.response.body", "body": b"", "more_body": False})
        for message in told:
            await send(message)


def _nobody(_event: Object) -> None:
    """Events are not sent."""
