"""`chargehub demo`: the whole story, told live, on an empty hub with six simulated stations; then a
neighbourhood on another hub, to be looked at in a browser.

Everything is done over the public REST API and real OCPP lines. In the story time runs fast, on one
clock that the hub and the stations share; in the neighbourhood it is what it is.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console

from chargehub.app import Hub, web
from chargehub.clock import FastClock
from chargehub.commands.demo.by_card import CardStory
from chargehub.commands.demo.ending import Story
from chargehub.commands.demo.life import Life
from chargehub.commands.demo.neighbourhood import MAP_CENTER
from chargehub.commands.demo.stage import SLOW
from chargehub.commands.demo.standin import NoStandIn, StandIn, stand_in
from chargehub.commands.settings import fail
from chargehub.observe import set_up_log
from chargehub.settings import Settings
from chargehub.store.migrate import migrate

DAYS, VISITS = 60, 60  # of the neighbourhood's past: as many as one waits for
THERE: Mapping[str, Any] = {
    "map_center": MAP_CENTER,
    "listing_grade": "",  # see Neighbourhood.checks_up
    "tick_s": 1.0,
    "frames_kept": 0,
}
START = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def run(exit_at_end: bool, by_card: bool, has_story: bool = True) -> None:
    """Tell the story, and open the neighbourhood; status 1 if a check failed.

    `by_card`: beside Stripe's stand-in, and the hub of the story is what stays.
    """
    set_up_log("ERROR", as_json=False)
    clock = FastClock(START, SLOW)
    try:
        if by_card:
            failed = asyncio.run(_by_card(clock, exit_at_end))
        else:
            failed = has_story and asyncio.run(_demo(clock, exit_at_end=True))
            if not exit_at_end:
                asyncio.run(_neighbourhood())
    except KeyboardInterrupt:
        return
    except NoStandIn as absent:
        fail(str(absent))
    if failed:
        raise SystemExit(1)


async def _by_card(clock: FastClock, exit_at_end: bool) -> bool:
    async with stand_in(clock) as stripe:
        return await _demo(clock, exit_at_end, stripe)


async def _neighbourhood() -> None:
    console, until = Console(), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="chargehub-demo-") as folder, _listening() as listener:
        settings = await asyncio.to_thread(_settings, Path(folder), listener, None)
        settings = settings.model_copy(update=THERE)
        hub = Hub(settings, FastClock(until - timedelta(days=DAYS), 1))
        async with _serving(hub, listener):
            life = Life(hub, settings.public_url, console)
            try:
                console.print("A neighbourhood settles down …")
                await life.settle_down()
                console.print(f"{DAYS} days pass, with a session now and then …")
                await life.pass_by(datetime.now(UTC), DAYS, VISITS)
                await life.plans_of_dora()
                life.say_open()
                await life.go_on()
            finally:
                await life.close()


async def _demo(clock: FastClock, exit_at_end: bool, stripe: StandIn | None = None) -> bool:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chargehub-demo-") as folder, _listening() as listener:
        settings = await asyncio.to_thread(_settings, Path(folder), listener, stripe)
        hub = Hub(settings, clock)
        async with _serving(hub, listener), _told(settings, stripe):
            address = settings.public_url
            told = hub, address, console
            story = CardStory(*told, stripe=stripe) if stripe else Story(*told)
            try:
                await story.tell()
                story.say_end()
                if not exit_at_end:
                    console.print("Ctrl-C ends it.")
                    await asyncio.Event().wait()
            finally:
                await story.close()
        return story.has_failed


def _settings(folder: Path, listener: socket.socket, stripe: StandIn | None) -> Settings:
    """Of a hub that is not known yet, with its tables; no key of the environment's is used."""
    database = f"sqlite:///{folder / 'demo.sqlite'}"
    migrate(database)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    return Settings(
        database=database,
        http=address,
        public_url=f"http://{address}",
        ocpp="127.0.0.1:0",
        secret_file=folder / "secret",
        tick_s=0.2,
        new_owner_maturity_hours=0,  # the story ends some days later
        **(stripe.settings if stripe else {"stripe_key": ""}),  # type: ignore[arg-type]
    )


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """A free port of this machine's own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@asynccontextmanager
async def _told(settings: Settings, stripe: StandIn | None) -> AsyncIterator[None]:
    """The hub hears what happens at Stripe."""
    if stripe is None:
        yield
        return
    async with stripe.telling(f"{settings.public_url}/api/v1/webhooks/stripe"):
        yield


@asynccontextmanager
async def _serving(hub: Hub, listener: socket.socket) -> AsyncIterator[None]:
    """The hub while it serves."""
    config = uvicorn.Config(web(hub), log_level="error", access_log=False, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task
