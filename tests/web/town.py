"""A hub with pages beside a rail whose pages are at another site: the stand-in of Stripe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Browser

from chargehub.clock import HandClock
from tests.stories.stripe_hub import VISA, StripeHub, stripe_hub
from tests.web.browsing import BrowsedHub, Window, window

_HALF_HOUR = timedelta(minutes=30)


@dataclass
class Town:
    """Both, running."""

    paid: StripeHub
    hub: BrowsedHub

    @property
    def rail(self) -> str:
        """Where the rail has its pages."""
        return self.paid.twin.world.pages

    async def window(self, chromium: Browser, **options: object) -> Window:
        """A window that may be led to the rail's pages."""
        return await window(chromium, self.hub, self.rail, **options)

    def passes(self) -> None:
        """Half an hour, at both."""
        self.paid.twin.world.clock.advance(int(_HALF_HOUR.total_seconds()))
        self.hub.clock.advance(_HALF_HOUR)

    async def card(self, driver: Window, number: str = VISA, button: str = "Save card") -> None:
        """What the rail's page asks for; to type it takes a minute."""
        await self.led_there(driver)
        await driver.fill(number=number)
        await self.paid.advance(minutes=1)
        await driver.page.get_by_role("button", name=button).click()

    async def led_there(self, visitor: Window) -> None:
        """By the page that sends on by itself."""
        await visitor.page.wait_for_url(f"{self.rail}/**")


@asynccontextmanager
async def running_town(database: str, clock: HandClock) -> AsyncIterator[Town]:
    """Both. To a browser 127.0.0.1 and localhost are two sites, as hub and rail are in life."""
    center = {"map_center": "59.9139,10.7522,13"}
    async with stripe_hub(database, clock, BrowsedHub, **center) as paid:
        paid.twin.world.pages = paid.twin.world.pages.replace("127.0.0.1", "localhost")
        assert isinstance(paid.hub, BrowsedHub)
        yield Town(paid, paid.hub)
