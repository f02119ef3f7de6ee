"""What the sandbox does on demand, and that its books agree with what it did."""

from datetime import timedelta

import pytest

from chargehub.clock import HandClock
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    Held,
    HoldOrder,
    PaidOut,
    PayoutOrder,
    RailUnreachable,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.rails.sandbox import Sandbox, Totals, totals
from chargehub.rails.token import TokenRail, balance
from chargehub.store.writer import Store


@pytest.fixture
def sandbox(store: Store, clock: HandClock) -> Sandbox:
    return Sandbox(store, clock, slow_s=0.01)


async def hold(sandbox: Sandbox, method: str, amount_minor: int, key: str) -> Held | Refusal:
    return await sandbox.authorise(HoldOrder(method, amount_minor, "EUR", "payment:p"), key)


async def test_a_limit_refuses_more_and_nothing_else(sandbox: Sandbox) -> None:
    within = await hold(sandbox, "limit:1000", 1000, "k1")
    beyond = await hold(sandbox, "limit:1000", 1001, "k2")

    assert isinstance(within, Held)
    assert isinstance(beyond, Refusal) and beyond.code == "insufficient_funds"


async def test_only_known_references_are_described(sandbox: Sandbox) -> None:
    for method in ("limit:", "limit:-1", "limit:1e3", "limit:٣", "OK", ""):
        assert isinstance(await sandbox.describe(method), Refusal), method


async def test_a_capture_can_be_refused_though_the_hold_was_made(sandbox: Sandbox) -> None:
    made = await hold(sandbox, "refuse_capture", 4000, "k1")
    assert isinstance(made, Held)

    outcome = await sandbox.capture(CaptureOrder(made.reference, 900, "EUR"), "k2")

    assert isinstance(outcome, Refusal) and outcome.code == "capture_refused"


async def test_a_hold_ends_and_then_gives_nothing(sandbox: Sandbox, clock: HandClock) -> None:
    """Giving back what is the driver's again already is no fault."""
    made = await hold(sandbox, "lasts:30", 4000, "k1")
    used = await hold(sandbox, "lasts:30", 4000, "k2")
    assert isinstance(made, Held) and isinstance(used, Held)
    assert made.expires_at == clock.now() + timedelta(minutes=30)

    clock.advance(timedelta(minutes=29))
    in_time = await sandbox.capture(CaptureOrder(used.reference, 900, "EUR"), "k3")
    clock.advance(timedelta(minutes=1))
    late = await sandbox.capture(CaptureOrder(made.reference, 900, "EUR"), "k4")
    back = await sandbox.release(ReleaseOrder(made.reference), "k5")

    assert isinstance(in_time, Captured)
    assert isinstance(late, Refusal) and late.code == "hold_expired"
    assert isinstance(back, Released)


async def test_a_slow_answer_comes(sandbox: Sandbox) -> None:
    assert isinstance(await hold(sandbox, "slow", 4000, "k1"), Held)


async def test_a_flaky_hold_is_made_though_its_answer_is_lost(sandbox: Sandbox) -> None:
    with pytest.raises(RailUnreachable):
        await hold(sandbox, "flaky", 4000, "k1")

    assert isinstance(await hold(sandbox, "flaky", 4000, "k1"), Held)


async def test_payouts_are_refused_on_demand(sandbox: Sandbox) -> None:
    closed = PayoutOrder("refuse_payout", 810, "EUR", "payout:1")

    assert await sandbox.destination("owner-1", "refuse_payout") == "refuse_payout"
    assert isinstance(await sandbox.pay_out(closed, "k1"), Refusal)


async def test_the_totals_are_what_was_done(sandbox: Sandbox, store: Store) -> None:
    first = await hold(sandbox, "ok", 4000, "k1")
    second = await hold(sandbox, "ok", 3000, "k2")
    await hold(sandbox, "ok", 500, "k3")
    await hold(sandbox, "refuse", 9999, "k4")
    assert isinstance(first, Held) and isinstance(second, Held)
    await sandbox.capture(CaptureOrder(first.reference, 900, "EUR"), "k5")
    await sandbox.release(ReleaseOrder(second.reference), "k6")
    await sandbox.refund(RefundOrder(first.reference, 250, "EUR"), "k7")
    taken = await sandbox.take(TakeOrder("ok", 100, "GBP", "payment:q"), "k8")
    paid = await sandbox.pay_out(PayoutOrder("ok", 810, "EUR", "payout:1"), "k9")
    await sandbox.pay_out(PayoutOrder("refuse_payout", 810, "EUR", "payout:2"), "k10")
    assert isinstance(taken, Captured) and isinstance(paid, PaidOut)

    books = await store.read(totals)

    assert books == (
        Totals("EUR", held_minor=500, captured_minor=900, refunded_minor=250, paid_out_minor=810),
        Totals("GBP", held_minor=0, captured_minor=100, refunded_minor=0, paid_out_minor=0),
    )


async def test_the_token_balance_is_the_sum_of_credits(store: Store, clock: HandClock) -> None:
    rail = TokenRail(store, clock)
    await rail.pay_out(PayoutOrder("alice", 32_400_000, "CHG", "payout:1"), "k1")
    await rail.pay_out(PayoutOrder("alice", 1, "CHG", "payout:2"), "k2")
    await rail.pay_out(PayoutOrder("alice", 1, "CHG", "payout:2"), "k2")

    refused = await rail.pay_out(PayoutOrder("alice", 100, "EUR", "payout:3"), "k3")

    assert isinstance(refused, Refusal)
    assert await store.read(balance, "alice") == 32_400_001
    assert await store.read(balance, "bob") == 0
