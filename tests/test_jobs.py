"""What the clock starts: what cannot be done keeps nothing else from being done."""

from datetime import datetime, timedelta

from sqlalchemy import event, select

from chargehub import events
from chargehub.clock import HandClock
from chargehub.store.chunk import SIZE, Chunk
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store
from chargehub.ticks import RETRY_AFTER, Jobs, Seldom


async def test_a_job_that_fails_does_not_stop_those_after_it(
    store: Store, clock: HandClock
) -> None:
    """Or else a query that breaks would keep every owner from being paid."""

    def broken(work: Work, now: datetime, chunk: Chunk) -> int:
        raise ValueError("a query that breaks")

    def sound(work: Work, now: datetime, chunk: Chunk) -> int:
        work.record(events.StationConnected("1"))
        return 1

    jobs = Jobs(store, clock, tick_s=3600, due=(broken, sound))
    done = await jobs.run_due()

    assert (done, await store.read(stored)) == (1, [1])
    assert jobs.failing == 1


class Numbers:
    """A job whose rows are numbers. To do one leaves an event; a bad one fails after that."""

    def __init__(self, count: int, bad: set[int]) -> None:
        self._count = count
        self.bad = bad
        self.tried: list[int] = []

    def job(self, work: Work, now: datetime, chunk: Chunk) -> int:
        done = set(stored(work))
        due = [number for number in range(self._count) if number not in done]
        return chunk.each(work, due[: chunk.limit], str, self._do)

    def idle(self, work: Work, now: datetime, chunk: Chunk) -> int:
        return chunk.each(work, [], str, self._do)

    def more(self, count: int) -> None:
        self._count += count

    def _do(self, work: Work, number: int) -> None:
        self.tried.append(number)
        work.record(events.StationConnected(str(number)))
        if number in self.bad:
            work.flush()
            raise ValueError("a row that nobody can handle")


def stored(reads: Reads) -> list[int]:
    table = table_of(EventRow)
    rows = reads.all(select(table.c.body).order_by(table.c.id).limit(1_000))
    return [int(row.body["station_id"]) for row in rows]


def count_writes(store: Store) -> list[object]:
    """A list that grows with every transaction of the writer that begins from now on."""
    begun: list[object] = []
    event.listen(store._write_engine, "begin", begun.append)
    return begun


async def test_a_row_that_cannot_be_done_leaves_nothing_and_stops_no_other(
    store: Store, clock: HandClock
) -> None:
    store.followers = {events.StationConnected: ["somebody"]}
    told: list[object] = []
    store.committed = told.extend
    numbers = Numbers(5, bad={0, 3})
    jobs = Jobs(store, clock, tick_s=3600, due=(numbers.job,))

    done = await jobs.run_due()

    assert (done, len(told), jobs.put_off) == (3, 3, 2)
    assert await store.read(stored) == [1, 2, 4]


async def test_more_bad_rows_than_a_chunk_holds_starve_nobody(
    store: Store, clock: HandClock
) -> None:
    """They stand first every time. Each is tried once, and no more before its hour is over."""
    bad = set(range(2 * SIZE + 1))
    numbers = Numbers(len(bad) + 2, bad)
    jobs = Jobs(store, clock, tick_s=3600, due=(numbers.job,))

    first, again = await jobs.run_due(), await jobs.run_due()

    assert (first, again) == (2, 0)
    assert numbers.tried == list(range(len(bad) + 2))


async def test_a_bad_row_is_tried_again_after_a_while(store: Store, clock: HandClock) -> None:
    numbers = Numbers(2, bad={0})
    jobs = Jobs(store, clock, tick_s=3600, due=(numbers.job,))
    await jobs.run_due()

    numbers.bad = set()
    clock.advance(RETRY_AFTER)
    done = await jobs.run_due()

    assert (done, jobs.put_off) == (1, 0)
    assert sorted(await store.read(stored)) == [0, 1]


async def test_jobs_with_nothing_to_do_take_no_write_transaction(
    store: Store, clock: HandClock
) -> None:
    """Or an idle hub would take the database from everybody some dozen times a second."""
    numbers, others = Numbers(1, bad=set()), Numbers(0, bad=set())
    jobs = Jobs(store, clock, tick_s=3600, due=(others.idle, numbers.job))
    await jobs.run_due()
    writes = count_writes(store)

    await jobs.run_due()
    assert writes == []

    numbers.more(1)
    await jobs.run_due()
    assert len(writes) == 1


async def test_what_is_due_by_the_minute_is_not_looked_for_at_every_tick(
    store: Store, clock: HandClock
) -> None:
    """But always by who asks for all that is due."""
    numbers, others = Numbers(1, bad=set()), Numbers(1, bad=set())
    jobs = Jobs(store, clock, tick_s=3600, due=(Seldom(numbers.job), others.idle))
    await jobs.run_tick()

    numbers.more(1)
    clock.advance(timedelta(seconds=59))
    await jobs.run_tick()
    assert await store.read(stored) == [0]

    clock.advance(timedelta(seconds=1))
    await jobs.run_tick()
    assert await store.read(stored) == [0, 1]

    numbers.more(1)
    assert await jobs.run_due() == 1
