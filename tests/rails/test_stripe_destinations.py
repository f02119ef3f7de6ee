"""Owners who are paid in the moment of a capture: destination charges of Stripe's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chargehub.payments.rail import (
    NO_DESTINATION,
    Captured,
    CaptureOrder,
    Held,
    HoldOrder,
    KeyReused,
    RailUnreachable,
    Refusal,
)
from chargehub.rails.stripe.collecting import StripeCards
from chargehub.rails.stripe.intents import method_of
from chargehub.rails.stripe.line import Line
from tests.rails.test_contract import forget, keep_card, stripe
from tests.stripe_twin import accounts, balances
from tests.stripe_twin.app import Twin
from tests.stripe_twin.world import PLATFORM


@dataclass
class Bench:
    """The rail before the twin, an owner's account, and a hold whose capture pays into it."""

    twin: Twin
    line: Line
    rail: StripeCards
    customer: str
    account: str
    order: HoldOrder

    async def held(self) -> CaptureOrder:
        """The capture of a fresh hold: 8.10 of 9.00 are the owner's."""
        hold = await self.rail.authorise(self.order, "h")
        assert isinstance(hold, Held)
        return CaptureOrder(hold.reference, 900, "EUR", owner_minor=810)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with stripe() as (twin, line):
        customer: Any = await line.ask(lambda v1: v1.customers.create({"email": "d@example.com"}))
        wanted: Any = {"country": "DE", "capabilities": {"transfers": {"requested": True}}}
        account: Any = await line.ask(lambda v1: v1.accounts.create(wanted))
        accounts.complete(twin.world, account.id)
        card = method_of(customer.id, keep_card(twin, customer.id, "4242424242424242"))
        order = HoldOrder(card, 4000, "EUR", "payment:p1", destination=account.id)
        yield Bench(twin, line, StripeCards(line), customer.id, account.id, order)


async def test_the_owners_part_is_there_when_the_cost_is_taken(bench: Bench) -> None:
    capture = await bench.held()

    taken = await bench.rail.capture(capture, "c")

    assert isinstance(taken, Captured)
    assert bench.twin.world.one(PLATFORM, "transfer", taken.transfer or "")["amount"] == 900
    assert bench.twin.world.one(PLATFORM, "application_fee", taken.fee or "")["amount"] == 90
    bench.twin.world.clock.advance(balances.CARD_DELAY_S)
    assert balances.available(bench.twin.world, bench.account, "eur") == 810


@pytest.mark.parametrize(("owner_minor", "left", "fees"), [(0, 0, 1), (900, 900, 0)])
async def test_the_owner_may_have_nothing_or_all(
    bench: Bench, owner_minor: int, left: int, fees: int
) -> None:
    capture = replace(await bench.held(), owner_minor=owner_minor)

    assert isinstance(await bench.rail.capture(capture, "c"), Captured)

    bench.twin.world.clock.advance(balances.CARD_DELAY_S)
    assert balances.available(bench.twin.world, bench.account, "eur") == left
    assert len(bench.twin.world.all(PLATFORM, "application_fee")) == fees


async def test_it_is_read_back_when_stripe_has_forgotten_its_key(bench: Bench) -> None:
    capture = await bench.held()
    taken = await bench.rail.capture(capture, "c")

    forget(bench.twin, bench.customer)

    assert await bench.rail.read_back(capture, "c") == taken
    with pytest.raises(KeyReused):
        await bench.rail.read_back(replace(capture, owner_minor=0), "c")
    with pytest.raises(KeyReused):
        await bench.rail.read_back(replace(bench.order, destination=None), "h")


async def test_a_lost_answer_pays_the_owner_once(bench: Bench) -> None:
    capture = await bench.held()
    bench.twin.faults.next = [None, "drop_after"]  # the hold is looked at, then taken
    with pytest.raises(RailUnreachable):
        await bench.rail.capture(capture, "c")

    known = await bench.rail.read_back(capture, "c")

    assert isinstance(known, Captured) and known.transfer
    assert len(bench.twin.world.all(PLATFORM, "transfer")) == 1


async def test_an_account_that_stripe_does_not_pay_is_told_apart(bench: Bench) -> None:
    """Before the hold, which is then made without it, and between hold and capture."""
    capture = await bench.held()
    accounts.require(bench.twin.world, bench.account, "individual.verification.document")

    late = await bench.rail.capture(capture, "c")
    early = await bench.rail.authorise(bench.order, "h2")
    plain = await bench.rail.authorise(replace(bench.order, destination=None), "h2")

    assert isinstance(late, Refusal) and isinstance(early, Refusal)
    assert (late.code, early.code) == (NO_DESTINATION, NO_DESTINATION)
    assert isinstance(plain, Held)
    assert await bench.rail.read_back(replace(bench.order, destination=None), "h2") == plain
