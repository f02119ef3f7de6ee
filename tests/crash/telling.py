"""The twin tells a hub what happens: signed, twice, late, in disorder, or never, as a seed says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tests.crash.alive import Alive
from tests.crash.beside import Beside
from tests.stripe_twin.events import Delivery, Sender
from tests.stripe_twin.server import WEBHOOK_SECRET

URL = "/api/v1/webhooks/stripe"
CATCHES_UP = 1 / 3  # the chance that what is late comes in this scene, before or after its deed


class Telling:
    """Posts events of the twin to whatever hub lives. What is late comes in a later scene."""

    def __init__(self, seed: int, travels: Delivery) -> None:
        self.sender = Sender(WEBHOOK_SECRET, self._post, travels, seed)
        self._random = Random(seed)
        self._to: Alive | None = None

    def begin(self, alive: Alive) -> None:
        """This hub lives now."""
        self._to = alive
        if self._random.random() < CATCHES_UP:
            self.sender.catch_up()

    async def end(self) -> None:
        """The scene is over when all is heard that was sent."""
        if self._random.random() < CATCHES_UP:
            self.sender.catch_up()
        await self.sender.settled()

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        assert self._to is not None, "told before anybody lived"
        return (await self._to.api.post(URL, content=body, headers=headers)).status_code


@asynccontextmanager
async def telling(beside: Beside, seed: int, travels: Delivery) -> AsyncIterator[Telling]:
    """The twin tells as long as this goes on."""
    told, before = Telling(seed, travels), beside.tell
    beside.tell = told.sender.tell
    task = asyncio.create_task(told.sender.run(lambda: int(time.time())))  # the SDK looks at that
    try:
        yield told
    finally:
        beside.tell = before
        task.cancel()
