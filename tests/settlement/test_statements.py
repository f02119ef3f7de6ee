"""An owner's months, from the database and over REST."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx2
import pytest

from chargehub.ledger import rules
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer
from chargehub.people.actions import Registration, register
from chargehub.settlement import tables
from chargehub.settlement.routes import router
from chargehub.settlement.tables import Statement
from chargehub.settlement.writing_off import AFTER, write_off_due
from chargehub.store.work import Work
from tests.rest.app import application, client
from tests.settlement.books import DAY, Books, cdr

MARCH = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


async def test_a_month_that_is_over_does_not_change(books: Books) -> None:
    """The correction of a March session in April is in April's statement."""
    await books.captured(cdr("s", 900))
    await books.mature()
    await books.pay_out(810)
    march = await books.store.read(tables.statement, "o", *MARCH)
    books.clock.set(APRIL[0] + DAY)

    await books.captured(cdr("s", 450, version=2))

    assert march == (Statement("EUR", 1, 900, 76, 14, 810, 810, 0, 0, 0, 0),)
    again = await books.store.read(tables.statement, "o", *MARCH)
    assert again == (Statement("EUR", 1, 900, 76, 14, 810, 810, 0, 0, 0, 405),)
    april = await books.store.read(tables.statement, "o", *APRIL)
    assert april == (Statement("EUR", 0, -450, -38, -7, -405, 0, 0, 0, 0, 405),)


async def test_a_payout_on_its_way_has_not_left(books: Books) -> None:
    await books.captured(cdr("s", 900))
    await books.mature()
    entries = rules.payout_requested("o", 810, "EUR")
    request = Transfer("p", "payout", entries, books.clock.now(), payout_id="payout")
    await books.store.do(post, request)

    (found,) = await books.store.read(tables.statement, "o", *MARCH)
    assert (found.payouts_minor, found.payable_minor, found.in_transit_minor) == (0, 0, 810)

    await books.store.do(fail_payout, "p", books.clock.now())
    (found,) = await books.store.read(tables.statement, "o", *MARCH)
    assert (found.payouts_minor, found.payable_minor, found.in_transit_minor) == (0, 810, 0)


def fail_payout(work: Work, request_id: str, now: datetime) -> None:
    entries = rules.payout_failed("o", 810, "EUR")
    failed = Transfer("f", "payout_failed", entries, now, payout_id="payout", reverses=request_id)
    post(work, failed)


async def test_owners_see_their_own_statements(books: Books) -> None:
    await books.captured(cdr("s", 900))
    await books.captured(cdr("t", 100, owner="someone"))

    assert await books.store.read(tables.statement, "nobody", *MARCH) == ()
    (found,) = await books.store.read(tables.statement, "o", *MARCH)
    assert (found.sessions, found.gross_minor, found.accrued_minor) == (1, 900, 810)


async def test_what_nobody_paid_for_is_taken_off_in_the_month_it_is_given_up(books: Books) -> None:
    """Earnings less that are what was paid, or is on the owner's accounts."""
    await books.captured(cdr("s", 900), 400)
    await books.mature()
    books.clock.advance(AFTER)
    assert await books.store.do(write_off_due, books.clock.now()) == 1

    (march,) = await books.store.read(tables.statement, "o", *MARCH)
    (april,) = await books.store.read(tables.statement, "o", *APRIL)

    assert (march.earnings_minor, march.written_off_minor) == (810, 0)
    assert (april.earnings_minor, april.written_off_minor) == (0, 410)
    assert (april.accrued_minor, april.payable_minor) == (0, 400)


@pytest.fixture
async def http(books: Books) -> AsyncIterator[httpx2.AsyncClient]:
    served = SimpleNamespace(store=books.store, clock=books.clock)
    async with client(application(router, hub=served)) as http:
        yield http


async def test_a_statement_over_rest(books: Books, http: httpx2.AsyncClient) -> None:
    wanted = Registration("olga@example.org", "Olga", "hash")
    owner = await books.store.do(register, wanted, "", DAY, books.clock.now())
    headers = {"Authorization": f"Bearer {owner.login.token}"}
    await books.captured(cdr("s", 900, owner=owner.account_id))

    answer = await http.get("/statements/2026-03", headers=headers)

    amounts = {
        "gross": 900,
        "fee": 76,
        "vat": 14,
        "earnings": 810,
        "payouts": 0,
        "penalties": 0,
        "written_off": 0,
        "taken_back": 0,
        "accrued": 810,
        "payable": 0,
        "in_transit": 0,
        "owed": 0,
        "held": 0,
    }
    assert answer.json() == {
        "month": "2026-03",
        "items": [
            {"currency": "EUR", "sessions": 1}
            | {
                name: {"amount_minor": amount, "currency": "EUR"}
                for name, amount in amounts.items()
            }
        ],
    }
    december = await http.get("/statements/2026-12", headers=headers)
    assert december.json()["items"][0]["sessions"] == 0


async def test_a_month_that_is_none_is_refused(books: Books, http: httpx2.AsyncClient) -> None:
    wanted = Registration("olga@example.org", "Olga", "hash")
    owner = await books.store.do(register, wanted, "", DAY, books.clock.now())
    headers = {"Authorization": f"Bearer {owner.login.token}"}

    for month in ("2026-13", "2026-3", "202603", "1999-12", "2101-01", "٢٠٢٦-03"):
        answer = await http.get(f"/statements/{month}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), month


async def test_a_statement_needs_a_login(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/statements/2026-03")).status_code == 401
