"""What the clock starts: what cannot be done keeps nothing else from being done."""

from datetime import datetime

from sqlalchemy import select

from chargehub import events
from chargehub.clock import HandClock
from chargehub.jobs import RETRY_AFTER, Jobs
from chargehub.store.chunk import SIZE, Chunk
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store


async def test_a_job_that_fails_does_not_stop_those_after_it(
    store: Store, clock: HandClock
) -> None:
    """Or else a query that breaks would keep every owner from being paid."""
    seen = []

    def broken(work: Work, now: datetime, chunk: Chunk) -> int:
        raise ValueError("a query that breaks")

    def sound(work: Work, now: datetime, chunk: Chunk) -> int:
        seen.append(now)
        return 1

    jobs = Jobs(store, clock, tick_s=3600, due=(broken, sound))
    done = await jobs.run_due()

    assert (done, seen) == (1, [clock.now()])
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

    def _do(self, work: Work, number: int) -> None:
        self.tried.append(number)
        work.record(events.StationConnected(str(number)))
        if number in self.bad:
            work.flush()
            raise ValueError("a row that nobody can handle")


def stored(reads: Reads) -> list[int]:
    event = table_of(EventRow)
    rows = reads.all(select(event.c.body).order_by(event.c.id).limit(1_000))
    return [int(row.body["station_id"]) for row in rows]


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
