"""A hub that takes cards and pays owners by the stand-in of Stripe, and what browsers do there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from tests.hub import Person, RunningHub
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin

VISA = "4242424242424242"
SETUPS = "/payment-method-setups"


@dataclass
class StripeHub:
    """The hub, and the twin, whose clock goes with the hub's when `advance` moves it."""

    hub: RunningHub
    twin: Twin

    async def advance(self, **step: float) -> None:
        """Time passes at both."""
        self.twin.world.clock.advance(int(timedelta(**step).total_seconds()))
        await self.hub.advance(**step)

    async def card(self, driver: Person, number: str = VISA) -> dict[str, Any]:
        """A driver enters a card on Stripe's page and looks what became of it."""
        page = await driver.post(SETUPS, {"rail": "stripe"})
        await browse(page["url"], number=number)
        await self.advance(minutes=1)
        found: dict[str, Any] = await driver.get(f"{SETUPS}/{page['id']}")
        return found


async def browse(url: str, **form: str) -> httpx2.Response:
    """What a browser does with a page of Stripe's and its form."""
    async with httpx2.AsyncClient() as browser:
        assert (await browser.get(url)).status_code == 200
        return await browser.post(url, data=form)


@asynccontextmanager
async def stripe_hub(
    database: str, clock: HandClock, kind: type[RunningHub] = RunningHub, **settings: Any
) -> AsyncIterator[StripeHub]:
    """Both, running. However the story ends, no law is broken and the twin was asked nothing
    that it does not know."""
    twin = Twin()
    twin.world.clock.now = int(clock.now().timestamp())
    async with running_twin(twin) as address:
        hub = kind(database, clock, stripe_key=KEY, stripe_url=address, **settings)
        await hub.start()
        try:
            yield StripeHub(hub, twin)
        finally:
            await hub.close()
    assert (twin.shortcomings, twin.misasked) == ([], [])
    assert [one for one in findings_of(database) if one.state == "broken"] == []
