"""PostgreSQL's line breaks at the COMMIT: what was stored is not done again, nor forgotten."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from chargehub import events
from chargehub.errors import Unavailable
from chargehub.store import outcome
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Delivery, Reads, Work
from chargehub.store.writer import Store

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def count(reads: Reads) -> int:
    found: int = reads.value(select(func.count()).select_from(EventRow))
    return found


def owed(reads: Reads) -> int:
    found: int = reads.value(select(func.count()).select_from(DeliveryRow))
    return found


def happen(work: Work, number: int) -> int:
    work.record(events.StationConnected(f"station-{number}"))
    return number


@contextmanager
def line_lost_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, stored: bool
) -> Iterator[None]:
    """The next COMMIT reaches the server or not; its answer does not come either way."""
    dialect = store._write_engine.dialect
    commit, lost = dialect.do_commit, []

    def do_commit(connection: Any) -> None:
        if not lost:
            lost.append(connection)
            if stored:
                commit(connection)
            connection.driver_connection.close()
        commit(connection)

    with monkeypatch.context() as patched:
        patched.setattr(dialect, "do_commit", do_commit)
        yield
    assert lost


@pytest.mark.parametrize("stored", [True, False])
async def test_actions_whose_commit_was_not_answered_are_done_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """A deed that has no key of its own (a hold, a payout) would be done twice otherwise."""
    told: list[Delivery] = []
    store.followers = {events.StationConnected: ["somebody"]}
    store.committed = told.extend

    with line_lost_once(store, monkeypatch, stored=stored):
        outcomes = await asyncio.gather(*(store.do(happen, number) for number in range(5)))

    assert outcomes == list(range(5))
    assert await store.read(count) == await store.read(owed) == len(told) == 5


@pytest.mark.parametrize("stored", [True, False])
async def test_where_nobody_can_say_what_became_of_it_nothing_is_done_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """The callers hear that it failed; whoever follows is told all the same, if it was stored."""
    told: list[Delivery] = []
    store.followers = {events.StationConnected: ["somebody"]}
    store.committed = told.extend
    monkeypatch.setattr(outcome, "LOOK_FOR_S", 0.0)
    monkeypatch.setattr(outcome, "_status", lambda engine, transaction: None)

    with line_lost_once(store, monkeypatch, stored=stored), pytest.raises(Unavailable):
        await store.do(happen, 1)

    assert await store.read(count) == (1 if stored else 0)
    assert len(told) == 1


async def test_a_transaction_that_is_still_committing_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = iter(["in progress", None, "committed"])
    monkeypatch.setattr(outcome, "_status", lambda engine, transaction: next(seen))

    found = await asyncio.to_thread(outcome.of, store._write_engine, "1")

    assert found == "committed"
