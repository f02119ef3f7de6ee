"""Amounts that Stripe cannot move are refused, not tried for ever."""

from chargehub.clock import Clock
from chargehub.payments.rail import CaptureOrder, Held, HoldOrder, RefundOrder, Refusal, TakeOrder
from chargehub.store.writer import Store
from tests.rails.test_contract import stripe_cards


async def test_a_third_digit_that_is_not_0_is_refused(store: Store, clock: Clock) -> None:
    async with stripe_cards() as case:
        rail = case.build(store, clock)
        held = await rail.authorise(HoldOrder(case.good, 4_000, "KWD", "payment:1"), "h")
        assert isinstance(held, Held)

        answers = [
            await rail.authorise(HoldOrder(case.good, 4_001, "KWD", "payment:2"), "h2"),
            await rail.take(TakeOrder(case.good, 904, "KWD", "payment:3"), "t"),
            await rail.capture(CaptureOrder(held.reference, 904, "KWD"), "c"),
            await rail.refund(RefundOrder(held.reference, 4, "KWD"), "r"),
        ]
        captured = await rail.capture(CaptureOrder(held.reference, 900, "KWD"), "c2")

    refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert refused == ["amount"] * 4
    assert captured.amount_minor == 900
