"""From a captured payment to a matured balance, on real databases."""

import asyncio
from dataclasses import asdict
from datetime import timedelta

import pytest

from chargehub.ledger.rules import TransferClash
from chargehub.sessions.schema import CdrRow
from chargehub.settlement import tables
from chargehub.settlement.actions import UnknownCdr, mature_due
from tests.settlement.books import DAY, Books, cdr


async def test_a_captured_session_becomes_the_owners_money(books: Books) -> None:
    """The whole way of money.md 1.4: capture, maturity, payout."""
    await books.captured(cdr("s", 900))
    assert await books.balances() == {
        "psp:pending": 900,
        "owner:accrued:o": -810,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }

    assert await books.mature() == 1
    assert await books.balances() == {
        "psp:pending": 900,
        "owner:payable:o": -810,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }

    await books.pay_out(810)
    assert await books.balances() == {
        "psp:pending": 900,
        "psp:available": -810,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }
    assert await books.settled_cdrs() == ["s-1"]


async def test_settling_again_changes_nothing(books: Books) -> None:
    """Deliveries run twice and late: also after the money has matured and left."""
    record = cdr("s", 900)
    await books.captured(record)
    once = await books.balances()

    await books.settle(record)
    assert await books.balances() == once
    await books.mature()
    await books.settle(record)
    assert await books.store.do(mature_due, books.clock.now()) == 0

    assert (await books.balances())["owner:payable:o"] == -810
    assert await books.settled_cdrs() == ["s-1"]


async def test_a_cdr_is_not_settled_with_two_amounts(books: Books) -> None:
    record = cdr("s", 900)
    await books.captured(record)

    with pytest.raises(TransferClash):
        await books.settle(record, 800)


async def test_money_for_a_cdr_that_is_not_there_is_an_error(books: Books) -> None:
    with pytest.raises(UnknownCdr):
        await books.settle(cdr("s", 900))


async def test_what_could_not_be_captured_the_driver_owes(books: Books) -> None:
    """The hub's fee yields first; what the owner misses beyond it is not paid out."""
    await books.captured(cdr("s", 4600), 4200)
    await books.captured(cdr("t", 4600), 4000)
    await books.mature()

    assert await books.balances() == {
        "psp:pending": 8200,
        "driver:receivable:d": 1000,
        "owner:payable:o": -4140 - 4000,
        "owner:accrued:o": -140,
        "income:platform_fee": -2 * 387,
        "vat:payable:DE": -2 * 73,
    }


async def test_what_nobody_paid_is_never_paid_out(books: Books) -> None:
    """An owner could drive at the own station without paying, and live on what the hub pays."""
    await books.captured(cdr("s", 900_000), 0)
    assert await books.mature() == 1

    balances = await books.balances()
    assert "owner:payable:o" not in balances
    assert balances["owner:accrued:o"] == -810_000

    await books.captured(cdr("s", 0, version=2), 0)
    assert await books.balances() == {}


async def test_a_cdr_that_cost_nothing_moves_nothing(books: Books) -> None:
    await books.captured(cdr("s", 0))

    assert await books.balances() == {}
    assert await books.mature() == 0
    assert await books.settled_cdrs() == ["s-1"]


async def test_nothing_matures_before_its_time(books: Books) -> None:
    await books.captured(cdr("s", 900))

    assert await books.mature(DAY - timedelta(microseconds=1)) == 0
    assert await books.mature(timedelta(microseconds=1)) == 1


async def test_what_is_due_matures_in_order_at_most_fifty_at_once(books: Books) -> None:
    for number in range(53):
        await books.captured(cdr(f"s{number:02}", 100))
        books.clock.advance(timedelta(minutes=1))

    assert await books.mature() == 50
    first = await books.store.read(tables.standing, "s00")
    last = await books.store.read(tables.standing, "s52")
    assert first is not None and first.matured_at == first.matures_at
    assert last is not None and last.matured_at is None
    assert await books.mature(timedelta()) == 3
    assert (await books.balances())["owner:payable:o"] == -53 * 90


async def test_two_workers_on_one_capture_settle_it_once(books: Books) -> None:
    record = cdr("s", 900)
    await books.store.do(lambda work: work.append(CdrRow, asdict(record)))

    await asyncio.gather(*(books.settle(record) for _ in range(10)))

    assert (await books.balances())["owner:accrued:o"] == -810
    assert await books.settled_cdrs() == ["s-1"]
