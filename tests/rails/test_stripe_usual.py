"""A hub whose account at Stripe may not ask for more than usual holds: it has usual holds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.payments.page import HoldPageOrder, PageOpen
from chargehub.payments.rail import Held, HoldOrder, IncreaseOrder, Refusal
from chargehub.rails.stripe import intents
from chargehub.rails.stripe.collecting import StripeCards
from chargehub.rails.stripe.customers import Customers
from chargehub.rails.stripe.line import Line
from chargehub.rails.stripe.pages import StripeWithPages
from chargehub.store.writer import Store
from tests.rails.test_contract import keep_card, stripe
from tests.stripe_twin.app import Twin
from tests.stripe_twin.world import PLATFORM


@pytest.fixture
async def usual() -> AsyncIterator[tuple[Twin, Line]]:
    async with stripe() as (twin, line):
        twin.world.is_eligible = False
        yield twin, line


async def test_it_holds_as_usual_once_and_finds_it_again(usual: tuple[Twin, Line]) -> None:
    """Also after the process has ended that knew it, and when Stripe has forgotten the key."""
    twin, line = usual
    made: Any = await line.ask(lambda v1: v1.customers.create({"email": "driver@example.com"}))
    card = intents.method_of(made.id, keep_card(twin, made.id, "4242424242424242"))
    order, rail = HoldOrder(card, 4000, "EUR", "payment:p1"), StripeCards(line)

    first = await rail.authorise(order, "h")
    again = [await rail.authorise(order, "h"), await StripeCards(line).authorise(order, "h")]
    found = await StripeCards(line).read_back(order, "h")

    assert isinstance(first, Held)
    assert [*again, found] == [first] * 3
    assert len(twin.world.all(PLATFORM, "payment_intent")) == 1
    grown = await rail.increase(IncreaseOrder(first.reference, 5000, "EUR"), "more")
    assert grown == Refusal("hold_is_fixed", intents.CANNOT_GROW.detail)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_its_pages_open_once(
    usual: tuple[Twin, Line], store: Store, clock: HandClock
) -> None:
    twin, line = usual
    order = HoldPageOrder(None, None, 4000, "EUR", "ad_hoc:a", "https://hub.example.com/back")

    opened = [
        await StripeWithPages(line, Customers(line, store, clock)).open_page(order, "page")
        for _ in range(2)
    ]

    assert isinstance(opened[0], PageOpen)
    assert opened[0] == opened[1]
    assert len(twin.world.all(PLATFORM, "checkout.session")) == 1
