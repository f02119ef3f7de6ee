"""Group commit on one writer: actions queue, one transaction carries many, one fsync pays for all.

`Store.do` is the one bridge from the asynchronous edges to the synchronous domain. It returns
after the commit, so whoever is answered is answered with something stored.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from chargehub.errors import Unavailable
from chargehub.store import outcome
from chargehub.store.engines import READERS, read_engine, write_engine
from chargehub.store.work import Delivery, Finish, Followers, Reads, Rows, Work, write_rows

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger(__name__)

BATCH_ACTIONS = 256  # more would make the first of a batch wait without raising throughput
BATCH_SECONDS = 0.02  # of work before a commit, where commits are quick
LONGEST_BATCH_SECONDS = 0.1  # however slow they are: so long the first of a batch waits for it
COMMITS_WORTH = 4  # so much longer than its commit a batch may take, if so much waits
TRIES = 5  # of an action by itself that loses races with other hubs' transactions
_LOST_RACES = ("40P01", "40001")  # PostgreSQL: deadlock detected, serialization failure
NOT_STORED = "The hub could not store this; please try again."
IN_DOUBT = "The hub cannot tell whether this was stored; please look before you try again."
QUEUE_ACTIONS = 50_000  # a station's message is refused (InternalError) rather than memory lost


class _Job:
    """One action on its way, and who waits for it."""

    __slots__ = ("call", "deliveries", "error", "future", "last", "loop", "result", "topics")

    def __init__(
        self,
        call: Callable[[Work], Any],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Any],
    ) -> None:
        self.call = call
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.deliveries: list[Delivery] = []
        self.topics: list[str] = []
        self.last: dict[Finish, list[Any]] = {}


class Pace:
    """How long a batch may go on, in seconds: where commits are slow, more share one.

    Flushing a disk takes 2 ms here and 30 ms there. Nobody is kept waiting for more to come: only
    what waits already is taken along.
    """

    def __init__(self) -> None:
        self.batch_s = BATCH_SECONDS

    def committed(self, took_s: float) -> None:
        """What the last commit took says how long the next batch may."""
        self.batch_s = min(max(BATCH_SECONDS, COMMITS_WORTH * took_s), LONGEST_BATCH_SECONDS)


class Store:
    """One database. `do` changes it, `read` asks it."""

    def __init__(self, database: str, followers: Followers | None = None) -> None:
        self.database = database
        self.followers: Followers = followers or {}
        self.committed: Callable[[list[Delivery]], None] = lambda deliveries: None
        self.changed: Callable[[list[str]], None] = lambda topics: None
        self.pace = Pace()
        self._write_engine = write_engine(database)
        self._read_engine = read_engine(database)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="chargehub-reader")
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="chargehub-writer", daemon=True)
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread.start()

    async def do(
        self, action: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run the action and commit. Raises what the action raises, or Unavailable."""
        if self._closed or self._queue.qsize() > QUEUE_ACTIONS:
            raise Unavailable("The hub takes no changes right now.")
        loop = self._current_loop()
        future: asyncio.Future[T] = loop.create_future()
        call: Callable[[Work], T] = partial(_call, action, args, kwargs)
        self._queue.put(_Job(call, loop, future))
        return await future

    async def read(
        self, query: Callable[Concatenate[Reads, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query on what is committed."""
        loop = self._current_loop()
        return await loop.run_in_executor(self._readers, partial(self._query, query, args, kwargs))

    def _current_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the process, looked up once: in Python 3.11 each look-up is a system call."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.get_running_loop()
        return self._loop

    @property
    def waiting(self) -> int:
        """How many actions wait for the writer."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Finish what was queued, then let go of the database."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._readers.shutdown(wait=True)
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _query(self, query: Callable[..., T], args: Any, kwargs: Any) -> T:
        try:
            with self._read_engine.connect() as connection, connection.begin():
                return query(Reads(connection), *args, **kwargs)
        except DBAPIError as error:
            raise Unavailable("The hub cannot read its database right now.") from error

    def _run(self) -> None:
        """The writer thread: one connection for its whole life, one transaction a batch."""
        waiting: deque[_Job] = deque()
        open_for_more = True
        while open_for_more or waiting:
            open_for_more = self._take(waiting, open_for_more)
            if waiting:
                self._settle(_commit(self._write_engine, self.followers, waiting, self.pace))

    def _take(self, waiting: deque[_Job], open_for_more: bool) -> bool:
        """Fill up from the queue; wait only when there is nothing to do. False: closed."""
        while open_for_more and len(waiting) < BATCH_ACTIONS:
            try:
                job = self._queue.get(block=not waiting)
            except queue.Empty:
                break
            if job is None:
                return False
            waiting.append(job)
        return open_for_more

    def _settle(self, batch: list[_Job]) -> None:
        """Tell everybody who waits, loop by loop."""
        for loop in {job.loop for job in batch}:
            jobs = [job for job in batch if job.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._answer, jobs)

    def _answer(self, jobs: list[_Job]) -> None:
        deliveries = [delivery for job in jobs for delivery in job.deliveries]
        if deliveries:
            self.committed(deliveries)
        self.changed([topic for job in jobs for topic in job.topics])
        for job in jobs:
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)


def _call(action: Callable[..., T], args: Any, kwargs: Any, work: Work) -> T:
    return action(work, *args, **kwargs)


def _commit(engine: Engine, followers: Followers, waiting: deque[_Job], pace: Pace) -> list[_Job]:
    """Run what waits in one transaction, as far as the time goes; give back what was run.

    If the transaction cannot stand, every action of it runs again in one of its own: an action
    touches no memory outside its work, so it may. If none can begin, everybody hears so at once.
    A transaction that was committed, though nobody said so, stands as it is.
    """
    batch: list[_Job] = []
    transaction: str | None = None
    try:
        with engine.connect() as connection:
            with connection.begin():
                _run_batch(connection, followers, waiting, batch, pace.batch_s)
                transaction = outcome.transaction_of(connection)
                run_at = time.monotonic()
            pace.committed(time.monotonic() - run_at)
    except Exception as error:  # whatever it is, the writer lives on and everybody is answered
        log.warning("batch failed", actions=len(batch), error=type(error).__name__)
        if not batch:
            return _refuse(waiting, error)
        match outcome.of(engine, transaction):
            case "aborted":
                for job in batch:
                    _commit_alone(engine, followers, job)
            case "unknown":
                _doubt(batch, error)
    return batch


def _doubt(batch: list[_Job], error: Exception) -> None:
    """Nobody knows what was stored: callers hear that it failed, and nothing is done again.

    Followers are told, for if it was stored nobody else would tell them.
    """
    log.error("commit in doubt", actions=len(batch), exc_info=error)
    for job in batch:
        job.error = job.error or Unavailable(IN_DOUBT)


def _refuse(waiting: deque[_Job], error: Exception) -> list[_Job]:
    log.error("database not to be had", actions=len(waiting), exc_info=error)
    batch = list(waiting)
    waiting.clear()
    for job in batch:
        job.error = Unavailable(NOT_STORED)
    return batch


def _run_batch(
    connection: Connection,
    followers: Followers,
    waiting: deque[_Job],
    batch: list[_Job],
    batch_s: float = BATCH_SECONDS,
) -> None:
    deadline = time.monotonic() + batch_s
    appended: Rows = {}
    while waiting and (not batch or time.monotonic() < deadline):
        batch.append(waiting.popleft())
        _run_one(connection, followers, appended, batch[-1])
    write_rows(connection, appended)
    _finish(connection, batch)


def _finish(connection: Connection, batch: list[_Job]) -> None:
    together: dict[Finish, list[Any]] = {}
    for job in batch:
        for finish, items in job.last.items():
            together.setdefault(finish, []).extend(items)
    for finish, items in together.items():
        finish(connection, items)


def _run_one(connection: Connection, followers: Followers, appended: Rows, job: _Job) -> None:
    """One action under its own savepoint: if it fails, the batch stands without it."""
    work = Work(connection, followers, appended)
    try:
        job.result = job.call(work)
    except Exception as error:  # the caller's to judge, whatever it is; the batch goes on
        if _lost_a_race(error):
            raise  # the whole transaction is gone with it, and all of it runs again
        work.undo(error)
        job.error, job.last = error, {}
    else:
        work.keep(appended)
        job.deliveries, job.topics, job.last = work.deliveries, work.topics, work.last


def _lost_a_race(error: Exception) -> bool:
    """Another hub's transaction and this one waited for each other, and the database chose."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _LOST_RACES


def _commit_alone(engine: Engine, followers: Followers, job: _Job, tries: int = TRIES) -> None:
    job.result, job.error, job.deliveries, job.topics = None, None, [], []
    transaction: str | None = None
    try:
        with engine.connect() as connection, connection.begin():
            _run_batch(connection, followers, deque([job]), [])
            transaction = outcome.transaction_of(connection)
    except Exception as error:  # see above
        match outcome.of(engine, transaction):
            case "aborted" if tries > 1 and _lost_a_race(error):
                _commit_alone(engine, followers, job, tries - 1)
            case "aborted":
                log.error("not stored", exc_info=error)
                job.error = Unavailable(NOT_STORED)
                job.deliveries, job.topics = [], []
            case "unknown":
                _doubt([job], error)
