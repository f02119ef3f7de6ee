"""The twin at one address for many hubs, one after the other; each asks under a name of its own."""

import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chargehub.clock import HandClock
from tests.crash.alive import Alive
from tests.crash.points import Killed, Points
from tests.hub import RunningHub
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import WEBHOOK_SECRET, running_twin
from tests.stripe_twin.world import Object, World


class Beside:
    """`twin` and `clock` are those of the story that is played now; `points` by life.

    `tell` hears every event of the twin, before whoever asked hears the answer.
    """

    def __init__(self, clock: HandClock) -> None:
        self.twin = Twin()
        self.twin.world.told = _nobody  # a lambda cannot be pickled
        self.left = b""  # the twin as it was after its last answer to a life that keeps it
        self.tell: Callable[[Object], None] = _nobody
        self._heard = 0
        own = {"stripe_key": KEY, "stripe_webhook_secret": WEBHOOK_SECRET, "listing_grade": ""}
        self.settings = RunningHub("sqlite://", clock, **own).settings  # once: that is slow
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

    def born(self, at: Path | str, clock: HandClock, points: Points) -> Alive:
        """A hub on this file, or at this address of a database, that knows the twin."""
        database = f"sqlite:///{at}" if isinstance(at, Path) else at
        return Alive(database, clock, self.settings, self.address(self.expected(points)), points)

    def address(self, life: str) -> str:
        """Where this life finds the twin."""
        return f"{self._address}/{life}"

    def set_back(self, left: bytes) -> None:
        """Go on with this twin, that was pickled; what it told before is old."""
        self.twin, self.left = pickle.loads(left), left
        self._heard = len(self.twin.world.events)

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
            self.tell_news()
            if self.points[life].keeper is not None:
                self.left = pickle.dumps(self.twin)
            self.points[life].reach(f"after {what}")
        except Killed:  # nobody listens any more
            told = [{"type": "http.response.start", "status": 500, "headers": []}]
            told.append({"type": "http.response.body", "body": b"", "more_body": False})
        for message in told:
            await send(message)

    def tell_news(self) -> None:
        """Tell what happened since the last time."""
        events = self.twin.world.events
        news, self._heard = events[self._heard :], len(events)
        for event in news:
            self.tell(event)


def _nobody(_event: Object) -> None:
    """Events are not sent."""
