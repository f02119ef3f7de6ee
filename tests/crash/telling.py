"""The twin tells a hub what happens: signed, twice, late, in disorder, or never, as a seed says."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.crash.alive import Alive
from tests.crash.beside import Beside
from tests.stripe_twin.events import Delivery, Sender
from tests.stripe_twin.server import WEBHOOK_SECRET

URL = "/api/v1/webhooks/stripe"
CATCHES_UP = 1 / 3  # the chance that what is late comes in this scene, before or after its deed


@dataclass(frozen=True)
class News:
    """How events travel, by a seed. `kills`: at which points hubs die in a scene, as in `play`."""

    seed: int
    travels: Delivery
    kills: Callable[[int], Sequence[int]] = lambda _scene: ()


class Telling:
    """Posts events of the twin to whatever hub lives. What is late comes in a later scene."""

    def __init__(self, news: News) -> None:
        self.sender = Sender(WEBHOOK_SECRET, self._post, news.travels, news.seed)
        self._random = Random(news.seed)
        self._to: Alive | None = None
        self._born = asyncio.Event()

    def begin(self, alive: Alive) -> None:
        """This hub lives now."""
        self._to = alive
        self._born.set()
        if self._random.random() < CATCHES_UP:
            self.sender.catch_up()

    async def end(self) -> None:
        """The scene is over when all is heard that was sent."""
        if self._random.random() < CATCHES_UP:
            self.sender.catch_up()
        await self.sender.settled()

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """Until a hub answers that outlives its answer; who died of it is told no more."""
        while True:
            await self._born.wait()
            assert self._to is not None
            asked = self._to.api.post(URL, content=body, headers=headers)
            posting = asyncio.ensure_future(asked)
            dying = asyncio.ensure_future(self._to.dead.wait())
            await asyncio.wait((posting, dying), return_when=asyncio.FIRST_COMPLETED)
            dying.cancel()
            if not self._to.dead.is_set():
                return (await posting).status_code
            self._born.clear()
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)


@asynccontextmanager
async def telling(beside: Beside, news: News) -> AsyncIterator[Telling]:
    """The twin tells as long as this goes on."""
    told, before = Telling(news), beside.tell
    beside.tell = told.sender.tell
    task = asyncio.create_task(told.sender.run(lambda: int(time.time())))  # the SDK looks at that
    try:
        yield told
    finally:
        beside.tell = before
        task.cancel()
