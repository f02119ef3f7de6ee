"""Payouts that were paid and come back: booked once, told, tried again, but not for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, moved, transfer_id
from chargehub.payments import coming_back
from chargehub.payments.coming_back import NotPaidOut
from chargehub.payments.rail import Refusal
from chargehub.people.tables import Mail
from tests.payments.test_payout import choose, earn, payouts, request, verify, waiting
from tests.payments.world import World

DAY = timedelta(days=1)
CLOSED = Refusal("account_closed", "The account is closed.")


@pytest.fixture
async def owner(world: World) -> World:
    """An owner who is paid at a place from where it comes back, and has earned 8.10 EUR."""
    await verify(world, world.owner_id)
    await choose(world, "sandbox", "returns")
    await earn(world, 810)
    return world


async def pay(world: World) -> str:
    """Have what is due paid; the newest payout."""
    await request(world)
    await world.flow.follow()
    return (await payouts(world))[0].id


async def look(world: World) -> None:
    """The clock has the rail asked, twice over, and answers get lost."""
    for _ in range(2):
        await world.store.do(coming_back.look_due, world.clock.now())
        await world.flow.follow(twice=True)


async def test_what_came_back_is_the_owners_again_once(owner: World) -> None:
    await pay(owner)
    assert (await owner.books()).paid_out_minor == 810
    await look(owner)
    assert [one.state for one in await payouts(owner)] == ["paid"]

    owner.clock.advance(DAY)
    await look(owner)

    (back,) = await payouts(owner)
    assert (back.state, back.refusal_code) == ("failed", "returned")
    assert await owner.balance(f"owner:payable:{owner.owner_id}") == -810
    assert await owner.balance(f"owner:in_transit:{owner.owner_id}") == 0
    assert await owner.balance("psp:available") == 810
    assert (await owner.books()).paid_out_minor == 0
    mails = await owner.store.read(lambda reads: reads.all(select(col(Mail.text))))
    (text,) = [one for (one,) in mails if "came back" in one]
    assert "8.10 EUR" in text and "no such account" in text
    ((_, reason),) = await waiting(owner)
    assert "wait a day" in reason and await request(owner) == 0


async def test_it_is_tried_three_times_and_then_only_when_the_owner_says_so(owner: World) -> None:
    """A bank charges for each of them; nobody mends it by trying for ever."""
    for _ in range(3):
        await pay(owner)
        owner.clock.advance(DAY)
        await look(owner)
        owner.clock.advance(DAY)
    assert len(await payouts(owner)) == 3

    owner.clock.advance(100 * DAY)
    assert await request(owner) == 0
    ((_, reason),) = await waiting(owner)
    assert "That was try 3" in reason and "payout-preference" in reason

    await choose(owner, "sandbox", "ok")
    await pay(owner)
    owner.clock.advance(20 * DAY)
    await look(owner)
    assert [one.state for one in await payouts(owner)] == ["paid", "failed", "failed", "failed"]


async def test_what_arrived_is_looked_at_a_few_times_and_no_more(owner: World) -> None:
    await choose(owner, "sandbox", "ok")
    await pay(owner)

    for _ in range(9):
        owner.clock.advance(DAY)
        await look(owner)

    (paid,) = await payouts(owner)
    assert (paid.state, paid.look_at) == ("paid", None)


async def test_a_debt_is_paid_first_from_what_came_back(owner: World) -> None:
    payout_id, now = await pay(owner), owner.clock.now()
    owed = moved(300, "EUR", f"owner:receivable:{owner.owner_id}", "psp:available")
    debt = Transfer(transfer_id("a refund"), "recall", owed, now)
    await owner.store.do(ledger.post, debt)

    for _ in range(2):
        await owner.store.do(coming_back.came_back, payout_id, CLOSED, now)

    assert await owner.balance(f"owner:receivable:{owner.owner_id}") == 0
    assert await owner.balance(f"owner:payable:{owner.owner_id}") == -510


async def test_only_money_that_was_paid_comes_back(owner: World) -> None:
    """A notice that comes before the rail's own answer is to be told again."""
    await request(owner)
    now = owner.clock.now()
    (requested,) = await payouts(owner)
    for payout_id in (requested.id, "nobody's"):
        with pytest.raises(NotPaidOut):
            await owner.store.do(coming_back.came_back, payout_id, CLOSED, now)

    await owner.flow.follow()
    await choose(owner, "token")
    await earn(owner, 500)
    in_tokens = await pay(owner)
    with pytest.raises(NotPaidOut):
        await owner.store.do(coming_back.came_back, in_tokens, CLOSED, now)


async def test_a_refusal_from_the_first_is_no_return(owner: World) -> None:
    await choose(owner, "sandbox", "refuse_payout")
    refused = await pay(owner)

    with pytest.raises(NotPaidOut):
        await owner.store.do(coming_back.came_back, refused, CLOSED, owner.clock.now())
