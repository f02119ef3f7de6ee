"""Deliveries: what is owed to followers of events, in order, with retry and parking.

A delivery is a row written in the commit of its event and deleted in the commit of what follows.
Those of one aggregate run one after the other; a parked one blocks only its aggregate.
Reactions that follow each other share a commit; if one fails, each has its own again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog

from chargehub import events
from chargehub.clock import Clock
from chargehub.store import deliveries as table
from chargehub.store.work import Delivery, UnknownEvent, Work
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

MAX_TRIES = 12  # with the backoff below about 70 minutes; after that a person must look
FIRST_WAIT_S = 1.0
MAX_WAIT = timedelta(minutes=15)
AT_ONCE = 256  # reactions, or effects of one kind, at the same time: a batch of the writer
TOGETHER = 16  # reactions to an aggregate's events in one unit of work

Reaction = Callable[[Work, Any, datetime], None]


class NotOurs(Exception):
    """Somebody outside failed whom no operator can mend: it is parked without alarm."""


class Hopeless(Exception):
    """No further try can succeed: a person must look at once."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something done outside any transaction, and the action that records its outcome.

    `run(event, key)` may reach the network; `key` is the same at every try of one delivery.
    `at_once`: how many run at the same time; those of another effect have places of their own.
    `tries`, `longest_wait`: how long it is tried before it is parked.
    """

    run: Callable[[Any, str], Awaitable[Any]]
    record: Callable[[Work, Any, Any, datetime], None]
    at_once: int = AT_ONCE
    tries: int = MAX_TRIES
    longest_wait: timedelta = MAX_WAIT

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
        self._parked: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._places = {
            name: asyncio.Semaphore(follower.at_once)
            for name, follower in self._followers.items()
            if isinstance(follower, Effect)
        }
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False

    async def start(self) -> None:
        """Take up what an earlier process left, then follow every commit."""
        self._store.committed = self._accept
        left = await self._store.read(table.left_over)
        self._accept(left.owed)
        self._parked = set(left.parked)
        for aggregate in left.parked.values():  # what is recorded from now on waits behind it
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

    @property
    def parked(self) -> int:
        """How many deliveries wait for a person."""
        return len(self._parked)

    async def retry(self, delivery_id: str) -> bool:
        """Try a parked delivery anew, and then what waits behind it. False: it is not parked."""
        if not await self._store.do(table.release, delivery_id):
            return False
        self._parked.discard(delivery_id)
        released = await self._store.read(table.delivery, delivery_id)
        assert released is not None, delivery_id
        aggregate = released.aggregate
        owed = await self._store.read(table.owed_to, aggregate)
        here = self._queues.get(aggregate, ())  # it may hold what was recorded since
        merged = {each.id: each for each in (*here, *owed)}
        self._queues[aggregate] = deque(merged[key] for key in sorted(merged))
        self._begin(aggregate)
        return True

    def _accept(self, deliveries: Sequence[Delivery]) -> None:
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
        while waiting and not self._stopped:
            done = await self._deliver_together(waiting)
            if not done:
                if not await self._deliver(waiting[0], aggregate):
                    return
                done = 1
            for _ in range(done):
                waiting.popleft()
        if not waiting:
            del self._queues[aggregate]

    async def _deliver_together(self, waiting: Sequence[Delivery]) -> int:
        """Run the reactions at the head in one unit of work; how many. 0: one at a time, please."""
        batch = list(self._reactions_at_head(waiting))
        if len(batch) < 2:
            return 0
        try:
            async with self._slots:
                await self._store.do(_react, batch, self._clock.now())
        except Exception:  # each is tried by itself, and judged there
            return 0
        return len(batch)

    def _reactions_at_head(
        self, waiting: Sequence[Delivery]
    ) -> Iterator[tuple[Reaction, Delivery]]:
        for delivery in islice(waiting, TOGETHER):
            follower = self._followers.get(delivery.follower)
            is_new = not delivery.tries and not isinstance(delivery.event, UnknownEvent)
            if follower is None or isinstance(follower, Effect) or not is_new:
                return
            yield follower, delivery

    async def _deliver(self, delivery: Delivery, aggregate: str) -> bool:
        follower = self._followers.get(delivery.follower)
        try:
            if isinstance(delivery.event, UnknownEvent):
                raise Hopeless(delivery.event.why)
            if follower is None:
                raise LookupError(f"no follower is called {delivery.follower}")
            if isinstance(follower, Effect):
                await self._bring_about(follower, delivery)
            else:
                async with self._slots:
                    alone = ((follower, delivery),)
                    await self._store.do(_react, alone, self._clock.now())
        except Exception as error:  # the edge where everything is retried, bounded
            await self._postpone(delivery, aggregate, error)
            return False
        return True

    async def _bring_about(self, effect: Effect, delivery: Delivery) -> None:
        """Run the effect in a place of its own kind, so that a slow one delays no other kind."""
        if delivery.tries and not await self._store.read(table.is_owed, delivery.id):
            return  # it was stored as done, or never stored at all, and nobody could tell us
        async with self._places[effect.name]:
            outcome = await effect.run(delivery.event, delivery.id)
        async with self._slots:
            await self._store.do(_record, effect, delivery, outcome, self._clock.now())

    async def _postpone(self, delivery: Delivery, aggregate: str, error: Exception) -> None:
        delivery.tries += 1
        follower = self._followers.get(delivery.follower)
        tries, longest = MAX_TRIES, MAX_WAIT
        if isinstance(follower, Effect):
            tries, longest = follower.tries, follower.longest_wait
        parked = delivery.tries >= tries or isinstance(error, Hopeless)
        wait_s = min(FIRST_WAIT_S * 2 ** (delivery.tries - 1), longest.total_seconds())
        wait = timedelta(seconds=wait_s)
        facts = {"follower": delivery.follower, "aggregate": aggregate, "tries": delivery.tries}
        if parked and not isinstance(error, NotOurs):
            log.error("delivery parked", **facts, exc_info=error)
        else:
            what = "delivery parked" if parked else "delivery postponed"
            log.warning(what, **facts, error=f"{type(error).__name__}: {error}")
        try:
            await self._store.do(table.note_failure, delivery, _legible(error), parked, wait)
        except Exception as fault:  # noted or not, the delivery must come again
            log.warning("failure not noted", **facts, fault=type(fault).__name__)
        if parked:
            self._parked.add(delivery.id)
        elif not self._stopped:
            asyncio.get_running_loop().call_later(wait.total_seconds(), self._retry, aggregate)

    def _retry(self, aggregate: str) -> None:
        if not self._stopped and aggregate in self._queues:
            self._begin(aggregate)


def _legible(error: Exception) -> str:
    return str(error).replace("\x00", "")[:500]  # PostgreSQL's text has no NUL


def _react(work: Work, reactions: Sequence[tuple[Reaction, Delivery]], now: datetime) -> None:
    """One after the other; each finds what those before it wrote, as if that were committed."""
    owed = table.finish(work, [delivery.id for _, delivery in reactions])
    for reaction, delivery in reactions:
        if delivery.id in owed:
            reaction(work, delivery.event, now)
            work.settle()


def _record(work: Work, effect: Effect, delivery: Delivery, outcome: Any, now: datetime) -> None:
    if table.finish(work, [delivery.id]):
        effect.record(work, delivery.event, outcome, now)
