"""Laws of posting, on many rows of transfers: again is nothing, back is once, two are one."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from chargehub.ledger import tables
from chargehub.ledger.actions import post, reverse
from chargehub.ledger.rules import AlreadyReversed, Overdrawn, Transfer, TransferClash, transfer_id
from chargehub.ledger.tables import HEAD, LINK, TXN
from chargehub.store.columns import new_id
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.ledger.test_posting import ACCOUNTS, NOON, moving

SOME = settings(
    max_examples=15,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ROWS = st.lists(st.tuples(st.integers(1, 1000), ACCOUNTS, ACCOUNTS), min_size=1, max_size=8)
Row = tuple[int, str, str]


def transfers(rows: Sequence[Row]) -> list[Transfer]:
    """New ones: the database goes on from example to example."""
    run = new_id()
    return [
        moving(f"{run} {number}", amount, debit, credit)
        for number, (amount, debit, credit) in enumerate(rows)
    ]


async def posted(store: Store, wanted: Sequence[Transfer]) -> list[Transfer]:
    """Post them; those that stand."""
    stand = []
    for one in wanted:
        try:
            await store.do(post, one)
        except Overdrawn:
            continue
        stand.append(one)
    return stand


def head(reads: Reads) -> tuple[int, str]:
    """The end of the chain, which covers all there is."""
    row = reads.one(select(HEAD.c.number, HEAD.c.hash))
    return (0, "") if row is None else (row.number, row.hash)


@SOME
@given(rows=ROWS, parts=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4))
async def test_posted_again_in_any_part_changes_nothing(
    store: Store, rows: list[Row], parts: list[tuple[int, int]]
) -> None:
    """I4 and the chain: the head stands, so every transfer does; another body is refused."""
    stand = await posted(store, transfers(rows))
    before = await store.read(head)

    for first, last in parts:
        for one in stand[first:last]:
            assert await store.do(post, one) == "exists"
    for one in stand:
        other = Transfer(one.id, "other", one.entries, NOON)
        with pytest.raises(TransferClash):
            await store.do(post, other)

    assert await store.read(head) == before


@SOME
@given(rows=ROWS, backwards=st.booleans(), times=st.integers(1, 3))
async def test_a_transfer_is_taken_back_whole_and_once(
    store: Store, rows: list[Row], backwards: bool, times: int
) -> None:
    """I15: what can be taken back leaves nothing of it, and a second correction finds it taken."""
    before = dict.fromkeys((account for _, *both in rows for account in both), 0)
    for account in before:
        before[account] = await store.read(tables.balance, account, "EUR")
    left: list[Transfer] = []

    for one in await posted(store, transfers(rows if backwards else rows[:1])):
        left.insert(0, one)
    for one in left:
        back = transfer_id(one.id, "back")
        for number in range(times):
            answer = await store.do(reverse, one.id, back, "wrong", NOON)
            assert answer == ("exists" if number else "posted")
        with pytest.raises(AlreadyReversed):
            await store.do(reverse, one.id, transfer_id(one.id, "again"), "wrong", NOON)

    for account, balance in before.items():
        assert await store.read(tables.balance, account, "EUR") == balance


@SOME
@given(rows=ROWS, order=st.randoms(use_true_random=False))
async def test_two_workers_post_once(database: str, rows: list[Row], order: Random) -> None:
    """I16: two processes' writers on one database, each with all of it, in orders of their own."""
    wanted = transfers([(amount, "psp:pending", "income:platform_fee") for amount, _, _ in rows])
    stores = Store(database), Store(database)
    try:
        mine = list(wanted)
        order.shuffle(mine)
        answers = await asyncio.gather(
            *(stores[0].do(post, one) for one in mine), *(stores[1].do(post, one) for one in wanted)
        )
        count, links = await stores[0].read(_counted)
        number, _ = await stores[1].read(head)
    finally:
        for store in stores:
            await store.close()

    assert sorted(answers) == ["exists"] * len(wanted) + ["posted"] * len(wanted)
    assert count == links == number


def _counted(reads: Reads) -> tuple[int, int]:
    counts = (select(func.count()).select_from(table) for table in (TXN, LINK))
    transfers_, links = (int(reads.value(one)) for one in counts)
    return transfers_, links
