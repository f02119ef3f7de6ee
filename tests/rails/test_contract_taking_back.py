"""The promises of `TakesBack` in `payments/rail.py`, asked of every rail that makes them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chargehub.clock import Clock
from chargehub.payments.rail import (
    KeyReused,
    PaidOut,
    PayoutOrder,
    RailUnreachable,
    Refusal,
    TakeBackOrder,
    TakenBack,
    TakesBack,
)
from chargehub.rails.sandbox import Sandbox
from chargehub.rails.stripe.paying import StripeTransfers
from chargehub.rails.token import TokenRail
from chargehub.store.writer import Store
from tests.rails.test_contract import OWNER, Build, stripe
from tests.stripe_twin import accounts, balances
from tests.stripe_twin.world import PLATFORM


@dataclass(frozen=True)
class BackCase:
    """A rail, where it pays to, and a place from where nothing can be taken after `spend`.

    `losing` loses the first answer to what is ordered after `lose`.
    """

    build: Build
    good: str
    spent: str
    losing: str
    spend: Callable[[], None] = lambda: None
    lose: Callable[[], None] = lambda: None
    forget: Callable[[], None] = lambda: None


@asynccontextmanager
async def sandbox() -> AsyncIterator[BackCase]:
    yield BackCase(Sandbox, "ok", "spent", "flaky")


@asynccontextmanager
async def stripe_accounts() -> AsyncIterator[BackCase]:
    """A connected account, which its owner may empty."""
    async with stripe() as (twin, line):
        asked: Any = {
            "country": "DE",
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"account_id": OWNER},
        }
        made: Any = await line.ask(lambda v1: v1.accounts.create(asked))
        accounts.complete(twin.world, made.id)
        balances.book(twin.world, PLATFORM, "charge", 10_000, "eur", "ch_earlier")

        def spend() -> None:
            left = balances.available(twin.world, made.id, "eur")
            balances.book(twin.world, made.id, "payout", -left, "eur", "po_all")

        yield BackCase(
            *(lambda *_: StripeTransfers(line), made.id, made.id, made.id),
            spend=spend,
            lose=lambda: twin.loses.update({"reversal": set()}),
            forget=lambda: twin.world.clock.advance(86_401),
        )


CASES = {"sandbox": sandbox, "stripe": stripe_accounts}


@pytest.fixture(params=CASES)
async def back(request: pytest.FixtureRequest) -> AsyncIterator[BackCase]:
    async with CASES[request.param]() as found:
        yield found


@pytest.fixture
def taker(back: BackCase, store: Store, clock: Clock) -> Any:
    made = back.build(store, clock)
    assert isinstance(made, TakesBack)
    return made


async def paid(taker: Any, destination: str, key: str = "payout") -> str:
    """A payout of 8.10; its reference."""
    try:
        outcome = await taker.pay_out(PayoutOrder(destination, 810, "EUR", f"payout:{key}"), key)
    except RailUnreachable:
        outcome = await taker.pay_out(PayoutOrder(destination, 810, "EUR", f"payout:{key}"), key)
    assert isinstance(outcome, PaidOut)
    return outcome.reference


def order(payout: str, amount_minor: int = 300, currency: str = "EUR") -> TakeBackOrder:
    return TakeBackOrder(payout, amount_minor, currency, "reversal:1")


async def test_what_was_paid_is_taken_back_once_by_key(taker: Any, back: BackCase) -> None:
    payout = await paid(taker, back.good)

    outcomes = await asyncio.gather(*(taker.take_back(order(payout), "k") for _ in range(5)))

    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], TakenBack) and outcomes[0].amount_minor == 300
    assert outcomes[0].reference != payout
    assert await taker.take_back(order(payout, 510), "rest") != outcomes[0]
    assert isinstance(await taker.take_back(order(payout, 1), "more"), Refusal)


async def test_it_is_read_back_after_the_rail_forgot_its_key(taker: Any, back: BackCase) -> None:
    payout = await paid(taker, back.good)
    assert await taker.read_taken_back(order(payout), "k") is None
    taken = await taker.take_back(order(payout), "k")

    back.forget()

    assert await taker.read_taken_back(order(payout), "k") == taken
    assert await taker.read_taken_back(order(payout), "other") is None
    with pytest.raises(KeyReused):
        await taker.read_taken_back(order(payout, 301), "k")


async def test_a_key_with_another_order_is_an_error(taker: Any, back: BackCase) -> None:
    payout = await paid(taker, back.good)
    await taker.take_back(order(payout), "k")

    with pytest.raises(KeyReused):
        await taker.take_back(order(payout, 301), "k")


async def test_never_more_than_was_paid_of_this_payout(taker: Any, back: BackCase) -> None:
    """Also where the owner has more there, by another payout."""
    payout, other = await paid(taker, back.good), await paid(taker, back.good, "other")

    assert isinstance(await taker.take_back(order(payout, 811), "k"), Refusal)
    assert isinstance(await taker.take_back(order(payout, 1, "GBP"), "k2"), Refusal)
    assert isinstance(await taker.take_back(order("tr_nothing"), "k3"), Refusal)
    assert isinstance(await taker.take_back(order(other, 810), "k4"), TakenBack)


async def test_what_the_owner_has_spent_is_refused_with_a_sentence(
    taker: Any, back: BackCase
) -> None:
    payout = await paid(taker, back.spent)
    back.spend()

    refused = await taker.take_back(order(payout), "k")

    assert isinstance(refused, Refusal)
    assert refused.code == "balance_spent" and refused.detail.endswith(".")


async def test_an_answer_that_was_lost_is_read_back(taker: Any, back: BackCase) -> None:
    payout = await paid(taker, back.losing)
    back.lose()
    with pytest.raises(RailUnreachable):
        await taker.take_back(order(payout), "k")

    known = await taker.read_taken_back(order(payout), "k")

    assert isinstance(known, TakenBack)
    assert await taker.take_back(order(payout), "k") == known


def test_tokens_are_not_taken_back(store: Store, clock: Clock) -> None:
    assert not isinstance(TokenRail(store, clock), TakesBack)
