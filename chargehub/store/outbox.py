"""Deliveries: what is owed to followers of events, in order, with retry and parking.

A delivery is a row written in the commit of its event and deleted in the commit of what follows.
Those of one aggregate run one after the other; a parked one blocks only its aggregate.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from chargehub import events
from chargehub.clock import Clock
from chargehub.store.hot import Hot
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Delivery, Reads, Work, table_of
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

MAX_TRIES = 12  # with the backoff below about 70 minutes; after that a person must look
FIRST_WAIT_S = 1.0
MAX_WAIT = timedelta(minutes=15)
AT_ONCE = 256  # aggregates served at the same time: the size of a batch of the writer
RELOAD = 5_000  # rows read back at start-up at a time

Reaction = Callable[[Work, Any, datetime], None]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something done outside any transaction, and the action that records its outcome.

    `run(event, key)` may reach the network; `key` is the same at every try of one delivery.
    """

    run: Callable[[Any, str], Awaitable[Any]]
    record: Callable[[Work, Any, Any, datetime], None]

    @property
    def name(self) -> str:
        return _name(self.record)


Reactions = Mapping[type[events.Event], list[Reaction | Effect]]


def _name(function: Any) -> str:
    return f"{function.__module__.removeprefix('chargehub.')}.{function.__name__}"


def name_of(follower: Reaction | Effect) -> str:
    """A follower's name in the delivery table: its folder, file and function."""
    return follower.name if isinstance(follower, Effect) else _name(follower)


class Relay:
    """Hands every event to its followers, and tries again until it worked or is parked."""

    def __init__(self, store: Store, clock: Clock, reactions: Reactions) -> None:
        self._store = store
        self._clock = clock
        self._followers = {
            name_of(follower): follower for rows in reactions.values() for follower in rows
        }
        store.followers = {kind: [name_of(f) for f in rows] for kind, rows in reactions.items()}
        self._queues: dict[str, deque[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False

    async def start(self) -> None:
        """Take up what an earlier process left, then follow every commit."""
        self._store.committed = self._accept
        owed, blocked = await self._store.read(_left_over)
        self._accept(owed)
        for aggregate in blocked:  # what is recorded from now on waits with what is parked
            self._queues.setdefault(aggregate, deque())

    async def stop(self) -> None:
        """Stop after the deliveries in hand; what is left stays in the table."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is in hand; deliveries that wait for another try do not count."""
        while self._tasks:
            await self._idle.wait()

    @property
    def pending(self) -> int:
        """How many deliveries are in hand."""
        return sum(len(waiting) for waiting in self._queues.values())

    def _accept(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            aggregate = delivery.event.aggregate
            waiting = self._queues.get(aggregate)
            if waiting is not None:
                waiting.append(delivery)
                continue
            self._queues[aggregate] = deque([delivery])
            if not self._stopped:
                self._begin(aggregate)

    def _begin(self, aggregate: str) -> None:
        self._idle.clear()
        task = asyncio.get_running_loop().create_task(self._serve(aggregate))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery task broke", exc_info=error)

    async def _serve(self, aggregate: str) -> None:
        """Deliver an aggregate's events in order, until none is left or one must wait."""
        waiting = self._queues[aggregate]
        async with self._slots:
            while waiting and not self._stopped:
                if not await self._deliver(waiting[0], aggregate):
                    return
                waiting.popleft()
        if not waiting:
            del self._queues[aggregate]

    async def _deliver(self, delivery: Delivery, aggregate: str) -> bool:
        follower = self._followers.get(delivery.follower)
        try:
            if follower is None:
                raise LookupError(f"no follower is called {delivery.follower}")
            if isinstance(follower, Effect):
                outcome = await follower.run(delivery.event, delivery.id)
                await self._store.do(_record, follower, delivery, outcome, self._clock.now())
            else:
                await self._store.do(_react, follower, delivery, self._clock.now())
        except Exception as error:  # the edge where everything is retried, bounded
            await self._postpone(delivery, aggregate, error)
            return False
        return True

    async def _postpone(self, delivery: Delivery, aggregate: str, error: Exception) -> None:
        delivery.tries += 1
        parked = delivery.tries >= MAX_TRIES
        wait = min(timedelta(seconds=FIRST_WAIT_S * 2 ** (delivery.tries - 1)), MAX_WAIT)
        facts = {"follower": delivery.follower, "aggregate": aggregate, "tries": delivery.tries}
        if parked:
            log.error("delivery parked", **facts, exc_info=error)
        else:
            log.warning("delivery postponed", **facts, error=f"{type(error).__name__}: {error}")
        try:
            await self._store.do(_note_failure, delivery, _legible(error), parked, wait)
        except Exception as fault:  # noted or not, the delivery must come again
            log.warning("failure not noted", **facts, fault=type(fault).__name__)
        if not parked and not self._stopped:
            asyncio.get_running_loop().call_later(wait.total_seconds(), self._retry, aggregate)

    def _retry(self, aggregate: str) -> None:
        if not self._stopped and aggregate in self._queues:
            self._begin(aggregate)


def _legible(error: Exception) -> str:
    return str(error).replace("\x00", "")[:500]  # PostgreSQL's text has no NUL


def _react(work: Work, reaction: Reaction, delivery: Delivery, now: datetime) -> None:
    if work.execute(_DONE, delivery_id=delivery.id):
        reaction(work, delivery.event, now)


def _record(work: Work, effect: Effect, delivery: Delivery, outcome: Any, now: datetime) -> None:
    if work.execute(_DONE, delivery_id=delivery.id):
        effect.record(work, delivery.event, outcome, now)


_DONE = Hot(delete(DeliveryRow).where(col(DeliveryRow.id) == bindparam("delivery_id")))


def _note_failure(
    work: Work, delivery: Delivery, error: str, parked: bool, wait: timedelta
) -> None:
    work.execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id) == delivery.id)
        .values(
            tries=delivery.tries,
            error=error,
            state="parked" if parked else "pending",
            due_at=datetime.now(UTC) + wait,
        )
    )


def _left_over(reads: Reads) -> tuple[list[Delivery], set[str]]:
    """Every delivery that is owed, oldest first, and the aggregates that wait for a person."""
    statement = (
        select(table_of(DeliveryRow), col(EventRow.name), col(EventRow.body))
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .order_by(col(DeliveryRow.id))
        .limit(RELOAD)
        .offset(bindparam("skip"))
    )
    found: list[Delivery] = []
    blocked: set[str] = set()
    skip = 0
    while rows := reads.all(statement, skip=skip):
        skip += len(rows)
        for row in rows:
            if row.state == "parked":
                blocked.add(row.aggregate)
            if row.aggregate not in blocked:
                event = getattr(events, row.name)(**row.body)
                found.append(Delivery(row.id, event, row.follower, row.tries))
    return found, blocked


def parked(reads: Reads, limit: int = 100) -> list[dict[str, Any]]:
    """Deliveries that wait for a person, oldest first."""
    statement = (
        select(DeliveryRow)
        .where(col(DeliveryRow.state) == "parked")
        .order_by(col(DeliveryRow.id))
        .limit(limit)
    )
    return [
        {"id": row.id, "follower": row.follower, "aggregate": row.aggregate, "error": row.error}
        for row in reads.all(statement)
    ]
