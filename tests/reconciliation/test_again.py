"""What stood in suspense is looked at again: money that the hub hears of late is booked once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chargehub.audit.laws import findings_of
from chargehub.events import CaptureRequested
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, moved, transfer_id
from chargehub.payments.books import BookLine
from chargehub.payments.tables import PayoutRow
from chargehub.reconciliation import actions, again
from chargehub.reconciliation.rules import EXPLAINED_SINCE
from chargehub.store.work import Work
from tests.reconciliation.bank import Bank
from tests.stripe_twin import balances
from tests.stripe_twin.world import PLATFORM


async def _captured_unheard(bank: Bank) -> None:
    """Stripe takes 900; its answer reaches the hub after three days."""
    flow = bank.world.flow
    session_id = await bank.world.session(bank.driver_id)
    await flow.follow()
    await bank.world.close(session_id, 900)
    await flow.follow(but=(CaptureRequested,))
    (lost,) = (one for one in flow.waiting if isinstance(one[1], CaptureRequested))
    await flow._deliver(lost, crash=True)
    await bank.pass_(days=3)
    await bank.compare()


async def test_a_payment_the_hub_hears_of_late_is_booked_once(bank: Bank, database: str) -> None:
    await _captured_unheard(bank)
    assert [one.state for one in await bank.lines()] == ["suspense"]
    assert await bank.world.balance("psp:suspense") == -900

    await bank.world.flow.follow()
    await bank.pass_(hours=24)
    await bank.compare()

    (found,) = await bank.lines()
    assert (found.state, found.suspense_minor, found.told) == ("explained", 0, EXPLAINED_SINCE)
    await _stands_as_at_stripe(bank, database)


async def test_what_an_operator_resolved_before_is_taken_back(bank: Bank, database: str) -> None:
    await _captured_unheard(bank)
    (found,) = await bank.lines()
    said = (bank.world.market.owner, found.id, "income:rounding", "nobody knows")
    await bank.world.store.do(actions.resolve, *said, bank.world.clock.now())

    await bank.world.flow.follow()
    await bank.pass_(hours=24)
    await bank.compare()

    assert [(one.state, one.account) for one in await bank.lines()] == [("explained", None)]
    assert await bank.world.balance("income:rounding") == 0
    await _stands_as_at_stripe(bank, database)


async def test_what_nothing_explains_stays_in_suspense(bank: Bank) -> None:
    await _captured_unheard(bank)
    for _ in range(3):
        await bank.pass_(hours=24)
        await bank.compare()

    (found,) = await bank.lines()
    assert (found.state, found.suspended, found.look_at) == ("suspense", 1, None)
    assert await bank.world.balance("psp:suspense") == -900


async def _stands_as_at_stripe(bank: Bank, database: str) -> None:
    assert await bank.world.balance("psp:suspense") == 0
    assert await bank.with_rail() == (balances.available(bank.twin.world, PLATFORM, "eur"), 0)
    broken = [one.law for one in findings_of(database) if one.state == "broken"]
    assert [law for law in broken if law not in _NOT_IN_THIS_WORLD] == []


_NOT_IN_THIS_WORLD = ("I6", "I7", "I16")  # its CDRs are rows alone: no energy, no lines


@pytest.mark.parametrize("amounts", [(-500,), (-300, -200), (-300, -500)])
async def test_a_payout_is_followed_however_often_it_changes(
    bank: Bank, amounts: Sequence[int]
) -> None:
    """Payouts leave psp:available by themselves: what followed the line before goes back."""
    store, now = bank.world.store, bank.world.clock.now()
    line = BookLine("txn_1", "payout", "tr_1", -500, 0, "EUR", now, now)
    await store.do(_enter, line, bank)
    await bank.pass_(days=3)
    await store.do(actions.judge_due, bank.world.clock.now())
    await store.do(actions.make_available, bank.world.clock.now())
    assert await bank.with_rail() == (-500, 0)
    (found,) = await bank.lines()

    for number, amount_minor in enumerate(amounts):
        await store.do(_pay_out, number, -amount_minor, bank)
        assert await store.do(again.look, found.id, bank.world.clock.now()) is True
        (found,) = await bank.lines()
        assert found.suspense_minor == -500 - sum(amounts[: number + 1])
        assert await bank.with_rail() == (-500, 0)
        assert await bank.world.balance("psp:suspense") == -found.suspense_minor
    assert await store.do(again.look, found.id, bank.world.clock.now()) is False


def _enter(work: Work, line: BookLine, bank: Bank) -> None:
    actions.enter(work, "stripe", [line], bank.world.clock.now())


def _pay_out(work: Work, number: int, amount_minor: int, bank: Bank) -> None:
    """Another payout of the same reference is noted: more than one explains the line."""
    now = bank.world.clock.now() + timedelta(seconds=number)
    values = {"owner_id": f"o{number}", "rail": "stripe", "destination": "acct_1"}
    money = {"currency": "EUR", "amount_minor": amount_minor, "rail_reference": "tr_1"}
    at = {"requested_at": now, "finished_at": now}
    work.insert(PayoutRow, id=f"p{number}", state="paid", **values, **money, **at)
    entries = moved(amount_minor, "EUR", "bank:operating", "psp:available")
    ledger.post(work, Transfer(transfer_id("test", number), "payout", entries, effective_at=now))
