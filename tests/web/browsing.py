"""A hub that a browser can open: its pages on a loopback port, in the loop of the test."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    TimeoutError,
    async_playwright,
)

from chargehub.clock import HandClock
from tests.hub import RunningHub, application

LIMIT_MS = 20_000.0
CHROMIUM = os.environ.get("CHARGEHUB_TEST_CHROMIUM") or shutil.which("chromium") or ""


class BrowsedHub(RunningHub):
    """A running hub with its pages on a port."""

    def __init__(self, database: str, clock: HandClock, **settings: Any) -> None:
        super().__init__(database, clock, **settings)
        self._server: uvicorn.Server
        self._serving: asyncio.Task[None]
        self.http_port = 0

    @property
    def pages(self) -> str:
        """The front page."""
        return f"http://127.0.0.1:{self.http_port}"

    async def start(self, ocpp_port: int = 0) -> None:
        listening = socket.create_server(("127.0.0.1", self.http_port))
        self.http_port = listening.getsockname()[1]
        # What is mailed, and what pages of rails lead back to, are pages of this hub.
        self.settings = self.settings.model_copy(update={"public_url": self.pages})
        await super().start(ocpp_port)
        config = uvicorn.Config(application(self.hub), log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve([listening]))
        await self.until(lambda: self._server.started)

    async def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        await self._serving
        await super().stop()


@dataclass
class Window:
    """One person's browser: what it was told off for is kept, and fails the test at its end."""

    page: Page
    hub: BrowsedHub
    faults: list[str] = field(default_factory=list)
    leaves_for: str = ""  # the one other host that it may be led to, by whole pages alone

    async def open(self, path: str) -> None:
        """Load a page of the hub."""
        await self.page.goto(self.hub.pages + path)

    async def says(self, text: str) -> None:
        """Wait until the page shows this text."""
        try:
            await self.page.get_by_text(text).first.wait_for(timeout=LIMIT_MS)
        except TimeoutError:
            shown = await self.page.locator("body").inner_text()
            raise AssertionError(f"{text!r} is not on {self.page.url}:\n{shown}") from None

    async def press(self, name: str) -> None:
        """Press a button or follow a link of the page by its name."""
        content = self.page.locator("main")
        named = content.get_by_role("button", name=name, exact=True)
        linked = content.get_by_role("link", name=name, exact=True)
        await named.or_(linked).first.click()

    async def go(self, name: str) -> None:
        """Follow a link of the head."""
        await self.page.locator("header").get_by_role("link", name=name, exact=True).click()

    async def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, text in fields.items():
            await self.page.locator(f'[name="{name}"]').first.fill(text)

    async def log_in(self, email: str, password: str = "correct horse") -> None:
        """Log in by the page."""
        await self.open("/login")
        await self.fill(email=email, password=password)
        await self.press("Log in")
        await self.page.get_by_role("link", name="Account", exact=True).wait_for()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


async def window(
    chromium: Browser, hub: BrowsedHub, leaves_for: str = "", **options: Any
) -> Window:
    """A window of its own, with cookies of its own. `leaves_for`: where a rail has its pages."""
    context: BrowserContext = await chromium.new_context(
        **{"locale": "en-GB", "timezone_id": "Europe/Oslo", **options}
    )
    context.set_default_timeout(LIMIT_MS)
    opened = Window(await context.new_page(), hub, leaves_for=leaves_for)
    _watch(opened)
    return opened


def _is_left_for(opened: Window, request: Request) -> bool:
    """Whether the window itself goes to the one other host; a page of ours loads nothing there."""
    there = opened.leaves_for
    return bool(there) and request.url.startswith(f"{there}/") and request.is_navigation_request()


def _watch(opened: Window) -> None:
    opened.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))

    def noted(request: Request) -> None:
        is_ours = request.url.startswith((f"{opened.hub.pages}/", "data:", "blob:"))
        if not is_ours and not _is_left_for(opened, request):
            opened.faults.append(f"asked elsewhere: {request.url}")

    opened.page.on("request", noted)
    opened.page.on("pageerror", lambda error: opened.faults.append(f"error: {error}"))

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.faults.append(f"console: {message.text} ({message.location['url']})")

    opened.page.on("console", said)
