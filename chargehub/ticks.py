"""The clock's ticks. APScheduler only ticks; what is to be looked at stands in `jobs`."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from chargehub.clock import Clock
from chargehub.errors import Unavailable
from chargehub.store.chunk import SIZE, Chunk
from chargehub.store.looking import Job, idle_jobs
from chargehub.store.work import Work
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

RETRY_AFTER = timedelta(hours=1)  # a row that failed once will most likely fail again
MOST_PUT_OFF = 1_000  # rows of one job; with more of them it is the job that is wrong
ROUNDS = 200  # a job that still finds work after so many chunks goes on at the next tick


@dataclass(frozen=True, slots=True)
class Seldom:
    """A job for what is due by minutes or days: looked for no more often than `every`, by the
    hub's clock."""

    job: Job
    every: timedelta = timedelta(minutes=1)


class Jobs:
    """Looks at what is due, every tick of real time."""

    def __init__(
        self, store: Store, clock: Clock, tick_s: float, due: Sequence[Job | Seldom]
    ) -> None:
        self._store = store
        self._clock = clock
        self._due = [one if isinstance(one, Seldom) else Seldom(one, timedelta()) for one in due]
        names = [one.job.__name__ for one in self._due]
        self._looked_at: dict[str, datetime] = {}
        self._put_off: dict[str, dict[str, datetime]] = {name: {} for name in names}
        self._failing: set[str] = set()
        self.ended_at_s = time.time()  # the last round, in Unix time; before the first: the start
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.run_tick, "interval", seconds=tick_s, coalesce=True, max_instances=1
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def run_tick(self) -> None:
        """Do what is due, as far as it is time to look for it again."""
        with suppress(asyncio.CancelledError):  # at the shutdown; the store finishes what it has
            await self._run_all(self._to_look_for(self._clock.now()))

    async def run_due(self) -> int:
        """Do everything that is due now, also what is looked for seldom; how much it was."""
        return await self._run_all([one.job for one in self._due])

    def _to_look_for(self, now: datetime) -> list[Job]:
        come = []
        for one in self._due:
            looked_at = self._looked_at.get(one.job.__name__)
            if looked_at is None or not timedelta() <= now - looked_at < one.every:
                self._looked_at[one.job.__name__] = now
                come.append(one.job)
        return come

    async def _run_all(self, jobs: Sequence[Job]) -> int:
        """In their order. Those that have nothing to do are only read for, many at a time."""
        done, at = 0, 0
        while (at := at + await self._idle(jobs[at:])) < len(jobs):
            done += await self._try(jobs[at])
            at += 1
        self.ended_at_s = time.time()
        return done

    async def _idle(self, jobs: Sequence[Job]) -> int:
        """How many of the first jobs have nothing to do."""
        now = self._clock.now()
        put_off = {job.__name__: frozenset(self._still_put_off(job, now)) for job in jobs}
        try:
            idle = await self._store.read(idle_jobs, jobs, now, put_off)
        except Unavailable:  # so will each of them be, and say so
            return 0
        self._failing.difference_update(job.__name__ for job in jobs[:idle])
        return idle

    async def _try(self, job: Job) -> int:
        done = 0
        try:
            done = await self._run_job(job)
            self._failing.discard(job.__name__)
        except Unavailable as error:
            log.warning("job postponed", job=job.__name__, error=str(error))
        except Exception as error:  # what one job cannot do must not stop the others
            self._failing.add(job.__name__)
            log.error("job failed", job=job.__name__, exc_info=error)
        return done

    @property
    def failing(self) -> int:
        """How many jobs failed when they last ran."""
        return len(self._failing)

    @property
    def put_off(self) -> int:
        """How many rows could not be done and are tried again later."""
        return sum(len(rows) for rows in self._put_off.values())

    async def _run_job(self, job: Job) -> int:
        done = 0
        for _ in range(ROUNDS):
            now = self._clock.now()
            put_off = self._still_put_off(job, now)
            found, failed = await self._store.do(_run, job, now, frozenset(put_off))
            for row, error in failed.items():
                log.error("row put off", job=job.__name__, row=row, exc_info=error)
                if len(put_off) < MOST_PUT_OFF:
                    put_off[row] = now + RETRY_AFTER
            done += found
            if found + len(failed) < SIZE:
                break
        return done

    def _still_put_off(self, job: Job, now: datetime) -> dict[str, datetime]:
        kept = {row: at for row, at in self._put_off[job.__name__].items() if at > now}
        self._put_off[job.__name__] = kept
        return kept


def _run(
    work: Work, job: Job, now: datetime, put_off: Collection[str]
) -> tuple[int, dict[str, Exception]]:
    """How many rows the job has done, and which it could not do."""
    chunk = Chunk(put_off)
    return job(work, now, chunk), chunk.failed
