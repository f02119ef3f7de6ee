"""Posting on real databases: once, balanced, never on the wrong side, never edited."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from chargehub.ledger import rules, tables
from chargehub.ledger.actions import post, reverse
from chargehub.ledger.routes import router
from chargehub.ledger.rules import (
    AlreadyReversed,
    Entry,
    Overdrawn,
    Transfer,
    TransferClash,
    UnbalancedTransfer,
    UnknownTransfer,
    energy_transfer,
    transfer_id,
)
from chargehub.ledger.tables import ACCOUNT, ENTRY, TXN, Holding
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from tests.rest.app import application, client

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def moving(
    name: str, amount: int, debit: str, credit: str, asset: str = "EUR", **more: Any
) -> Transfer:
    entries = rules.moved(amount, asset, debit, credit)
    return Transfer(transfer_id(name), "test", entries, NOON, **more)


CAPTURED = moving("captured", 810, "psp:pending", "owner:accrued:o")
MATURED = moving("matured", 810, "owner:accrued:o", "owner:payable:o")


async def test_a_posted_transfer_stands_in_the_balances(store: Store) -> None:
    assert await store.do(post, CAPTURED) == "posted"
    assert await store.do(post, MATURED) == "posted"

    assert await store.read(tables.balances, "") == (
        ("owner:accrued:o", "EUR", 0),
        ("owner:payable:o", "EUR", -810),
        ("psp:pending", "EUR", 810),
    )
    assert await store.read(tables.balances, "owner:") == (
        ("owner:accrued:o", "EUR", 0),
        ("owner:payable:o", "EUR", -810),
    )
    assert await store.read(tables.balance, "owner:payable:o", "EUR") == -810
    assert await store.read(tables.balance, "psp:pending", "EUR") == 810
    assert await store.read(tables.balance, "psp:pending", "JPY") == 0
    assert await store.read(tables.transfer, CAPTURED.id) == CAPTURED
    assert await store.read(tables.transfer, "another") is None


async def test_the_same_transfer_again_moves_nothing(store: Store) -> None:
    """A reaction may run twice, and late."""
    await store.do(post, CAPTURED)
    later = replace(CAPTURED, effective_at=NOON + timedelta(days=3))

    assert await store.do(post, later) == "exists"

    assert await store.read(tables.balance, "psp:pending", "EUR") == 810
    assert await store.read(tables.balance, "owner:accrued:o", "EUR") == -810
    assert await store.read(tables.count_transfers) == 1


async def test_a_transfer_twice_in_one_unit_of_work_is_once(store: Store) -> None:
    assert await store.do(lambda work: [post(work, CAPTURED), post(work, CAPTURED)]) == [
        "posted",
        "exists",
    ]

    assert await store.read(tables.balance, "psp:pending", "EUR") == 810


async def test_another_transfer_under_the_same_id_is_a_clash(store: Store) -> None:
    await store.do(post, CAPTURED)
    other = replace(CAPTURED, entries=moving("x", 811, "psp:pending", "owner:accrued:o").entries)

    with pytest.raises(TransferClash):
        await store.do(post, other)

    assert await store.read(tables.balance, "psp:pending", "EUR") == 810


async def test_an_account_with_a_side_is_never_overdrawn(store: Store) -> None:
    await store.do(post, CAPTURED)
    too_much = moving("matured", 811, "owner:accrued:o", "owner:payable:o")

    with pytest.raises(Overdrawn, match="owner:accrued:o has no 811 EUR to give"):
        await store.do(post, too_much)

    assert await store.read(tables.count_transfers) == 1
    assert await store.read(tables.balance, "owner:accrued:o", "EUR") == -810
    assert await store.read(tables.balance, "owner:payable:o", "EUR") == 0
    assert await store.do(post, MATURED) == "posted"


async def test_an_account_that_was_never_used_has_nothing_to_give(store: Store) -> None:
    for wrong in (
        moving("a", 1, "owner:payable:o", "psp:available"),
        moving("b", 1, "psp:available", "driver:receivable:d"),
        moving("c", 1, "burned", "wallet:d", asset="CHG"),
    ):
        with pytest.raises(Overdrawn):
            await store.do(post, wrong)


async def test_an_account_without_a_side_may_go_either_way(store: Store) -> None:
    await store.do(post, moving("a", 5, "psp:pending", "psp:available"))

    assert await store.read(tables.balance, "psp:available", "EUR") == -5


async def test_both_ways_within_one_transfer_count_as_their_difference(store: Store) -> None:
    entries = (
        *rules.moved(5, "EUR", "owner:payable:o", "psp:available"),
        *rules.moved(7, "EUR", "psp:available", "owner:payable:o"),
    )

    await store.do(post, Transfer(transfer_id("x"), "test", entries, NOON))

    assert await store.read(tables.balance, "owner:payable:o", "EUR") == -2


async def test_an_unbalanced_transfer_leaves_no_trace(store: Store) -> None:
    entries = (Entry("psp:pending", "EUR", 5), Entry("psp:available", "EUR", -4))

    with pytest.raises(UnbalancedTransfer):
        await store.do(post, Transfer(transfer_id("x"), "test", entries, NOON))

    assert await store.read(tables.count_transfers) == 0


async def test_a_transfer_is_reversed_once(store: Store) -> None:
    await store.do(post, CAPTURED)

    assert await store.do(reverse, CAPTURED.id, "reversal", "metered twice", NOON) == "posted"
    assert await store.do(reverse, CAPTURED.id, "reversal", "metered twice", NOON) == "exists"
    with pytest.raises(AlreadyReversed):
        await store.do(reverse, CAPTURED.id, "reversal-2", "metered twice", NOON)

    assert await store.read(tables.balance, "psp:pending", "EUR") == 0
    assert await store.read(tables.balance, "owner:accrued:o", "EUR") == 0
    undone = await store.read(tables.transfer, "reversal")
    assert undone is not None
    assert (undone.kind, undone.reverses) == ("test_reversed", CAPTURED.id)
    assert undone.reason == "metered twice"


async def test_a_transfer_is_reversed_in_the_unit_of_work_that_posted_it(store: Store) -> None:
    def both(work: Work) -> None:
        post(work, CAPTURED)
        reverse(work, CAPTURED.id, "reversal", "never mind", NOON)

    await store.do(both)

    assert await store.read(tables.balance, "psp:pending", "EUR") == 0


async def test_what_was_never_posted_cannot_be_reversed(store: Store) -> None:
    with pytest.raises(UnknownTransfer):
        await store.do(reverse, "another", "reversal", "why not", NOON)


async def test_what_the_owner_was_paid_cannot_just_be_reversed(store: Store) -> None:
    await store.do(post, CAPTURED)
    await store.do(post, MATURED)

    with pytest.raises(Overdrawn):
        await store.do(reverse, CAPTURED.id, "reversal", "too late", NOON)


async def test_two_workers_on_one_step_post_one_transfer(store: Store) -> None:
    answers = await asyncio.gather(*(store.do(post, CAPTURED) for _ in range(20)))

    assert sorted(answers) == ["exists"] * 19 + ["posted"]
    assert await store.read(tables.balance, "psp:pending", "EUR") == 810


async def test_of_many_who_want_the_same_balance_only_so_many_get_it(store: Store) -> None:
    await store.do(post, moving("captured", 250, "psp:pending", "owner:accrued:o"))
    wanted = [moving(f"m{n}", 100, "owner:accrued:o", "owner:payable:o") for n in range(10)]

    answers = await asyncio.gather(
        *(store.do(post, transfer) for transfer in wanted), return_exceptions=True
    )

    assert answers.count("posted") == 2
    assert sum(isinstance(answer, Overdrawn) for answer in answers) == 8
    assert await store.read(tables.balance, "owner:accrued:o", "EUR") == -50


CHANGES: dict[str, Callable[[], Any]] = {
    "edit an amount": lambda: update(ENTRY).values(amount=0),
    "delete entries": lambda: delete(ENTRY),
    "edit a transfer": lambda: update(TXN).values(kind="other"),
    "delete transfers": lambda: delete(TXN),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_posted_cannot_be_changed(store: Store, change: str) -> None:
    """Not even by whoever goes round the actions."""
    await store.do(post, CAPTURED)

    with pytest.raises(IntegrityError, match="ledger_append_only"):
        await store.do(lambda work: work.execute(CHANGES[change]()))

    assert await store.read(tables.transfer, CAPTURED.id) == CAPTURED


async def test_the_database_itself_knows_the_side_of_an_account(store: Store) -> None:
    await store.do(post, CAPTURED)
    wrong = update(ACCOUNT).values(balance=1)

    with pytest.raises(IntegrityError, match="right_side"):
        await store.do(lambda work: work.execute(wrong))


async def test_the_database_itself_knows_that_entries_need_a_transfer(store: Store) -> None:
    orphan = insert(ENTRY).values(txn_id="x", position=0, account="a", asset="EUR", amount=1)

    with pytest.raises(IntegrityError):
        await store.do(lambda work: work.execute(orphan))


async def test_who_is_owed_most_comes_first(store: Store) -> None:
    for name, amount in (("a", 10), ("b", 300), ("c", 20)):
        await store.do(post, moving(name, amount, "psp:pending", f"owner:payable:{name}"))
    await store.do(post, moving("d", 20, "owner:payable:c", "psp:available"))

    found = await store.read(tables.holdings, "owner:payable")

    assert found == (Holding("b", "EUR", -300), Holding("a", "EUR", -10))
    assert await store.read(tables.holdings, "owner:payable", 1) == found[:1]


ACCOUNTS = st.sampled_from(
    ["psp:pending", "psp:available", "owner:accrued:o", "owner:payable:o", "driver:receivable:d"]
)
MOVES = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, 1000), ACCOUNTS, ACCOUNTS, st.sampled_from(["EUR", "JPY"])
    ),
    max_size=15,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moves=MOVES)
async def test_whatever_is_posted_the_ledger_sums_to_zero(
    store: Store, moves: list[tuple[int, int, str, str, str]]
) -> None:
    """Ids repeat, bodies clash, accounts run dry: what stands is balanced, and cached rightly."""

    run = new_id()

    async def posted() -> None:
        for number, amount, debit, credit, asset in moves:
            wanted = moving(f"{run} {number}", amount, debit, credit, asset)
            try:
                await store.do(post, wanted)
            except (TransferClash, Overdrawn):
                continue

    await posted()
    first = await store.read(tables.balances, "")
    await posted()

    assert set((await store.read(tables.asset_sums)).values()) <= {0}
    again = await store.read(tables.balances, "")
    sums = {(code, asset): total for code, asset, total in again}
    has_side = {key for key in sums if rules.family(*key).side}
    assert await store.read(_carried) == {key: sums[key] for key in has_side}
    assert all(rules.family(code, asset).side * total >= 0 for code, asset, total in again)
    assert {code for code, *_ in first} <= {code for code, *_ in again}


def _carried(reads: Reads) -> dict[tuple[str, str], int]:
    rows = reads.all(select(ACCOUNT.c.code, ACCOUNT.c.asset, ACCOUNT.c.balance))
    return {(code, asset): balance for code, asset, balance in rows}


async def test_energy_is_accounted_for_and_counted(store: Store) -> None:
    wanted = [
        energy_transfer("s1", "e1", 20_000, 20_000, 0, {}, 1, NOON),
        energy_transfer("s2", "e1", 5_000, 0, 5_000, {}, 1, NOON),
        energy_transfer("s3", "e2", 700, 0, 0, {"unknown_token": 700}, 1, NOON),
        energy_transfer("s4", "e2", 0, 0, 0, {}, 1, NOON),
    ]
    for transfer in wanted:
        await store.do(post, transfer)
    await store.do(reverse, wanted[0].id, "credit", "misread", NOON)
    await store.do(post, energy_transfer("s1", "e1", 19_000, 19_000, 0, {}, 2, NOON))

    totals = await store.read(tables.energy_totals)

    assert totals == tables.EnergyTotals(
        metered_wh=24_700, billed_wh=19_000, free_wh=5_000, unbilled_wh=700, sessions=4, cdrs=5
    )
    assert await store.read(tables.asset_sums) == {"WH": 0}


async def test_an_empty_ledger_has_nothing_in_it(store: Store) -> None:
    assert await store.read(tables.asset_sums) == {}
    assert await store.read(tables.energy_totals) == tables.EnergyTotals(0, 0, 0, 0, 0, 0)


async def test_anybody_may_read_the_audit(store: Store) -> None:
    await store.do(post, CAPTURED)
    await store.do(post, energy_transfer("s1", "e1", 20_000, 19_500, 500, {}, 1, NOON))

    async with client(application(router, hub=SimpleNamespace(store=store))) as http:
        answer = await http.get("/ledger/audit")

    assert answer.json() == {
        "sums": {"EUR": 0, "WH": 0},
        "transfers": 2,
        "energy": {"metered_wh": 20_000, "billed_wh": 19_500, "free_wh": 500, "unbilled_wh": 0},
        "sessions": 1,
        "cdrs": 1,
    }


async def test_the_audit_tells_when_the_law_is_broken(store: Store) -> None:
    """Entries that went round the actions show up, whatever the carried balances say."""
    await store.do(post, CAPTURED)
    stray = text(
        "INSERT INTO ledger_entry (txn_id, position, account, asset, amount)"
        " VALUES (:id, 9, 'psp:pending', 'EUR', 7)"
    )
    await store.do(lambda work: work.execute(stray, id=CAPTURED.id))

    assert await store.read(tables.asset_sums) == {"EUR": 7}
    assert await store.read(lambda reads: reads.value(select(func.count()).select_from(ENTRY))) == 3
