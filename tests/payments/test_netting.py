"""What owners owe, whatever for, is paid by what they earn, and seen by operators until then."""

from datetime import timedelta

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, moved, transfer_id
from chargehub.payments import netting, payout, rules
from chargehub.store.columns import new_id
from tests.payments.test_payout import choose, earn, payouts, request, verify
from tests.payments.world import World

DAY = timedelta(days=1)


async def owe(world: World, amount_minor: int) -> None:
    """A penalty, say: nothing of it is netted by the step that makes it."""
    receivable = f"owner:receivable:{world.owner_id}"
    entries = moved(amount_minor, "EUR", receivable, "income:no_show_cancel")
    step = Transfer(transfer_id("penalty", new_id()), "penalty", entries, world.clock.now())
    await world.store.do(ledger.post, step)


async def net(world: World) -> int:
    return await world.store.do(netting.net_due, world.clock.now())


async def debts(world: World, days: int) -> list[tuple[int, int]]:
    """What has been owed for so many days, and for how many."""
    now = world.clock.now()
    found = await world.store.read(netting.debts, now - days * DAY)
    return [(one.owed.amount_minor, (now - one.since).days) for one in found]


async def test_a_debt_is_taken_from_what_is_there_before_it_leaves(world: World) -> None:
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    await earn(world, 810)
    await owe(world, 300)

    assert await net(world) == 1
    assert await net(world) == 0
    await request(world)

    assert [one.amount_minor for one in await payouts(world)] == [510]
    assert await world.balance(f"owner:receivable:{world.owner_id}") == 0


async def test_who_asks_to_be_paid_pays_a_debt_first(world: World) -> None:
    """Also in the moment before the clock looks at it."""
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    await earn(world, 810)
    await owe(world, 300)

    now, price = world.clock.now(), rules.TOKEN_PRICE
    await world.store.do(payout.request_now, world.owner_id, None, now, price)

    assert [one.amount_minor for one in await payouts(world)] == [510]


async def test_a_debt_that_earnings_do_not_pay_is_seen_after_a_while(world: World) -> None:
    """Its age is that of the debt which stands, not of one that was paid long ago."""
    await owe(world, 100)
    world.clock.advance(30 * DAY)
    await earn(world, 100)
    await net(world)
    assert await debts(world, 0) == []

    await owe(world, 500)
    world.clock.advance(80 * DAY)
    await earn(world, 200)
    await owe(world, 50)
    await net(world)
    assert (await debts(world, 90), await debts(world, 0)) == ([], [(350, 80)])

    world.clock.advance(10 * DAY)
    assert await debts(world, 90) == [(350, 90)]
