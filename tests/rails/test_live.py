"""The promises of `test_contract.py`, asked of Stripe itself, in its test mode.

Runs with CHARGEHUB_TEST_STRIPE_KEY set to a key of the test mode (sk_test_… or rk_test_…) and is
reported as skipped without. Cards are Stripe's test payment methods. Left out: what needs a
person or a contract with Stripe, that is completed pages, owners who onboarded, holds that grow.
"""

import asyncio
import inspect
import os
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import Clock
from chargehub.payments.page import HoldPageOrder, PageExpired, PageOpen, SetUpPageOrder
from chargehub.payments.rail import RailUnreachable, Refusal
from chargehub.rails.stripe.collecting import StripeCards
from chargehub.rails.stripe.customers import Customers
from chargehub.rails.stripe.intents import method_of
from chargehub.rails.stripe.line import Line
from chargehub.rails.stripe.pages import StripeWithPages
from chargehub.store.writer import Store
from tests.rails import test_contract, test_contract_later
from tests.rails.test_contract import CollectingCase

TEST_KEY = os.environ.get("CHARGEHUB_TEST_STRIPE_KEY", "")
needs_key = pytest.mark.skipif(
    not TEST_KEY, reason="CHARGEHUB_TEST_STRIPE_KEY holds no key of Stripe's test mode"
)
pytestmark = [needs_key, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_mastercard", "pm_card_amex")
TRIES, PAUSE_S = 20, 0.5
_NEEDS_A_CONTRACT = {"test_a_hold_is_increased_once", "test_a_hold_that_cannot_grow_stays_as_it_is"}


class LiveLine(Line):
    """A line under keys of its own run, since Stripe remembers those of a day. What two ask for
    at once it refuses one of them for a moment; the outbox would ask again, and so does this."""

    def __init__(self, key: str, address: str | None = None) -> None:
        super().__init__(key, address)
        self._run = uuid.uuid4().hex

    async def once(self, key: str, *how: Any) -> Any:
        for _ in range(TRIES):
            try:
                return await super().once(f"{self._run}:{key}", *how)
            except RailUnreachable:
                await asyncio.sleep(PAUSE_S)
        raise RailUnreachable("Stripe does not answer.")


class LosingCards(StripeCards):
    """The first answer under each key to an order on one card is lost after its effect."""

    losing = ""

    def __init__(self, line: Line, lost: set[str]) -> None:
        super().__init__(line)
        self._lost = lost

    async def _pay(self, order: Any, key: str, how: Any, sent_as: str | None = None) -> Any:
        outcome = await super()._pay(order, key, how, sent_as)
        if order.method == self.losing and key not in self._lost:
            self._lost.add(key)
            raise RailUnreachable("The answer was lost.")
        return outcome


def checked(key: str) -> str:
    """A key that moves no real money. Raises ValueError."""
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ValueError("CHARGEHUB_TEST_STRIPE_KEY must be a key of the test mode: sk_test_…")
    return key


async def cards(key: str, address: str | None = None) -> CollectingCase:
    """A new customer with four test cards."""
    line = LiveLine(checked(key), address)
    made: Any = await line.ask(lambda v1: v1.customers.create({"email": "driver@example.com"}))
    assert not isinstance(made, Refusal), made
    methods = []
    for token in CARDS:
        to: Any = {"customer": made.id}
        card: Any = await line.ask(lambda v1, t=token, to=to: v1.payment_methods.attach(t, to))  # type: ignore[misc]
        assert not isinstance(card, Refusal), (token, card)
        methods.append(method_of(made.id, card.id))
    lost: set[str] = set()

    def build(*_: Any) -> StripeCards:
        rail = LosingCards(line, lost)
        rail.losing = methods[2]
        return rail

    good, refusing, losing, fixed = methods
    return CollectingCase(build, good, refusing, losing, fixed, f"{made.id}/pm_x")


@pytest.fixture
async def case() -> AsyncIterator[CollectingCase]:
    yield await cards(TEST_KEY)


# The same functions, collected here a second time with the fixture above.
globals().update(
    {
        name: test
        for module in (test_contract, test_contract_later)
        for name, test in vars(module).items()
        if name.startswith("test_") and "case" in inspect.signature(test).parameters
        if name not in _NEEDS_A_CONTRACT
    }
)


async def test_pages_open_once_and_close(store: Store, clock: Clock) -> None:
    line = Line(checked(TEST_KEY))
    rail = StripeWithPages(line, Customers(line, store, clock))
    account, back = str(uuid.uuid4()), "https://example.com/back"
    orders = (
        SetUpPageOrder(account, "driver@example.com", back),
        HoldPageOrder(account, None, 4000, "EUR", "session:s1", back),
        HoldPageOrder(None, "guest@example.com", 4000, "EUR", "session:s2", back),
    )
    try:
        for order in orders:
            key = str(uuid.uuid4())
            page = await rail.open_page(order, key)
            assert isinstance(page, PageOpen)
            assert await rail.open_page(order, key) == page
            assert await rail.read_page(page.reference) == page
            assert await rail.close_page(page.reference) == PageExpired()
    finally:
        await rail.forget_payer(account)
