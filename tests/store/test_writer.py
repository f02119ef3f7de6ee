"""The store: one commit for many actions, each of them whole or not at all."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import bindparam, event, func, select
from sqlalchemy.exc import OperationalError

from chargehub import events
from chargehub.errors import Unavailable
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import BATCH_SECONDS, LONGEST_BATCH_SECONDS, Pace, Store

_EVENT = table_of(EventRow)
_OF_STATION = select(_EVENT.c.id).where(_EVENT.c.aggregate == bindparam("aggregate"))


def count(reads: Reads) -> int:
    found: int = reads.value(select(func.count()).select_from(EventRow))
    return found


def happen(work: Work, number: int, fails: bool = False, reads_back: bool = False) -> int:
    work.record(events.StationConnected(f"station-{number}"))
    if reads_back:
        work.flush()
    if fails:
        raise ValueError(f"action {number} fails")
    return number


async def test_an_action_is_stored_before_it_is_answered(store: Store) -> None:
    await store.do(happen, 1)

    assert await store.read(count) == 1


async def test_a_failing_action_takes_nobody_with_it(store: Store) -> None:
    """Actions share a transaction; one that raises leaves nothing, the others everything."""
    calls = [
        store.do(happen, number, fails=number % 3 == 0, reads_back=number % 2 == 0)
        for number in range(100)
    ]

    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    failed = [outcome for outcome in outcomes if isinstance(outcome, ValueError)]
    assert len(failed) == 34
    assert await store.read(count) == 66


async def test_a_table_read_back_alone_loses_and_repeats_no_row_of_others(store: Store) -> None:
    """Rows of earlier actions are written within this one's savepoint, and with it undone."""
    store.followers = {events.StationConnected: ["nobody"]}

    def happen_and_read(work: Work, number: int) -> int:
        event = events.StationConnected(f"station-{number}")
        work.record(event)
        if number % 2 == 0:
            work.flush(EventRow)
            assert work.one(_OF_STATION, aggregate=event.aggregate)
        if number % 3 == 0:
            raise ValueError(f"action {number} fails")
        return number

    calls = [store.do(happen_and_read, number) for number in range(100)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) == 34
    for table in (EventRow, DeliveryRow):
        statement = select(table_of(table).c.aggregate)
        stored = await store.read(Reads.all, statement)
        assert len(stored) == len(set(stored)) == 66


async def test_a_database_that_is_not_to_be_had_is_told_at_once_and_may_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, the writer does not spin, and the hub can still be stopped."""

    def database_away() -> Any:
        raise OperationalError("BEGIN", {}, Exception("no connection"))

    with monkeypatch.context() as patched:
        patched.setattr(store._write_engine, "connect", database_away)
        async with asyncio.timeout(5):
            calls = [store.do(happen, number) for number in range(300)]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
    await store.do(happen, 1)

    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert await store.read(count) == 1


async def test_a_closed_store_takes_nothing(store: Store) -> None:
    await store.close()

    with pytest.raises(Exception, match="no changes right now"):
        await store.do(happen, 1)


@pytest.mark.parametrize(
    ("commit_s", "batch_s"),
    [(0.0, BATCH_SECONDS), (0.004, BATCH_SECONDS), (0.01, 0.04), (9.0, LONGEST_BATCH_SECONDS)],
)
def test_a_batch_goes_on_for_four_commits_within_bounds(commit_s: float, batch_s: float) -> None:
    """Slow commits are shared by more; no slowness of one makes the next batch endless."""
    pace = Pace()

    pace.committed(commit_s)

    assert pace.batch_s == pytest.approx(batch_s)


async def test_a_slow_disk_makes_longer_batches(store: Store) -> None:
    event.listen(store._write_engine, "commit", lambda connection: time.sleep(0.03))

    await store.do(happen, 1)

    assert store.pace.batch_s == LONGEST_BATCH_SECONDS
