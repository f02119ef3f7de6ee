"""One scene in a process of its own, which the kernel ends at a statement."""

import asyncio
import os
import signal
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chargehub.clock import HandClock
from chargehub.settings import Settings
from tests.crash.alive import Alive
from tests.crash.play import SCENES, Cast
from tests.crash.points import Points


@dataclass(frozen=True)
class Life:
    """What a process is told. `kill_at` as in `Points`; it counts statements alone."""

    path: Path
    settings: Settings
    address: str
    at: datetime
    scene: int
    cast: Cast
    kill_at: int | None


def live(life: Life) -> None:
    """Play the scene, and whatever follows from it, until the end of either."""
    asyncio.run(_live(life))


async def _live(life: Life) -> None:
    points = Points(life.kill_at)
    points.died = lambda: os.kill(os.getpid(), signal.SIGKILL)
    alive = Alive(f"sqlite:///{life.path}", HandClock(life.at), life.settings, life.address, points)
    await alive.start()
    await life.cast.taken_over_by(alive).act(SCENES[life.scene])
    await alive.settle()
    await alive.bury()
