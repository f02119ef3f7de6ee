"""Stripe's own books against the hub's: fees, what is available, and what was done past the hub."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from chargehub.audit.laws import findings_of
from chargehub.payments import hearing
from chargehub.payments.books import BookLine
from chargehub.payments.facts import RefundReturned
from chargehub.payments.rail import Refusal
from chargehub.reconciliation import actions, tables
from chargehub.reconciliation.missing import missing
from chargehub.reconciliation.rules import NotInSuspense
from chargehub.store.work import Work
from tests.reconciliation.bank import Bank
from tests.stripe_twin import balances, payouts, refunds
from tests.stripe_twin.world import PLATFORM


async def test_a_payment_its_fee_and_when_it_is_available(bank: Bank) -> None:
    """money.md 1.4: 900 captured, 39 for Stripe, 861 available after two days."""
    await bank.charge(900)
    await bank.pass_(hours=24)
    await bank.compare()

    assert [(one.kind, one.state, one.fee_minor) for one in await bank.lines()] == [
        ("payment", "explained", 39)
    ]
    assert await bank.with_rail() == (0, 861)
    assert await bank.world.balance("expense:psp_fees") == 39

    await bank.pass_(hours=24)
    await bank.compare()
    assert await bank.with_rail() == (861, 0)
    assert balances.available(bank.twin.world, PLATFORM, "eur") == 861


async def test_what_was_given_back_past_the_hub_stands_in_suspense(bank: Bank) -> None:
    """Somebody refunds by hand at Stripe. An operator says what it was, once."""
    session_id = await bank.charge(900)
    await bank.pass_(days=3)
    await bank.world.refund_elsewhere(await bank.world.payment(session_id), 450)
    await bank.pass_(hours=1)
    await bank.compare()
    assert [one.kind for one in await bank.lines("new")] == ["refund"]

    await bank.pass_(days=2)
    await bank.compare()
    (found,) = await bank.lines("suspense")
    assert found.told == "The hub knows of no refund like this."
    assert await bank.world.balance("psp:suspense") == 450
    assert await bank.with_rail() == (411, 0)

    said = (bank.world.market.owner, found.id, "expense:goodwill", "by phone")
    await bank.world.store.do(actions.resolve, *said, bank.world.clock.now())
    with pytest.raises(NotInSuspense):
        await bank.world.store.do(actions.resolve, *said, bank.world.clock.now())

    assert await bank.world.balance("psp:suspense") == 0
    assert await bank.world.balance("expense:goodwill") == 450


async def test_a_refund_that_comes_back_is_counted_once(bank: Bank) -> None:
    """The card's bank would not take it: what the hub then noted, and its books say, is the same
    money."""
    session_id = await bank.charge(900)
    await bank.world.correct(session_id, 540)
    await bank.world.flow.follow()
    (refund,) = bank.twin.world.all(PLATFORM, "refund").values()
    await bank.pass_(days=1)
    await bank.compare()
    refunds.fail(bank.twin.world, refund["id"])
    payment = await bank.world.payment(session_id)
    fact = RefundReturned(payment.purpose, refund["id"], Refusal("refund_failed", "Lost card."))
    now = bank.world.clock.now()
    await bank.world.store.do(hearing.refund_returned_by_bank, "stripe", fact, now)
    await bank.pass_(days=3)
    await bank.compare()

    assert [(one.kind, one.told) for one in await bank.lines("suspense")] == []
    in_books = balances.available(bank.twin.world, PLATFORM, "eur")
    assert await bank.with_rail() == (in_books, 0)
    assert await bank.world.balance("psp:suspense") == -360


async def test_what_the_books_do_not_tell_is_missing(bank: Bank) -> None:
    await bank.charge(900)
    bank.twin.world.all(PLATFORM, "balance_transaction").clear()
    await bank.pass_(days=4)
    await bank.compare()

    (found,) = await bank.world.store.read(missing, "stripe")
    assert (found.kind, found.amount.amount_minor) == ("payment", 900)


async def test_what_goes_to_the_hubs_own_bank_is_seen(bank: Bank) -> None:
    await bank.charge(2_000)
    await bank.pass_(days=3)
    payouts.sent(bank.twin.world, PLATFORM, 1_000, "eur", is_automatic=True)
    await bank.pass_(hours=1)
    await bank.compare()

    assert await bank.world.balance("bank:operating") == 1_000
    assert sum(await bank.with_rail()) == 2_000 - 55 - 1_000


async def test_the_audit_knows_what_the_books_added(bank: Bank, database: str) -> None:
    """Law I10: a fee, a withdrawal and what nothing explains are no break; a lost fee is."""
    session_id = await bank.charge(2_000)
    await bank.pass_(days=3)
    payouts.sent(bank.twin.world, PLATFORM, 1_000, "eur", is_automatic=True)
    await bank.world.refund_elsewhere(await bank.world.payment(session_id), 450)
    states = []
    for hours in (1, 48):
        await bank.pass_(hours=hours)
        await bank.compare()
        states.append(_rails_law(database))
    (found,) = await bank.lines("suspense")
    said = (bank.world.market.owner, found.id, "expense:goodwill", "by phone")
    await bank.world.store.do(actions.resolve, *said, bank.world.clock.now())

    assert [*states, _rails_law(database)] == ["holds", "holds", "holds"]
    await bank.world.store.do(_lose_fees)
    assert _rails_law(database) == "broken"


def _rails_law(database: str) -> str:
    (found,) = (one for one in findings_of(database) if one.law == "I10")
    return found.state


def _lose_fees(work: Work) -> None:
    work.execute(update(tables.LINE).values(fee_minor=0))


async def test_lines_in_any_order_and_number_end_the_same(bank: Bank) -> None:
    """Law I5, of books: pieces may come twice, and older ones after newer."""
    for cost in (900, 450, 2_000):
        await bank.charge(cost)
    await bank.pass_(days=3)
    rail = bank.world.rails.books["stripe"]
    begun = bank.world.clock.now() - timedelta(days=30)
    found = [one async for piece in rail.books(begun, bank.world.clock.now()) for one in piece]
    Random(7).shuffle(found)

    for piece in (found[:2], found[1:], found):
        await bank.world.store.do(_enter, piece, bank)
    await bank.world.store.do(actions.make_available, bank.world.clock.now())
    await bank.compare()

    fees = sum(balances.card_fee(cost) for cost in (900, 450, 2_000))
    assert await bank.with_rail() == (3_350 - fees, 0)
    assert len(await bank.lines()) == 3


def _enter(work: Work, lines: list[BookLine], bank: Bank) -> None:
    actions.enter(work, "stripe", lines, bank.world.clock.now())
