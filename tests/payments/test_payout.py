"""Owners' matured balances on their way out: in euros, in tokens, refused, and why they wait."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlmodel import col

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, moved, transfer_id
from chargehub.payments import actions, awaiting, payout, tables
from chargehub.payments.views import PayoutView, Preference
from chargehub.people.tables import Account
from chargehub.rails.token import balance as token_balance
from chargehub.store.work import Work
from tests.payments.world import World

DAY = timedelta(days=1)


async def verify(world: World, account_id: str) -> None:
    await world.store.do(_verify, account_id, world.clock)


def _verify(work: Work, account_id: str, clock: object) -> None:
    statement = update(Account).where(col(Account.id) == account_id)
    work.execute(statement.values(verified_at=clock.now()))  # type: ignore[attr-defined]


async def choose(world: World, rail: str, destination: str | None = None) -> None:
    """The owner says how to be paid."""
    chosen = world.rails.paying_out[rail]
    place = await chosen.destination(world.owner_id, destination)
    assert isinstance(place, str)
    wish = Preference(world.owner_id, rail, place, chosen.pays_in, world.clock.now())
    await world.store.do(actions.choose_payout, wish)


async def earn(world: World, amount_minor: int, currency: str = "EUR", owner: str = "") -> None:
    """The owner has this much more to be paid."""
    owner_id = owner or world.owner_id
    step = Transfer(
        id=transfer_id("earned", owner_id, amount_minor, currency, len(world.flow.told)),
        kind="mature",
        entries=moved(amount_minor, currency, "psp:available", f"owner:payable:{owner_id}"),
        effective_at=world.clock.now(),
    )
    await world.store.do(ledger.post, step)


async def request(world: World, token_price: str = "0.25") -> int:
    return await world.store.do(payout.request_due_payouts, world.clock.now(), Decimal(token_price))


async def payouts(world: World) -> tuple[PayoutView, ...]:
    return await world.store.read(tables.page_of_payouts, world.owner_id, None, 50)


async def waiting(world: World) -> tuple[tuple[int, str], ...]:
    found = await world.store.read(awaiting.waiting, world.owner_id, world.clock.now())
    return tuple((one.amount.amount_minor, " ".join(one.reasons)) for one in found)


@pytest.fixture
async def owner(world: World) -> World:
    """An owner who can be paid, and has earned 8.10 EUR."""
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    await earn(world, 810)
    return world


async def test_a_balance_is_paid_out(owner: World) -> None:
    assert await request(owner) == 1
    assert await owner.balance(f"owner:in_transit:{owner.owner_id}") == -810

    await owner.flow.follow()

    (paid,) = await payouts(owner)
    assert (paid.state, paid.amount_minor, paid.rail) == ("paid", 810, "sandbox")
    assert await owner.balance(f"owner:payable:{owner.owner_id}") == 0
    assert await owner.balance(f"owner:in_transit:{owner.owner_id}") == 0
    assert await owner.balance("psp:available") == 0
    assert (await owner.books()).paid_out_minor == 810
    assert owner.flow.of_kind(events.PayoutPaid) == [events.PayoutPaid(paid.id)]


async def test_a_balance_under_way_is_not_sent_twice(owner: World) -> None:
    await request(owner)
    assert await request(owner) == 0

    await earn(owner, 500)
    assert await request(owner) == 0
    await owner.flow.follow(twice=True)
    assert await request(owner) == 1
    await owner.flow.follow(twice=True)

    assert [one.amount_minor for one in await payouts(owner)] == [500, 810]
    assert (await owner.books()).paid_out_minor == 1310


async def test_tokens_are_credited_at_the_stated_price(owner: World) -> None:
    await choose(owner, "token")

    await request(owner, token_price="0.25")
    await owner.flow.follow()

    (paid,) = await payouts(owner)
    assert (paid.state, paid.token_units, paid.token_price) == ("paid", 32_400_000, "0.25")
    assert await owner.store.read(token_balance, owner.owner_id) == 32_400_000
    assert await owner.balance(f"wallet:{owner.owner_id}", "CHG") == 32_400_000
    assert await owner.balance("fx:clearing") == -810
    assert await owner.balance("psp:available") == 810
    assert (await owner.books()).paid_out_minor == 0


async def test_a_residue_of_tokens_stays_with_the_hub(owner: World) -> None:
    """8.10 / 0.07 is 115.714285714…: rounded down to whole millionths."""
    await choose(owner, "token")

    await request(owner, token_price="0.07")
    await owner.flow.follow()

    (paid,) = await payouts(owner)
    assert paid.token_units == 115_714_285


async def test_a_refused_payout_gives_the_balance_back(owner: World) -> None:
    await choose(owner, "sandbox", "refuse_payout")

    await request(owner)
    await owner.flow.follow(twice=True)

    (failed,) = await payouts(owner)
    assert (failed.state, failed.refusal_code) == ("failed", "account_closed")
    assert await owner.balance(f"owner:payable:{owner.owner_id}") == -810
    assert await owner.balance(f"owner:in_transit:{owner.owner_id}") == 0
    assert owner.flow.of_kind(events.PayoutFailed) == [events.PayoutFailed(failed.id)]


async def test_a_refused_payout_is_tried_again_after_a_day(owner: World) -> None:
    await choose(owner, "sandbox", "refuse_payout")
    owner.clock.advance(timedelta(seconds=1))
    await request(owner)
    await owner.flow.follow()

    assert await request(owner) == 0
    ((amount_minor, reason),) = await waiting(owner)
    assert (amount_minor, "closed" in reason) == (810, True)

    owner.clock.advance(DAY)
    assert await request(owner) == 1


async def test_a_refused_payout_is_tried_again_when_the_owner_chooses_anew(owner: World) -> None:
    await choose(owner, "sandbox", "refuse_payout")
    await request(owner)
    await owner.flow.follow()

    await choose(owner, "sandbox", "ok")
    await request(owner)
    await owner.flow.follow()

    assert [one.state for one in await payouts(owner)] == ["paid", "failed"]


async def test_a_lost_answer_pays_once(owner: World) -> None:
    await choose(owner, "sandbox", "flaky")
    await request(owner)

    await owner.flow.follow()

    assert [one.state for one in await payouts(owner)] == ["paid"]
    assert (await owner.books()).paid_out_minor == 810


async def test_no_money_leaves_before_the_address_is_verified(world: World) -> None:
    await choose(world, "sandbox")
    await earn(world, 810)

    assert await request(world) == 0

    ((_, reason),) = await waiting(world)
    assert "Verify" in reason
    await verify(world, world.owner_id)
    assert await request(world) == 1


async def test_no_money_leaves_before_the_owner_says_how(world: World) -> None:
    await verify(world, world.owner_id)
    await earn(world, 810)

    assert await request(world) == 0

    ((_, reason),) = await waiting(world)
    assert "payout-preference" in reason


async def test_small_balances_wait(world: World) -> None:
    await verify(world, world.owner_id)
    await choose(world, "sandbox")
    await earn(world, 99)
    assert await request(world) == 0
    assert len(await waiting(world)) == 1

    await earn(world, 1)

    assert await request(world) == 1


async def test_each_currency_is_paid_by_itself(owner: World) -> None:
    await earn(owner, 500, "GBP")
    await earn(owner, 99, "JPY")

    assert await request(owner) == 3
    await owner.flow.follow()

    found = {one.currency: one.amount_minor for one in await payouts(owner)}
    assert found == {"EUR": 810, "GBP": 500, "JPY": 99}


async def test_tokens_are_bought_with_euros_alone(owner: World) -> None:
    await earn(owner, 500, "GBP")
    await choose(owner, "token")

    assert await request(owner) == 1

    assert [reason for _, reason in await waiting(owner)] == [
        "Only EUR can be paid in CHG. Choose another rail."
    ]


async def test_owners_who_must_wait_keep_nobody_else_waiting(owner: World) -> None:
    """More of them than a job takes at a time, with larger balances."""
    for number in range(60):
        await earn(owner, 100_000 + number, owner=f"unknown-{number}")

    assert await request(owner) == 1


async def test_what_a_refused_payout_gives_back_pays_the_owners_debt_first(owner: World) -> None:
    """A correction came while the payout was under way: the owner owes what then came back."""
    await choose(owner, "sandbox", "refuse_payout")
    await request(owner)
    debt = Transfer(
        id=transfer_id("a correction"),
        kind="recall",
        entries=moved(500, "EUR", f"owner:receivable:{owner.owner_id}", "psp:available"),
        effective_at=owner.clock.now(),
    )
    await owner.store.do(ledger.post, debt)

    await owner.flow.follow()

    assert await owner.balance(f"owner:receivable:{owner.owner_id}") == 0
    assert await owner.balance(f"owner:payable:{owner.owner_id}") == -310
