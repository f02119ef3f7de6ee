"""What drivers pay later of a settled cost: before and after it matured, and was written off."""

from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.ledger.rules import LedgerError, TransferClash
from chargehub.sessions.schema import CdrRow
from chargehub.settlement import actions, debts, tables
from chargehub.settlement.actions import NotSettled, UnknownCdr, settle_debt
from chargehub.settlement.writing_off import AFTER
from chargehub.store.columns import new_id
from tests.settlement.books import Books, cdr
from tests.settlement.test_statements import APRIL
from tests.settlement.test_writing_off import due, given_back, laws_broken

PAID = {
    "psp:pending": 4600,
    "owner:payable:o": -4140,
    "income:platform_fee": -387,
    "vat:payable:DE": -73,
}


async def pays(books: Books, amount: int, payment: str = "later", of: str = "s-1") -> None:
    await books.store.do(settle_debt, of, amount, payment, books.clock.now())


async def owed(books: Books) -> Books:
    """4600 of which the hold gave 4000: the row of money.md 1.4."""
    await books.captured(cdr("s", 4600), 4000)
    return books


async def test_the_worked_posting_of_a_later_retry(books: Books) -> None:
    """1010 +600, 1030 -600; and what has not matured does with the rest."""
    before = await (await owed(books)).balances()
    await pays(books, 600)

    after = await books.balances()
    changed = {code for code in before.keys() | after.keys() if before.get(code) != after.get(code)}
    assert changed == {"psp:pending", "driver:receivable:d"}
    assert (after["psp:pending"], after.get("driver:receivable:d", 0)) == (4600, 0)
    assert await books.mature() == 1
    assert await books.balances() == PAID
    assert laws_broken(books) == set()


async def test_what_is_paid_of_a_matured_settlement_is_the_owners_at_once(books: Books) -> None:
    """The owner had 4000 of 4140; 100, then 500 come, of which 100 and 40 are the owner's."""
    await owed(books)
    await books.mature()

    await pays(books, 100, "first")
    assert (await books.balances())["owner:payable:o"] == -4100
    await pays(books, 500, "second")

    assert await books.balances() == PAID
    assert laws_broken(books) == set()


@pytest.mark.parametrize("is_matured", [True, False])
async def test_what_was_written_off_is_paid_after_all(books: Books, is_matured: bool) -> None:
    """460 were the hub's loss and 140 the owner's: both have it back."""
    await owed(books)
    if is_matured:
        await books.mature()
    assert await due(books, AFTER) == 1
    before = await books.balances()

    await pays(books, 600)

    after = await books.balances()
    assert (before["expense:bad_debt"], after.get("expense:bad_debt", 0)) == (460, 0)
    assert laws_broken(books) == set()
    if not is_matured:
        await books.mature()
    assert await books.balances() == PAID
    (april,) = await books.store.read(tables.statement, "o", *APRIL)
    assert april.written_off_minor == 0  # given up and paid in the same month


async def test_a_part_of_a_loss_that_is_paid_is_the_owners_first(books: Books) -> None:
    """Who is paid only what drivers pay; the hub's fee is paid last."""
    await owed(books)
    await books.mature()
    assert await due(books, AFTER) == 1

    await pays(books, 140)

    found = await books.balances()
    assert (found["expense:bad_debt"], found["owner:payable:o"]) == (460, -4140)
    assert await due(books, AFTER) == 0  # the rest was given up before
    assert laws_broken(books) == set()


async def test_one_payment_counts_once(books: Books) -> None:
    """Also after a correction; with another amount it is another."""
    await owed(books)
    await pays(books, 600)
    await pays(books, 600)
    await books.captured(cdr("s", 4700, version=2), 4000)
    await pays(books, 600)

    found = await books.balances()
    assert (found["psp:pending"], found["driver:receivable:d"]) == (4600, 100)
    with pytest.raises(TransferClash):
        await pays(books, 700)
    await books.settle(cdr("s", 4700, version=2), 4000)  # PaymentCaptured, told again
    assert await books.balances() == found


async def test_a_correction_counts_what_was_paid_later(books: Books) -> None:
    """Also what was paid for a loss; the rest of what is too much waits in suspense."""
    await owed(books)
    await books.mature()
    assert await due(books, AFTER) == 1
    await pays(books, 600)

    await books.captured(cdr("s", 4300, version=2), 4000)
    assert (await books.balances())["psp:suspense"] == -300
    assert laws_broken(books) == set()
    await books.captured(cdr("s", 0, version=3), 0)
    assert await books.balances() == {"psp:pending": 600, "psp:suspense": -600}
    await books.captured(cdr("s", 4600, version=4), 4000)

    found = await books.balances()
    assert "driver:receivable:d" not in found and "psp:suspense" not in found
    assert found.get("owner:accrued:o", 0) + found.get("owner:payable:o", 0) == -4140
    assert laws_broken(books) == set()


async def test_what_is_paid_beyond_what_is_owed_waits_in_suspense(books: Books) -> None:
    await owed(books)

    await pays(books, 700)

    assert (await books.balances())["psp:suspense"] == -100
    assert laws_broken(books) == set()


async def test_what_the_owner_owes_is_taken_from_it(books: Books) -> None:
    """810 were paid out of a session that cost nothing in the end."""
    await books.captured(cdr("gone", 900))
    await books.captured(cdr("s", 900), 0)
    await books.mature()
    await books.pay_out(810)
    await books.captured(cdr("gone", 0, version=2), 0)

    await pays(books, 900)

    found = await books.balances()
    assert {code for code in found if code.startswith("owner:")} == set()


async def test_what_cannot_be_settled_is_told(books: Books) -> None:
    """And what another hub changed meanwhile is done anew, from what is true then."""
    await owed(books)
    for_nothing = (("none", 600, UnknownCdr), ("s-1", 0, LedgerError), ("s-1", -1, LedgerError))
    for cdr_id, amount, error in for_nothing:
        with pytest.raises(error):
            await pays(books, amount, of=cdr_id)
    with pytest.raises(NotSettled):
        await books.store.do(lambda work: work.append(CdrRow, asdict(cdr("t", 900))))
        await pays(books, 900, of="t-1")
    seen = await books.store.read(tables.standing, "s")
    assert seen is not None
    assert await due(books, AFTER) == 1

    with pytest.raises(TransferClash):
        await books.store.do(debts.pay, seen, 600, "later", books.clock.now())
    await pays(books, 600)
    with pytest.raises(TransferClash):
        await books.store.do(actions._take_back, seen, books.clock.now())
    assert laws_broken(books) == set()


WHAT = ["correct", "wait", "mature", "dispute", "pay"]


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.tuples(st.sampled_from(WHAT), st.integers(1, 5000)), max_size=8))
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_in_any_order_what_nobody_paid_is_owed_or_given_up(
    books: Books, steps: list[tuple[str, int]]
) -> None:
    """Closed, corrected, matured, disputed, written off, paid: the laws of money hold, and the
    rail has what it took."""
    session, number, kept, later = new_id(), 1, 4000, 0
    before = await funds(books)
    await books.captured(cdr(session, 4600), kept)

    for what, amount in steps:
        number += 1
        if what == "wait":
            await due(books, AFTER)
        elif what == "mature":
            await books.mature()
        elif what == "pay":
            await pays(books, amount, new_id(), f"{session}-1")
            later += amount
        elif what == "dispute":
            kept -= await given_back(books, session, min(amount, kept))
        else:
            kept = min(amount, kept)
            await books.captured(cdr(session, amount, number), kept)

    assert laws_broken(books) == set()
    assert await funds(books) - before == kept + later


async def funds(books: Books) -> int:
    found = await books.balances()
    return found.get("psp:pending", 0) + found.get("psp:available", 0)
