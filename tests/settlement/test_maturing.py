"""When earnings will mature, told beforehand: by day, less what is disputed."""

from datetime import date, timedelta

from chargehub.settlement import contesting, maturing
from chargehub.settlement.contests import Subject
from chargehub.settlement.maturing import Maturing
from chargehub.units import Money
from tests.settlement.books import DAY, Books, cdr


async def ahead(books: Books) -> list[tuple[date | None, int]]:
    found = await books.store.read(maturing.ahead, "o", books.clock.now())
    return [(one.day, one.amount.amount_minor) for one in found]


async def test_earnings_are_told_by_the_day_on_which_they_mature(books: Books) -> None:
    """Of what a driver has not paid in full the owner is told what can mature, as ever."""
    first = books.clock.now()
    await books.captured(cdr("a", 900))
    await books.captured(cdr("b", 100))
    books.clock.advance(DAY)
    await books.captured(cdr("c", 300), captured_minor=200)
    await books.captured(cdr("d", 1_000, owner="another"))

    tomorrow, then = (first + DAY).date(), (first + 2 * DAY).date()
    assert await ahead(books) == [(tomorrow, 900), (then, 200)]
    await books.mature(timedelta())
    assert await ahead(books) == [(then, 200)]
    books.clock.advance(5 * DAY)
    assert await ahead(books) == [(books.clock.now().date(), 200)]


async def test_what_was_disputed_is_no_more_than_will_mature(books: Books) -> None:
    """What is told beforehand is what then is payable, to the cent."""
    await books.captured(cdr("a", 901))
    await books.captured(cdr("b", 900))
    now = books.clock.now()
    await books.store.do(contesting.freeze, "d1", Subject("a"), 450, now)
    await books.store.do(contesting.freeze, "d2", Subject("b"), 100, now)
    await books.store.do(contesting.give_back, "d2", 100, now)

    told = await ahead(books)
    await books.mature()

    ((_, amount),) = told
    assert (await books.balances())["owner:payable:o"] == -amount
    assert await ahead(books) == []


async def test_what_is_far_off_has_no_day_yet(books: Books) -> None:
    await books.captured(cdr("a", 900))

    found = await books.store.read(maturing.ahead, "o", books.clock.now() - 20 * DAY)

    assert found == (Maturing(None, Money(810, "EUR")),)
