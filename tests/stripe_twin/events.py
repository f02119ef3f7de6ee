"""Events as they can be asked for, and as they are sent: signed, twice, late or never."""

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.stripe_twin.errors import missing
from tests.stripe_twin.world import Call, Object, World, answers, page

Post = Callable[[bytes, dict[str, str]], Awaitable[int]]
"""Sends a body with its headers; the status that came back."""


@answers("GetEvents")
def listed(world: World, call: Call) -> Object:
    """Events of the last thirty days, the newest first."""
    kinds = call.get("types")
    found = [
        one
        for one in world.events
        if one.get("account", "") == call.account
        and call.get("type") in (None, one["type"])
        and (kinds is None or one["type"] in kinds)
    ]
    return page(call, "/v1/events", found)


@answers("GetEventsId")
def read(world: World, call: Call) -> Object:
    """An event."""
    for one in world.events:
        if one["id"] == call.path["id"]:
            return one
    raise missing("event", call.path["id"])


@dataclass(frozen=True, slots=True)
class Delivery:
    """How well events travel: of a hundred so many come twice, late, or never."""

    twice: int = 0
    late: int = 0
    lost: int = 0


@dataclass(slots=True)
class Sender:
    """Sends events to the hub's address, signed as Stripe signs. A seed decides who is unlucky."""

    secret: str
    post: Post
    delivery: Delivery = field(default_factory=Delivery)
    seed: int = 0
    refused: list[Object] = field(default_factory=list)
    _late: list[Object] = field(default_factory=list)
    _queue: "asyncio.Queue[Object]" = field(default_factory=asyncio.Queue)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # bad luck that can be repeated

    def tell(self, event: Object) -> None:
        """Send an event, or not, or later, or twice."""
        luck = self._random.randrange(100)
        if luck < self.delivery.lost:
            return
        if luck < self.delivery.lost + self.delivery.late:
            self._late.append(event)
            return
        self._queue.put_nowait(event)
        if self._random.randrange(100) < self.delivery.twice:
            self._queue.put_nowait(event)

    def catch_up(self) -> None:
        """Send what was held back, in disorder."""
        self._random.shuffle(self._late)
        for event in self._late:
            self._queue.put_nowait(event)
        self._late = []

    async def run(self, now: Callable[[], int]) -> None:
        """Send what there is, for ever; what is refused three times is given up."""
        while True:
            event = await self._queue.get()
            try:
                await self._send(event, now)
            finally:
                self._queue.task_done()

    async def settled(self) -> None:
        """Wait until all that was to be sent is sent."""
        await self._queue.join()

    async def _send(self, event: Object, now: Callable[[], int]) -> None:
        body = json.dumps(event).encode()
        for _ in range(3):
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(body, self.secret, now()),
            }
            if 200 <= await self.post(body, headers) < 300:
                return
        self.refused.append(event)


def signature(body: bytes, secret: str, at: int) -> str:
    """The header Stripe-Signature. Source: Stripe's documentation, "Verify webhook signatures"."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
