"""What the clock starts. APScheduler only ticks; what is due stands in tables, by business time."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from chargehub.bookings import actions as bookings
from chargehub.clock import Clock
from chargehub.errors import Unavailable
from chargehub.payments import payout
from chargehub.rest import manners
from chargehub.sessions import remote as sessions
from chargehub.settlement import actions as settlement
from chargehub.stations import actions as stations
from chargehub.store.work import Work
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

Job = Callable[[Work, datetime], int]
CHUNK = 50  # what one job handles in one unit of work
ROUNDS = 200  # a job that still finds work after so many chunks goes on at the next tick


def due(token_price: Decimal) -> Sequence[Job]:
    """What to look at, in an order in which one makes the next due: a slot opens before a
    no-show is released, earnings mature before they are paid out."""

    def request_due_payouts(work: Work, now: datetime) -> int:
        return payout.request_due_payouts(work, now, token_price)

    return (
        stations.expire_commands,
        bookings.expire_holds,
        bookings.open_due_windows,
        bookings.release_no_shows,
        sessions.close_overdue,
        settlement.mature_due,
        request_due_payouts,
        manners.forget_keys,
    )


class Jobs:
    """Looks at what is due, every tick of real time."""

    def __init__(self, store: Store, clock: Clock, tick_s: float, due: Sequence[Job]) -> None:
        self._store = store
        self._clock = clock
        self._due = due
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._tick, "interval", seconds=tick_s, coalesce=True, max_instances=1
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        with suppress(asyncio.CancelledError):  # at the shutdown; the store finishes what it has
            await self.run_due()

    async def run_due(self) -> int:
        """Do everything that is due now; how much it was."""
        done = 0
        for job in self._due:
            for _ in range(ROUNDS):
                try:
                    found = await self._store.do(job, self._clock.now())
                except Unavailable as error:
                    log.warning("job postponed", job=job.__name__, error=str(error))
                    break
                except Exception as error:  # what one job cannot do must not stop the others
                    log.error("job failed", job=job.__name__, exc_info=error)
                    break
                done += found
                if found < CHUNK:
                    break
        return done
