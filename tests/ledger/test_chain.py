"""The hash chain over transfers, as it grows: in the order of commits, without a gap."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from chargehub.ledger import rules
from chargehub.ledger.actions import post
from chargehub.ledger.chain import GENESIS, link
from chargehub.ledger.rules import Transfer
from chargehub.ledger.tables import HEAD, LINK
from chargehub.store.columns import microseconds
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from tests.ledger.test_posting import NOON, moving


def captured(number: int) -> Transfer:
    return moving(f"captured {number}", 810, "psp:pending", "owner:accrued:o")


def links(reads: Reads) -> list[tuple[int, str, str]]:
    return [tuple(row) for row in reads.all(select(LINK).order_by(LINK.c.number))]


def expected(*transfers: Transfer) -> list[tuple[int, str, str]]:
    chain, before = [], GENESIS
    for number, one in enumerate(transfers, start=1):
        before = link(before, one.id, rules.digest(one), microseconds(NOON))
        chain.append((number, one.id, before))
    return chain


async def test_transfers_are_linked_in_the_order_of_commits(store: Store) -> None:
    """Those that share a commit too."""
    first = captured(0)
    await store.do(post, first)
    together = [captured(number) for number in range(1, 30)]
    await asyncio.gather(*(store.do(post, one) for one in together))

    chain = await store.read(links)

    assert chain == expected(first, *together)
    assert await store.read(lambda reads: reads.all(select(HEAD))) == [(1, 30, chain[-1][2])]


async def test_a_step_run_again_and_a_step_that_fails_add_no_link(store: Store) -> None:
    def fails(work: Work) -> None:
        post(work, captured(2))
        work.flush()
        raise ValueError("after posting")

    outcomes = await asyncio.gather(
        store.do(post, captured(1)),
        store.do(fails),
        store.do(post, captured(1)),
        store.do(post, captured(3)),
        return_exceptions=True,
    )

    assert [one for one in outcomes if isinstance(one, str)] == ["posted", "exists", "posted"]
    assert await store.read(links) == expected(captured(1), captured(3))


async def test_of_a_jobs_rows_only_those_that_were_done_are_linked(store: Store) -> None:
    """A job does each row in a part of its work, whole or not at all."""

    def job(work: Work) -> list[Exception | None]:
        def fails(part: Work) -> None:
            post(part, captured(2))
            raise ValueError("the second row")

        deeds = (lambda part: post(part, captured(1)), fails, lambda part: post(part, captured(3)))
        return [work.attempt(deed) for deed in deeds]

    assert [error is None for error in await store.do(job)] == [True, False, True]
    assert await store.read(links) == expected(captured(1), captured(3))


async def test_two_processes_write_one_chain(store: Store) -> None:
    """On PostgreSQL a second hub may post: whoever links holds the head until it has committed."""
    other = Store(store.database)
    try:
        await asyncio.gather(
            *((store, other)[number % 2].do(post, captured(number)) for number in range(40))
        )
    finally:
        await other.close()

    chain = await store.read(links)

    in_order = {captured(number).id: captured(number) for number in range(40)}
    assert len(chain) == 40
    assert chain == expected(*(in_order[transfer_id] for _, transfer_id, _ in chain))


CHANGES: dict[str, Callable[[], Any]] = {
    "edit a link": lambda: update(LINK).values(hash=GENESIS),
    "delete links": lambda: delete(LINK),
    "turn the head back": lambda: update(HEAD).values(number=0),
    "delete the head": lambda: delete(HEAD),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_the_chain_cannot_be_changed(store: Store, change: str) -> None:
    await store.do(post, captured(1))

    with pytest.raises(IntegrityError, match="ledger_append_only"):
        await store.do(lambda work: work.execute(CHANGES[change]()))

    assert await store.read(links) == expected(captured(1))


def test_a_link_covers_the_transfer_and_what_was_before() -> None:
    """The form is for ever: every chain that stands was made with it (here by `sha256sum`)."""
    known = "e130d3995a2770ea69a33216d0552fae7637bf06e2322c8fc229d1d257519f61"
    links = {
        link(GENESIS, "id", "digest", 1),
        link("1" * 64, "id", "digest", 1),
        link(GENESIS, "other", "digest", 1),
        link(GENESIS, "id", "other", 1),
        link(GENESIS, "id", "digest", 2),
    }

    assert len(links) == 5
    assert link(GENESIS, "id", "digest", 1) == known
