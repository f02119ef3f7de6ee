"""What Stripe alone does to the rail: declines, stored failures, a wrong key, holds that differ."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    Held,
    HoldOrder,
    KeyReused,
    PayoutOrder,
    RailBroken,
    RailUnreachable,
    Refunded,
    RefundOrder,
    Refusal,
    TakeOrder,
)
from chargehub.rails.stripe import intents, line
from chargehub.rails.stripe.collecting import StripeCards
from chargehub.rails.stripe.line import Line
from chargehub.rails.stripe.paying import StripeTransfers
from tests.rails.test_contract import keep_card, stripe
from tests.stripe_twin import payment_intents, refunds
from tests.stripe_twin.app import Twin
from tests.stripe_twin.world import PLATFORM, Object


@dataclass
class Driver:
    """The rail, the twin behind it, and one customer there."""

    rail: StripeCards
    twin: Twin
    line: Line
    customer: str

    def card(self, number: str) -> str:
        """A card of the customer's, by the rail's name."""
        return intents.method_of(self.customer, keep_card(self.twin, self.customer, number))

    def things(self, kind: str) -> list[Object]:
        """What Stripe has of a kind, oldest first."""
        return list(self.twin.world.all(PLATFORM, kind).values())


@pytest.fixture
async def driver() -> AsyncIterator[Driver]:
    async with stripe() as (twin, line):
        made: Any = await line.ask(lambda v1: v1.customers.create({"email": "driver@example.com"}))
        yield Driver(StripeCards(line), twin, line, made.id)


def hold_order(method: str, amount_minor: int = 4000, currency: str = "EUR") -> HoldOrder:
    return HoldOrder(method, amount_minor, currency, "payment:p1")


async def held(driver: Driver, number: str = "4242424242424242") -> Held:
    outcome = await driver.rail.authorise(hold_order(driver.card(number)), "hold")
    assert isinstance(outcome, Held)
    return outcome


async def test_a_decline_is_read_back_as_it_was_told(driver: Driver) -> None:
    """Stripe takes the card off an intent that was declined."""
    order = hold_order(driver.card("4000000000000341"))

    declined = await driver.rail.authorise(order, "h1")

    assert driver.things("payment_intent")[0]["payment_method"] is None
    assert await driver.rail.read_back(order, "h1") == declined


async def test_a_bank_that_wants_its_customer_says_so_by_a_code_of_its_own(driver: Driver) -> None:
    order = hold_order(driver.card("4000002760003184"))

    refused = await driver.rail.authorise(order, "h1")

    assert isinstance(refused, Refusal)
    assert refused.code == "authentication_required"
    assert await driver.rail.read_back(order, "h1") == refused


async def test_what_waits_for_a_bank_is_asked_for_again(driver: Driver) -> None:
    order = hold_order(driver.card("4242424242424242"))
    await driver.rail.authorise(order, "h1")
    driver.things("payment_intent")[0]["status"] = "processing"

    with pytest.raises(RailUnreachable):
        await driver.rail.read_back(order, "h1")


@pytest.mark.parametrize("fault", ["broken", "broken_after"])
async def test_a_failure_that_stripe_stored_does_not_stand_in_the_way(
    driver: Driver, fault: Any
) -> None:
    """Stripe repeats its own 500 under a key, whether or not the order was carried out."""
    order = TakeOrder(driver.card("4242424242424242"), 900, "EUR", "payment:p1")
    driver.twin.faults.next = [fault]
    with pytest.raises(RailUnreachable):
        await driver.rail.take(order, "t1")

    taken = await driver.rail.take(order, "t1")

    assert isinstance(taken, Captured)
    assert await driver.rail.read_back(order, "t1") == taken
    assert [one["amount_received"] for one in driver.things("payment_intent")] == [900]


async def test_a_second_stored_failure_is_overcome_as_well(driver: Driver) -> None:
    hold = await held(driver)
    order = CaptureOrder(hold.reference, 900, "EUR")
    for faults in (None, "broken"), (None, None, None, "broken_after"):
        driver.twin.faults.next = list(faults)  # type: ignore[arg-type]
        with pytest.raises(RailUnreachable):
            await driver.rail.capture(order, "c1")

    assert await driver.rail.capture(order, "c1") == Captured(hold.reference, 900)
    assert len(driver.things("charge")) == 1


async def test_what_was_captured_under_another_key_is_not_captured_again(driver: Driver) -> None:
    hold = await held(driver)
    order = CaptureOrder(hold.reference, 900, "EUR")
    await driver.rail.capture(order, "c1")

    assert await driver.rail.read_back(order, "c2") is None
    assert isinstance(await driver.rail.capture(order, "c2"), Refusal)


async def test_a_list_that_is_refused_says_nothing_of_an_order(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = hold_order(driver.card("4242424242424242"))
    await driver.rail.authorise(order, "h1")

    driver.twin.faults.next = ["too_many"]
    with pytest.raises(RailUnreachable):
        await driver.rail.read_back(order, "h1")
    with pytest.raises(RailUnreachable):
        await driver.line.find(lambda v1: v1.payment_intents.retrieve("pi_none"), bool)
    monkeypatch.setattr(line, "MOST_LOOKED_AT", 0)
    with pytest.raises(RailUnreachable):
        await driver.rail.read_back(order, "h1")


async def test_a_key_that_is_in_use_is_asked_again(driver: Driver) -> None:
    """Stripe answers 409 while the first request with the key is under way."""
    order = TakeOrder(driver.card("4242424242424242"), 900, "EUR", "payment:p1")
    await driver.rail.take(order, "t1")
    at, asked, _ = driver.twin.keys.kept["t1"]
    driver.twin.keys.kept["t1"] = (at, asked, None)

    with pytest.raises(RailUnreachable):
        await driver.rail.take(order, "t1")
    with pytest.raises(KeyReused):
        await driver.rail.take(TakeOrder(order.method, 901, "EUR", "payment:p1"), "t1")


async def test_what_only_an_operator_can_mend_is_no_refusal_of_the_order(driver: Driver) -> None:
    """A driver can do nothing about a wrong key, nor about a parameter that Stripe dropped."""
    stranger = StripeCards(Line("sk_test_wrong", driver.twin.world.pages))

    with pytest.raises(RailBroken, match="CHARGEHUB_STRIPE_KEY"):
        await stranger.authorise(hold_order(driver.card("4242424242424242")), "h1")
    with pytest.raises(RailBroken, match="colour"):
        await driver.line.ask(lambda v1: v1.customers.create({"colour": "red"}))
    driver.twin.misasked.clear()


async def test_what_stripe_cannot_move_is_refused(driver: Driver) -> None:
    hold = await held(driver)
    small = await driver.rail.authorise(hold_order(driver.card("4242424242424242"), 49), "h2")
    driver.things("payment_intent")[0]["currency"] = "kwd"
    outcomes = [
        small,
        await driver.rail.authorise(hold_order("cus/pm", 1001, "KWD"), "h3"),
        await driver.rail.capture(CaptureOrder(hold.reference, 1001, "KWD"), "c1"),
        await driver.rail.refund(RefundOrder(hold.reference, 1001, "KWD"), "r1"),
        await StripeTransfers(driver.line).pay_out(
            PayoutOrder("acct_1", 1001, "KWD", "payout:1"), "p1"
        ),
    ]

    codes = [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)]
    assert codes == ["amount_too_small", *["amount"] * 4]


async def test_a_card_that_was_taken_off_its_customer_is_refused(driver: Driver) -> None:
    method = driver.card("4242424242424242")
    await driver.line.ask(lambda v1: v1.payment_methods.detach(method.partition("/")[2]))

    assert isinstance(await driver.rail.authorise(hold_order(method), "h1"), Refusal)


async def test_more_than_the_hold_is_captured_where_the_card_allows_it(driver: Driver) -> None:
    hold = await held(driver, "378282246310005")

    assert hold.amount_minor == 4000
    assert hold.capturable_minor == 4800
    order = CaptureOrder(hold.reference, 4800, "EUR")
    assert await driver.rail.capture(order, "c1") == Captured(hold.reference, 4800)


async def test_a_refund_that_the_bank_sent_back_is_refused(driver: Driver) -> None:
    taken = await driver.rail.take(
        TakeOrder(driver.card("4242424242424242"), 900, "EUR", "payment:p1"), "t1"
    )
    assert isinstance(taken, Captured)
    order = RefundOrder(taken.reference, 900, "EUR")
    refunded = await driver.rail.refund(order, "r1")
    assert isinstance(refunded, Refunded)

    refunds.fail(driver.twin.world, refunded.reference)

    failed = await driver.rail.read_back(order, "r1")
    assert isinstance(failed, Refusal) and failed.code == "refund_failed"


async def test_a_hold_that_stripe_let_go_of_is_read_back_as_ended(driver: Driver) -> None:
    order = hold_order(driver.card("4242424242424242"))
    await driver.rail.authorise(order, "h1")

    driver.twin.world.clock.advance(8 * 86_400)
    payment_intents.let_go(driver.twin.world)

    outcome = await driver.rail.read_back(order, "h1")
    assert isinstance(outcome, Refusal) and outcome.code == "hold_expired"
