"""The stand-in of Stripe that the tests have, borrowed for the demo: it keeps the hub's time.

The one place that reaches for the tests, by name and when it is asked for: an installed hub is
without them.
"""

import importlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chargehub.clock import Clock

_TWIN = "tests.stripe_twin"
_ABSENT = (
    "The stand-in of Stripe is part of the tests, not of what is installed. In a checkout, after "
    "pip install -c constraints.txt -e '.[test]', run this again; `chargehub demo` alone tells "
    "the story with the sandbox rail."
)


class NoStandIn(Exception):
    """There is no stand-in here; the text says where there is one."""


@dataclass(frozen=True, slots=True)
class TwinClock:
    """The hub's time as the stand-in reads it: whole seconds since 1970."""

    clock: Clock

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in that runs: what a hub is set to for it."""

    twin: Any
    url: str
    key: str
    webhook_secret: str

    def telling(self, url: str) -> AbstractAsyncContextManager[Any]:
        """In this it sends its events to the hub's address."""
        server, events = _module("server"), _module("events")
        sending: AbstractAsyncContextManager[Any] = server.sending(
            self.twin, url, events.Delivery(twice=20)
        )
        return sending

    @property
    def settings(self) -> dict[str, str]:
        return {
            "stripe_key": self.key,
            "stripe_url": self.url,
            "stripe_webhook_secret": self.webhook_secret,
        }

    @property
    def shortcomings(self) -> list[str]:
        """What was asked or answered against Stripe's own specification."""
        return [*self.twin.shortcomings, *self.twin.misasked]


@asynccontextmanager
async def stand_in(clock: Clock) -> AsyncIterator[StandIn]:
    """Stripe's stand-in on a loopback port. Raises NoStandIn."""
    app, server = _module("app"), _module("server")
    twin = app.Twin()
    twin.world.clock = TwinClock(clock)
    async with server.running_twin(twin) as url:
        yield StandIn(twin, url, app.KEY, server.WEBHOOK_SECRET)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"{_TWIN}.{name}")
    except ModuleNotFoundError as missing:
        raise NoStandIn(_ABSENT) from missing
