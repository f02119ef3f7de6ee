"""More promises of `payments/rail.py`: late orders, growing holds, owners' destinations."""

import pytest

from chargehub.payments.rail import (
    NO_DESTINATION,
    Captured,
    CaptureOrder,
    Collects,
    GrowsHolds,
    Held,
    HoldOrder,
    IncreaseOrder,
    KeyReused,
    PaidOut,
    PayoutOrder,
    PaysOut,
    RefundOrder,
    Refusal,
)
from tests.rails.test_contract import (
    OWNER,
    CollectingCase,
    PayingCase,
    held,
    hold_order,
    take_order,
)

GROWING = pytest.mark.parametrize("case", ["sandbox", "stripe"], indirect=True)


async def test_an_order_is_read_back_after_the_rail_forgot_its_key(
    rail: Collects, case: CollectingCase
) -> None:
    hold = await held(rail, case)
    capture = CaptureOrder(hold.reference, 900, "EUR")
    refund = RefundOrder(hold.reference, 400, "EUR")
    sent = [
        (take_order(case.good), "t1", await rail.take(take_order(case.good), "t1")),
        (hold_order(case.refusing), "h1", await rail.authorise(hold_order(case.refusing), "h1")),
        (capture, "c1", await rail.capture(capture, "c1")),
        (refund, "r1", await rail.refund(refund, "r1")),
    ]

    case.forget()

    assert isinstance(sent[1][2], Refusal)
    for order, key, outcome in [(hold_order(case.good), "hold", hold), *sent]:
        assert await rail.read_back(order, key) == outcome
    with pytest.raises(KeyReused):
        await rail.read_back(hold_order(case.refusing, 4001), "h1")


@GROWING
async def test_a_hold_is_increased_once(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)
    assert isinstance(rail, GrowsHolds)
    order = IncreaseOrder(hold.reference, 6000, "EUR")

    grown = [await rail.increase(order, key) for key in ("i1", "i1", "i2")]
    less = await rail.increase(IncreaseOrder(hold.reference, 5000, "EUR"), "i3")

    assert grown == [Held(hold.reference, 6000, 6000, hold.expires_at)] * 3
    assert less == grown[0]
    capture = CaptureOrder(hold.reference, 6000, "EUR")
    assert isinstance(await rail.capture(capture, "c1"), Captured)
    assert isinstance(
        await rail.increase(IncreaseOrder(hold.reference, 9000, "EUR"), "i4"), Refusal
    )


@GROWING
async def test_a_hold_that_cannot_grow_stays_as_it_is(rail: Collects, case: CollectingCase) -> None:
    hold = await rail.authorise(hold_order(case.fixed), "h1")
    assert isinstance(hold, Held) and isinstance(rail, GrowsHolds)

    refused = await rail.increase(IncreaseOrder(hold.reference, 9000, "EUR"), "i1")
    unknown = await rail.increase(IncreaseOrder("nothing", 9000, "EUR"), "i2")
    foreign = await rail.increase(IncreaseOrder(hold.reference, 9000, "GBP"), "i3")

    assert all(isinstance(outcome, Refusal) for outcome in (refused, unknown, foreign))
    assert isinstance(await rail.capture(CaptureOrder(hold.reference, 4000, "EUR"), "c1"), Captured)


async def test_a_payout_is_read_back_after_the_rail_forgot_its_key(
    payer: PaysOut, paying: PayingCase
) -> None:
    order = PayoutOrder(paying.good, 810, paying.currency, "payout:1")
    paid = await payer.pay_out(order, "k")

    paying.forget()

    assert isinstance(paid, PaidOut)
    assert await payer.read_back(order, "k") == paid


async def test_a_payout_key_with_another_order_is_an_error(
    payer: PaysOut, paying: PayingCase
) -> None:
    await payer.pay_out(PayoutOrder(paying.good, 810, paying.currency, "payout:1"), "k")

    with pytest.raises(KeyReused):
        await payer.pay_out(PayoutOrder(paying.good, 811, paying.currency, "payout:1"), "k")


async def test_a_payout_never_sent_is_not_known(payer: PaysOut, paying: PayingCase) -> None:
    order = PayoutOrder(paying.good, 810, paying.currency, "payout:1")

    assert await payer.read_back(order, "never") is None


async def test_every_owner_has_a_destination(payer: PaysOut, paying: PayingCase) -> None:
    usual = await payer.destination(OWNER, paying.usual)
    unfit = await payer.destination(OWNER, "no-such-place")

    assert isinstance(usual, str)
    assert await payer.destination(OWNER, usual) == usual
    assert isinstance(unfit, Refusal)


async def test_an_order_never_sent_is_not_known(rail: Collects, case: CollectingCase) -> None:
    assert await rail.read_back(hold_order(case.good), "never") is None


async def test_nobody_unknown_is_paid_at_a_capture(rail: Collects, case: CollectingCase) -> None:
    """A rail that cannot pay owners so says it before it holds anything."""
    order = HoldOrder(case.good, 4000, "EUR", "payment:p1", destination="nobody")

    refused = await rail.authorise(order, "k1")

    assert isinstance(refused, Refusal) and refused.code == NO_DESTINATION
    assert await rail.authorise(order, "k1") == refused


async def test_a_hold_for_nobody_pays_nobody(rail: Collects, case: CollectingCase) -> None:
    hold = await held(rail, case)

    refused = await rail.capture(CaptureOrder(hold.reference, 900, "EUR", owner_minor=810), "c1")

    assert isinstance(refused, Refusal) and refused.code == NO_DESTINATION
    assert isinstance(await rail.capture(CaptureOrder(hold.reference, 900, "EUR"), "c2"), Captured)
