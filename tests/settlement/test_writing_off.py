"""What nobody pays: a receivable for a month, then the hub's loss, unless the cost is corrected."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from chargehub.audit.laws import findings_of
from chargehub.ledger.rules import TransferClash
from chargehub.settlement import actions, contesting, tables
from chargehub.settlement.contests import Subject
from chargehub.settlement.split import Parties, written_off_entries
from chargehub.settlement.tables import SETTLEMENT
from chargehub.settlement.writing_off import AFTER, write_off_due
from chargehub.store.columns import new_id
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
GIVEN_UP = ("driver:receivable:d", "owner:accrued:o")
LOST = {code: amount for code, amount in OWED.items() if code not in GIVEN_UP}


async def due(books: Books, after: timedelta) -> int:
    books.clock.advance(after)
    return await books.store.do(write_off_due, books.clock.now())


def test_the_worked_posting() -> None:
    """600 of money.md 1.4, where the owner's share is 4140 and 4000 were paid."""
    assert lawful(written_off_entries(600, 140, Parties("o", "d", "EUR"))) == {
        "owner:accrued:o": 140,
        "expense:bad_debt": 460,
        "driver:receivable:d": -600,
    }


async def test_what_is_owed_for_a_month_is_written_off_once(books: Books) -> None:
    """4600 of which the hold gave 4000; the owner keeps what was paid."""
    await books.captured(cdr("s", 4600), 4000)
    await books.captured(cdr("paid", 0))
    await books.mature()
    assert await books.balances() == OWED

    assert await due(books, AFTER - timedelta(days=1, seconds=1)) == 0
    assert await due(books, timedelta(seconds=1)) == 1
    assert await due(books, timedelta(days=40)) == 0

    assert await books.balances() == LOST | {"expense:bad_debt": 460}


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
    assert "driver:receivable:d" not in await books.balances()
    assert laws_broken(books) == set()


async def test_all_that_is_due_is_written_off_together(books: Books) -> None:
    """Each its own missing part: the hub loses its fees, the owner what nobody paid."""
    await books.captured(cdr("s", 900), 0)
    await books.captured(cdr("t", 100), 40)

    assert await due(books, AFTER) == 2

    found = await books.balances()
    assert found["expense:bad_debt"] == 100
    assert found["owner:accrued:o"] == -40


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


@pytest.mark.parametrize("is_matured", [True, False])
@pytest.mark.parametrize("is_lost_first", [True, False])
async def test_what_goes_back_of_it_is_not_the_owners_either(
    books: Books, is_lost_first: bool, is_matured: bool
) -> None:
    """400 of 900 were paid and go back: the owner keeps nothing, the hub bears its own part, in
    whichever order it is done; and a correction finds the books as they were."""
    await books.captured(cdr("s", 900), 400)
    if is_matured:
        await books.mature()
    if is_lost_first:
        assert await due(books, AFTER) == 1
    now = books.clock.now()
    await books.store.do(contesting.freeze, "dispute", Subject("s"), 400, now)
    await books.store.do(contesting.give_back, "dispute", 400, now)
    if not is_lost_first:
        assert await due(books, AFTER) == 1

    found = await books.balances()
    assert {code for code in found if code.startswith("owner:")} == set()
    assert found == {
        "income:platform_fee": 33 - 76,
        "vat:payable:DE": 6 - 14,
        "expense:bad_debt": 51,
    }
    assert laws_broken(books) == set()

    await books.captured(cdr("s", 500, version=2), 0)
    assert laws_broken(books) == set()


async def given_back(books: Books, session: str, amount_minor: int) -> int:
    """A dispute of some of a session's cost, decided for its driver."""
    dispute, subject = new_id(), Subject(session)
    left = await books.store.read(contesting.contestable_minor, subject)
    if not (amount_minor := min(left, amount_minor)):
        return 0
    now = books.clock.now()
    await books.store.do(contesting.freeze, dispute, subject, amount_minor, now)
    return await books.store.do(contesting.give_back, dispute, amount_minor, now)


def laws_broken(books: Books) -> set[str]:
    """But for those of rails and energy, of which there are none here."""
    found = findings_of(books.store.database)
    return {one.law for one in found if one.state == "broken"} - {"I6", "I10", "I16"}
