"""What owners owe is taken back from what they were paid: once, no more, and never for nothing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from chargehub import events
from chargehub.ledger import tables as ledger
from chargehub.payments import coming_back, netting, reversals, reversing
from chargehub.payments.coming_back import NotPaidOut
from chargehub.payments.payout import PayoutMoved
from chargehub.payments.rail import Refusal, TakenBack
from chargehub.payments.reversals import ReversalView
from chargehub.payments.reversing import NothingToTakeBack, Wanted
from chargehub.store.outbox import Effect
from chargehub.units import Money
from tests.payments.test_netting import debts, net, owe
from tests.payments.test_payout import choose, earn, payouts, request, verify
from tests.payments.world import World

DAY = timedelta(days=1)
WHY = Wanted("After a refund.", "an operator")


@pytest.fixture
async def owner(world: World) -> World:
    """An owner who was paid 8.10 EUR, then 5.00."""
    rails, store = world.rails, world.store
    world.flow.followers[events.PayoutReversalRequested] = [
        Effect(reversing.take_back(rails, store), reversing.record_taken_back)
    ]
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    for amount_minor in (810, 500):
        await earn(world, amount_minor)
        await request(world)
        await world.flow.follow()
        world.clock.advance(DAY)
    return world


async def ask(
    world: World, wanted: Wanted = WHY, rails: Sequence[str] = ()
) -> tuple[ReversalView, ...]:
    able = rails or reversing.taking_back(world.rails)
    now = world.clock.now()
    return await world.store.do(reversing.ask, world.owner_id, wanted, able, now)


async def asked(world: World) -> list[tuple[int, str]]:
    """Every reversal, the newest first."""
    found = await world.store.read(reversals.page, world.owner_id, None, 50)
    return [(one.amount_minor, one.state) for one in found]


async def accounts(world: World) -> tuple[int, int, int]:
    """What is owed, what is being taken back, what is to be paid out."""
    families = ("receivable", "reversing", "payable")
    found = [await world.balance(f"owner:{one}:{world.owner_id}") for one in families]
    return found[0], found[1], -found[2]


def test_tokens_and_prepaid_balances_are_left_alone(world: World) -> None:
    assert reversing.taking_back(world.rails) == ("sandbox",)


async def test_the_newest_payouts_give_it_first_and_no_more_than_they_paid(owner: World) -> None:
    await owe(owner, 600)

    made = await ask(owner)
    assert [(one.amount_minor, one.state) for one in made] == [
        (500, "requested"),
        (100, "requested"),
    ]
    assert await accounts(owner) == (0, 600, 0)
    await owner.flow.follow(twice=True)

    assert [one.reversed_minor for one in await payouts(owner)] == [500, 100]
    assert await asked(owner) == [(100, "taken"), (500, "taken")]
    assert await accounts(owner) == (0, 0, 0)
    assert (await owner.books()).paid_out_minor == 710
    ended = owner.flow.of_kind(events.PayoutReversalEnded)
    assert [one.became for one in ended] == ["taken", "taken"]


async def test_what_the_balance_pays_is_not_taken_back(owner: World) -> None:
    await owe(owner, 600)
    await earn(owner, 450)

    assert [one.amount_minor for one in await ask(owner)] == [150]
    with pytest.raises(NothingToTakeBack, match="owes nothing"):
        await ask(owner)


async def test_an_operator_may_say_how_much_and_of_which(owner: World) -> None:
    await owe(owner, 600)
    (_, older) = await payouts(owner)

    less = replace(WHY, most=Money(70, "EUR"), payout_id=older.id)
    assert [(one.payout_id, one.amount_minor) for one in await ask(owner, less)] == [(older.id, 70)]
    with pytest.raises(NothingToTakeBack, match="owes nothing"):
        await ask(owner, replace(WHY, most=Money(70, "GBP")))
    with pytest.raises(NothingToTakeBack, match="No payout"):
        await ask(owner, replace(WHY, payout_id="another's"))


async def test_a_refusal_leaves_the_debt_as_old_as_it_was(owner: World) -> None:
    """It is not new because a rail was asked; earnings pay it as before."""
    await choose(owner, "sandbox", "spent")
    await earn(owner, 900)
    await request(owner)
    await owner.flow.follow()
    await owe(owner, 300)
    owner.clock.advance(40 * DAY)

    await ask(owner)
    owner.clock.advance(DAY)
    await earn(owner, 100)
    await owner.flow.follow(twice=True)

    assert await asked(owner) == [(300, "refused")]
    assert [one.reversed_minor for one in await payouts(owner)] == [0, 0, 0]
    assert await accounts(owner) == (200, 0, 0)
    assert await debts(owner, 41) == [(200, 41)]


async def test_a_payout_that_gave_some_of_it_up_cannot_come_back(owner: World) -> None:
    """Its money did arrive; while the rail is asked, nobody knows."""
    await owe(owner, 100)
    ((made,), now) = await ask(owner), owner.clock.now()
    why = Refusal("returned", "The bank sent it back.")

    with pytest.raises(NotPaidOut):
        await owner.store.do(coming_back.came_back, made.payout_id, why, now)
    await owner.flow.follow()
    with pytest.raises(NotPaidOut):
        await owner.store.do(coming_back.came_back, made.payout_id, why, now)


async def test_what_came_back_by_itself_is_not_taken_back(owner: World) -> None:
    newest, older = await payouts(owner)
    why = Refusal("returned", "The bank sent it back.")
    await owner.store.do(coming_back.came_back, newest.id, why, owner.clock.now())
    await owe(owner, 800)

    made = await ask(owner)

    assert [(one.payout_id, one.amount_minor) for one in made] == [(older.id, 300)]


async def test_two_who_ask_at_once_take_it_once(owner: World) -> None:
    """And who nets it meanwhile nets what is left: nothing."""
    await owe(owner, 500)
    await ask(owner)
    await earn(owner, 500)

    with pytest.raises(NothingToTakeBack):
        await ask(owner)
    assert await net(owner) == 0
    source = replace((await payouts(owner))[0], reversed_minor=0)
    with pytest.raises(PayoutMoved):
        await owner.store.do(reversing._change, source, 100)
    await owner.flow.follow()
    assert await accounts(owner) == (0, 0, 500)


async def test_the_clock_asks_for_old_debts_and_pauses_after(owner: World) -> None:
    able = reversing.taking_back(owner.rails)

    async def due() -> int:
        now = owner.clock.now()
        return await owner.store.do(reversing.ask_due, now, 30 * DAY, able)

    await choose(owner, "sandbox", "spent")
    await earn(owner, 900)
    await request(owner)
    await owner.flow.follow()
    await owe(owner, 300)
    assert await due() == 0

    owner.clock.advance(30 * DAY)
    assert (await due(), await due()) == (1, 0)
    await owner.flow.follow()
    assert await due() == 0

    owner.clock.advance(reversing.PAUSE)
    assert await due() == 1
    assert await asked(owner) == [(300, "requested"), (300, "refused")]


@pytest.mark.parametrize("seed", range(6))
async def test_in_any_order_the_hub_gets_what_is_owed_and_no_more(owner: World, seed: int) -> None:
    """Debts, earnings, netting, reversals and lost answers in random order: owed = netted + taken
    + left, and no payout gives up more than it paid."""
    random, owed, earned = Random(seed), 0, 0
    steps = random.choices(["owe", "earn", "net", "ask", "follow", "lose"], k=30)
    for number, step in enumerate(steps):
        amount = random.randint(1, 400)
        if step == "owe":
            await owe(owner, amount)
            owed += amount
        elif step == "earn":
            owner.flow.told.append(events.MailRequested(str(number)))  # so that its id is new
            await earn(owner, amount)
            earned += amount
        elif step == "net":
            await owner.store.do(netting.net_due, owner.clock.now())
        elif step == "ask":
            with suppress(NothingToTakeBack):
                await ask(owner)
        elif step == "follow":
            await owner.flow.follow(twice=True)
        else:
            await owner.flow.shuffle(random)
    await owner.flow.follow()
    await owner.store.do(netting.net_due, owner.clock.now())

    receivable, under_way, payable = await accounts(owner)
    taken = sum(amount for amount, state in await asked(owner) if state == "taken")
    assert (under_way, min(receivable, payable)) == (0, 0)
    assert owed - receivable == taken + (earned - payable)
    assert sum(one.reversed_minor for one in await payouts(owner)) == taken
    assert (await owner.books()).paid_out_minor == 1310 - taken
    assert not any((await owner.store.read(ledger.asset_sums)).values())


async def test_a_rail_that_says_another_amount_is_broken(owner: World) -> None:
    await owe(owner, 100)
    (made,) = await ask(owner)
    event = events.PayoutReversalRequested(made.id, made.payout_id)

    with pytest.raises(Exception, match="was asked for 100"):
        taken = TakenBack("x", 99)
        await owner.store.do(reversing.record_taken_back, event, taken, owner.clock.now())
