"""`chargehub demo`: the whole story, told live, on an empty hub with six simulated stations.

Everything is done over the public REST API and real OCPP lines. Time runs fast, on one clock that
the hub and the stations share.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from rich.console import Console

from chargehub.app import Hub, web
from chargehub.clock import FastClock
from chargehub.commands.demo.ending import Story
from chargehub.commands.demo.stage import SLOW
from chargehub.observe import set_up_log
from chargehub.settings import Settings
from chargehub.store.migrate import migrate

START = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def run(exit_at_end: bool) -> None:
    """Tell the story; end with status 1 if any check failed."""
    set_up_log("ERROR", as_json=False)
    try:
        failed = asyncio.run(_demo(exit_at_end))
    except KeyboardInterrupt:
        return
    if failed:
        raise SystemExit(1)


async def _demo(exit_at_end: bool) -> bool:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chargehub-demo-") as folder:
        database = f"sqlite:///{Path(folder) / 'demo.sqlite'}"
        await asyncio.to_thread(migrate, database)
        settings = Settings(
            database=database,
            http="127.0.0.1:0",
            ocpp="127.0.0.1:0",
            secret_file=Path(folder) / "secret",
            tick_s=0.2,
            new_owner_maturity_hours=0,  # the story ends on the next day
        )
        hub = Hub(settings, FastClock(START, SLOW))
        async with _serving(hub) as address:
            story = Story(hub, address, console)
            try:
                await story.tell()
                story.say_end()
                if not exit_at_end:
                    console.print("Ctrl-C ends it.")
                if not exit_at_end:
                    await asyncio.Event().wait()
            finally:
                await story.close()
        return story.has_failed


@asynccontextmanager
async def _serving(hub: Hub) -> AsyncIterator[str]:
    """The hub on free ports; its address."""
    config = uvicorn.Config(web(hub), port=0, log_level="error", access_log=False, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
