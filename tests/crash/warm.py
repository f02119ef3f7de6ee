"""Imported by the fork server alone: what every process that is to be killed would do anew.

A hub lives for a moment, so that its application is built and its statements are compiled. No
thread of it is left when the server forks.
"""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import stripe  # noqa: F401  # half a second, which the first request would wait for

from chargehub.clock import HandClock
from chargehub.observe import set_up_log
from tests.crash import life  # noqa: F401  # what the processes run
from tests.crash.alive import Alive
from tests.crash.points import Points
from tests.databases import fresh_sqlite
from tests.hub import RunningHub
from tests.schema import prepare
from tests.stripe_twin.app import KEY

NOWHERE = "http://127.0.0.1:9"


async def _live(folder: Path) -> None:
    path, clock = folder / "warm.sqlite", HandClock(datetime(2026, 3, 2, tzinfo=UTC))
    prepare(fresh_sqlite(path))
    settings = RunningHub("sqlite://", clock, stripe_key=KEY).settings
    alive = Alive(f"sqlite:///{path}", clock, settings, NOWHERE, Points())
    await alive.start()
    await alive.person("somebody", pays=False)
    await alive.settle()
    await alive.bury()


set_up_log("CRITICAL", as_json=False)
with tempfile.TemporaryDirectory() as _folder:
    asyncio.run(_live(Path(_folder)))
