"""The promises of `payments/rail.py`, asked of every rail. A new rail joins by one entry below."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chargehub.clock import Clock
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    Collects,
    Held,
    HoldOrder,
    KeyReused,
    PaidOut,
    PayoutOrder,
    PaysOut,
    RailUnreachable,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.rails.sandbox import Sandbox
from chargehub.rails.stripe.collecting import StripeCards
from chargehub.rails.stripe.intents import method_of
from chargehub.rails.stripe.line import PAGE, Line
from chargehub.rails.stripe.paying import StripeTransfers
from chargehub.rails.token import TokenRail
from chargehub.store.writer import Store
from tests.rails import purse
from tests.stripe_twin import (
    accounts,
    balances,
    payment_intents,
    setup_intents,
)
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.customers import new_card
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import PLATFORM, Call

Build = Callable[[Store, Clock], Any]


@dataclass(frozen=True)
class CollectingCase:
    """A rail, and references that make it agree, refuse, or lose its first answers.

    Holds on `fixed` do not grow. `forget`: all that the rail may forget, it has forgotten then.
    """

    build: Build
    good: str
    refusing: str
    losing: str
    fixed: str
    unfit: str
    forget: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class PayingCase:
    """A rail, a currency it pays in, and a destination that works."""

    build: Build
    currency: str
    good: str
    usual: str | None
    forget: Callable[[], None] = lambda: None


@asynccontextmanager
async def sandbox_cards() -> AsyncIterator[CollectingCase]:
    yield CollectingCase(Sandbox, "ok", "refuse", "flaky", "fixed", "no-such-card")


@asynccontextmanager
async def stripe_cards() -> AsyncIterator[CollectingCase]:
    """A customer with three cards, made ready on the hosted page."""
    async with stripe() as (twin, line):
        made: Any = await line.ask(lambda v1: v1.customers.create({"email": "driver@example.com"}))
        numbers = ("4242424242424242", "4000000000000341", "5555555555554444", "378282246310005")
        good, refusing, losing, fixed = (
            method_of(made.id, keep_card(twin, made.id, number)) for number in numbers
        )
        twin.loses[losing.partition("/")[2]] = set()
        yield CollectingCase(
            lambda *_: StripeCards(line),
            *(good, refusing, losing, fixed, f"{made.id}/pm_x"),
            forget=lambda: forget(twin, made.id),
        )


@asynccontextmanager
async def stripe() -> AsyncIterator[tuple[Twin, Line]]:
    twin = Twin()
    async with running_twin(twin) as address:
        yield twin, Line(KEY, address)
    assert (twin.shortcomings, twin.misasked) == ([], [])


def forget(twin: Twin, customer: str) -> None:
    """A day is over, in which the customer paid more often than Stripe lists at once."""
    for _ in range(PAGE + 50):
        told = {"amount": 900, "currency": "eur", "customer": customer}
        payment_intents.new(twin.world, Call(told, {}))
    twin.world.clock.advance(86_401)


def keep_card(twin: Twin, customer: str, number: str) -> str:
    """What a driver does on the hosted page; the id of the card."""
    intent = setup_intents.new(twin.world, customer)
    card = new_card(twin.world, number)
    intent["payment_method"] = card["id"]
    setup_intents.authenticated(twin.world, intent)
    found: str = card["id"]
    return found


OWNER = "0198b2a0-0000-7000-8000-000000000001"


@asynccontextmanager
async def sandbox_payouts() -> AsyncIterator[PayingCase]:
    yield PayingCase(Sandbox, "EUR", "ok", None)


@asynccontextmanager
async def token_payouts() -> AsyncIterator[PayingCase]:
    yield PayingCase(TokenRail, "CHG", OWNER, None)


@asynccontextmanager
async def stripe_payouts() -> AsyncIterator[PayingCase]:
    """A connected account that its owner has completed, and money on the hub's own balance."""
    async with stripe() as (twin, line):
        asked: Any = {
            "country": "DE",
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"account_id": OWNER},
        }
        made: Any = await line.ask(lambda v1: v1.accounts.create(asked))
        accounts.complete(twin.world, made.id)
        balances.book(twin.world, PLATFORM, "charge", 10_000, "eur", "ch_earlier")
        yield PayingCase(
            *(lambda *_: StripeTransfers(line), "EUR", made.id, made.id),
            forget=lambda: twin.world.clock.advance(86_401),
        )


@asynccontextmanager
async def prepaid_balances() -> AsyncIterator[CollectingCase]:
    """Its holds do not grow: whoever needs more holds anew."""
    names = purse.GOOD, purse.EMPTY, purse.LOSING
    yield CollectingCase(purse.Purse, *names, fixed=purse.GOOD, unfit="no-such-account")


COLLECTING = {"sandbox": sandbox_cards, "stripe": stripe_cards, "prepaid": prepaid_balances}
PAYING = {"sandbox": sandbox_payouts, "token": token_payouts, "stripe": stripe_payouts}


@pytest.fixture(params=COLLECTING)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[CollectingCase]:
    async with COLLECTING[request.param]() as found:
        yield found


@pytest.fixture
def rail(case: CollectingCase, store: Store, clock: Clock) -> Collects:
    return case.build(store, clock)


@pytest.fixture(params=PAYING)
async def paying(request: pytest.FixtureRequest) -> AsyncIterator[PayingCase]:
    async with PAYING[request.param]() as found:
        yield found


@pytest.fixture
def payer(paying: PayingCase, store: Store, clock: Clock) -> PaysOut:
    return paying.build(store, clock)


def hold_order(method: str, amount_minor: int = 4000) -> HoldOrder:
    return HoldOrder(method, amount_minor, "EUR", "payment:p1")


def take_order(method: str, amount_minor: int = 900) -> TakeOrder:
    return TakeOrder(method, amount_minor, "EUR", "payment:p1")


async def held(rail: Collects, case: CollectingCase, key: str = "hold") -> Held:
    outcome = await rail.authorise(hold_order(case.good), key)
    assert isinstance(outcome, Held)
    return outcome


async def test_a_means_of_payment_is_described_or_refused(
    rail: Collects, case: CollectingCase
) -> None:
    assert isinstance(await rail.describe(case.good), str)
    assert isinstance(await rail.describe(case.unfit), Refusal)


async def test_a_hold_keeps_the_whole_amount(rail: Collects, case: CollectingCase) -> None:
    outcome = await held(rail, case)

    assert outcome.amount_minor == 4000
    assert outcome.capturable_minor >= 4000


async def test_a_refused_hold_is_a_value(rail: Collects, case: CollectingCase) -> None:
    outcome = await rail.authorise(hold_order(case.refusing), "k1")

    assert isinstance(outcome, Refusal)
    assert outcome.code and outcome.detail.endswith(".")


async def test_the_same_key_and_order_give_the_same_outcome(
    rail: Collects, case: CollectingCase
) -> None:
    hold = await held(rail, case)
    capture = CaptureOrder(hold.reference, 900, "EUR")
    refund = RefundOrder(hold.reference, 400, "EUR")

    first = [await rail.capture(capture, "c"), await rail.refund(refund, "r")]
    again = [await rail.capture(capture, "c"), await rail.refund(refund, "r")]

    assert await rail.authorise(hold_order(case.good), "hold") == hold
    assert first == again
    assert isinstance(first[0], Captured) and isinstance(first[1], Refunded)


async def test_the_same_key_at_the_same_time_moves_the_money_once(
    rail: Collects, case: CollectingCase
) -> None:
    outcomes = await asyncio.gather(
        *(rail.take(take_order(case.good), "k") for _ in range(8)),
    )

    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], Captured)


async def test_a_refusal_is_repeated_as_well(rail: Collects, case: CollectingCase) -> None:
    first = await rail.authorise(hold_order(case.refusing), "k1")
    again = await rail.authorise(hold_order(case.refusing), "k1")

    assert first == again


async def test_a_key_with_another_order_is_an_error(rail: Collects, case: CollectingCase) -> None:
    await held(rail, case, key="k1")

    with pytest.raises(KeyReused):
        await rail.authorise(hold_order(case.good, 4001), "k1")
    with pytest.raises(KeyReused):
        await rail.take(take_order(case.good, 4000), "k1")
    with pytest.raises(KeyReused):
        await rail.read_back(hold_order(case.good, 4001), "k1")


async def test_no_more_than_capturable_is_captured(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)

    too_much = CaptureOrder(hold.reference, hold.capturable_minor + 1, "EUR")
    assert isinstance(await rail.capture(too_much, "c1"), Refusal)

    exactly = CaptureOrder(hold.reference, hold.capturable_minor, "EUR")
    outcome = await rail.capture(exactly, "c2")
    assert outcome == Captured(hold.reference, hold.capturable_minor)


async def test_a_hold_is_captured_once(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)
    await rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c1")

    assert isinstance(await rail.capture(CaptureOrder(hold.reference, 100, "EUR"), "c2"), Refusal)
    assert isinstance(await rail.release(ReleaseOrder(hold.reference), "r1"), Refusal)


async def test_a_released_hold_is_not_captured(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)
    released = await rail.release(ReleaseOrder(hold.reference), "r1")

    assert isinstance(released, Released)
    assert isinstance(await rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c1"), Refusal)
    assert isinstance(await rail.release(ReleaseOrder(hold.reference), "r2"), Refusal)
    assert await rail.release(ReleaseOrder(hold.reference), "r1") == released


async def test_a_refused_capture_can_be_released(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)
    await rail.capture(CaptureOrder(hold.reference, 4001, "EUR"), "c1")

    assert isinstance(await rail.release(ReleaseOrder(hold.reference), "r1"), Released)


async def test_capture_and_release_at_the_same_time_resolve_once(
    rail: Collects, case: CollectingCase
) -> None:
    hold = await held(rail, case)

    outcomes = await asyncio.gather(
        rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c1"),
        rail.release(ReleaseOrder(hold.reference), "r1"),
        rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c2"),
    )

    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 2


async def test_refunds_never_exceed_what_was_captured(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)
    await rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c1")

    first = await rail.refund(RefundOrder(hold.reference, 600, "EUR"), "r1")
    too_much = await rail.refund(RefundOrder(hold.reference, 301, "EUR"), "r2")
    rest = await rail.refund(RefundOrder(hold.reference, 300, "EUR"), "r3")

    assert isinstance(first, Refunded)
    assert isinstance(too_much, Refusal)
    assert isinstance(rest, Refunded)


async def test_what_was_taken_at_once_can_be_refunded(rail: Collects, case: CollectingCase) -> None:
    taken = await rail.take(take_order(case.good), "t1")
    assert isinstance(taken, Captured)

    refunded = await rail.refund(RefundOrder(taken.reference, 900, "EUR"), "r1")

    assert isinstance(refunded, Refunded)


async def test_nothing_uncaptured_is_refunded(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)

    assert isinstance(await rail.refund(RefundOrder(hold.reference, 1, "EUR"), "r1"), Refusal)


async def test_another_currency_is_refused(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)

    outcome = await rail.capture(CaptureOrder(hold.reference, 900, "GBP"), "c1")

    assert isinstance(outcome, Refusal)


async def test_an_unknown_hold_is_refused(rail: Collects) -> None:
    outcomes = [
        await rail.capture(CaptureOrder("nothing", 900, "EUR"), "c1"),
        await rail.release(ReleaseOrder("nothing"), "c2"),
        await rail.refund(RefundOrder("nothing", 900, "EUR"), "c3"),
    ]

    assert all(isinstance(outcome, Refusal) for outcome in outcomes)


async def test_an_answer_lost_after_the_effect_is_read_back_and_repeated(
    rail: Collects, case: CollectingCase
) -> None:
    order = take_order(case.losing)
    with pytest.raises(RailUnreachable):
        await rail.take(order, "t1")

    known = await rail.read_back(order, "t1")
    again = await rail.take(order, "t1")

    assert isinstance(known, Captured)
    assert again == known


async def test_a_crash_after_the_effect_changes_nothing(
    case: CollectingCase, store: Store, clock: Clock
) -> None:
    """The process that sent the order is gone; a new one sends it again."""
    first = await case.build(store, clock).take(take_order(case.good), "t1")

    again = await case.build(store, clock).take(take_order(case.good), "t1")

    assert again == first


async def test_a_payout_is_paid_once_by_key(payer: PaysOut, paying: PayingCase) -> None:
    order = PayoutOrder(paying.good, 810, paying.currency, "payout:1")

    outcomes = await asyncio.gather(*(payer.pay_out(order, "k") for _ in range(5)))

    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], PaidOut) and outcomes[0].amount_minor == 810
    assert await payer.read_back(order, "k") == outcomes[0]
