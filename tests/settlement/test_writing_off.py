"""What nobody pays: a receivable for a month, then the hub's loss, unless the cost is corrected."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from chargehub.commands.audit.run import findings_of
from chargehub.ledger.rules import TransferClash
from chargehub.settlement import actions, tables
from chargehub.settlement.split import Parties, written_off_entries
from chargehub.settlement.tables import SETTLEMENT
from chargehub.settlement.writing_off import AFTER, write_off_due
from tests.settlement.books import Books, cdr
from tests.settlement.test_split import lawful

OWED = {
    "psp:pending": 4000,
    "driver:receivable:d": 600,
    "owner:accrued:o": -140,
    "owner:payable:o": -4000,
    "income:platform_fee": -387,
    "vat:payable:DE": -73,
}
LOST = {code: amount for code, amount in OWED.items() if code != "driver:receivable:d"}


async def due(books: Books, after: timedelta) -> int:
    books.clock.advance(after)
    return await books.store.do(write_off_due, books.clock.now())


def test_the_worked_posting() -> None:
    """600 of money.md 1.4."""
    assert lawful(written_off_entries(600, Parties("o", "d", "EUR"))) == {
        "expense:bad_debt": 600,
        "driver:receivable:d": -600,
    }


async def test_what_is_owed_for_a_month_is_written_off_once(books: Books) -> None:
    """4600 of which the hold gave 4000; nothing else of the books changes."""
    await books.captured(cdr("s", 4600), 4000)
    await books.captured(cdr("paid", 0))
    await books.mature()
    assert await books.balances() == OWED

    assert await due(books, AFTER - timedelta(days=1, seconds=1)) == 0
    assert await due(books, timedelta(seconds=1)) == 1
    assert await due(books, timedelta(days=40)) == 0

    assert await books.balances() == LOST | {"expense:bad_debt": 600}


@pytest.mark.parametrize(("cost", "owed"), [(4000, 0), (4300, 300), (5000, 1000)])
async def test_a_corrected_cost_is_owed_anew(books: Books, cost: int, owed: int) -> None:
    """The loss is taken back with the settlement; what is still missing has its month again."""
    await books.captured(cdr("s", 4600), 4000)
    assert await due(books, AFTER) == 1

    await books.captured(cdr("s", cost, version=2), 4000)
    corrected = await books.balances()
    written_off = await due(books, AFTER)

    assert corrected.get("driver:receivable:d", 0) == owed
    assert "expense:bad_debt" not in corrected
    assert written_off == (1 if owed else 0)
    assert (await books.balances()).get("expense:bad_debt", 0) == owed


async def test_all_that_is_due_is_written_off_together(books: Books) -> None:
    """Each its own missing part."""
    await books.captured(cdr("s", 900), 0)
    await books.captured(cdr("t", 100), 40)

    assert await due(books, AFTER) == 2

    assert (await books.balances())["expense:bad_debt"] == 960


async def test_what_another_hub_wrote_off_meanwhile_is_read_anew(books: Books) -> None:
    """A correction that read it before must not leave the loss beside the new debt."""
    await books.captured(cdr("s", 4600), 4000)
    seen = await books.store.read(tables.standing, "s")
    assert await due(books, AFTER) == 1

    with pytest.raises(TransferClash):
        await books.store.do(actions._take_back, seen, books.clock.now())
    await books.captured(cdr("s", 4300, version=2), 4000)

    found = await books.balances()
    assert found["driver:receivable:d"] == 300
    assert "expense:bad_debt" not in found


@pytest.mark.parametrize("was_lost", [False, True])
async def test_a_write_off_that_was_lost_or_made_twice_shows(books: Books, was_lost: bool) -> None:
    """The row says one thing and the ledger another."""
    await books.captured(cdr("s", 4600), 4000)
    assert await due(books, AFTER if not was_lost else timedelta()) == (not was_lost)
    assert debts_of(books) == "holds"
    lost_at = None if not was_lost else books.clock.now()

    await books.store.do(
        lambda work: work.execute(update(SETTLEMENT).values(written_off_at=lost_at))
    )
    assert debts_of(books) == "broken"


def debts_of(books: Books) -> str:
    (found,) = (one for one in findings_of(books.store.database) if one.law == "debts")
    return found.state


step = st.tuples(
    st.sampled_from(["correct", "wait"]), st.integers(0, 5000), st.sampled_from([0, 4000])
)


@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(step, max_size=6))
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_in_any_order_the_loss_is_what_nobody_paid(
    books: Books, steps: list[tuple[str, int, int]]
) -> None:
    """Receivable and loss together are what the cost that stands still misses."""
    number = getattr(books, "number", 0) + 1
    books.number = number  # type: ignore[attr-defined]
    session, version, missing = f"s{number}", 1, 600
    before = await _unpaid(books)
    await books.captured(cdr(session, 4600), 4000)

    for what, cost, captured in steps:
        if what == "wait":
            await due(books, AFTER)
            continue
        version, kept = version + 1, min(cost, captured)
        await books.captured(cdr(session, cost, version), kept)
        missing = cost - kept

    assert await _unpaid(books) - before == missing
    broken = {one.law for one in findings_of(books.store.database) if one.state == "broken"}
    assert broken <= {"I6", "I10", "I16"}  # there are no payments, and is no energy


async def _unpaid(books: Books) -> int:
    found = await books.balances()
    return found.get("driver:receivable:d", 0) + found.get("expense:bad_debt", 0)
