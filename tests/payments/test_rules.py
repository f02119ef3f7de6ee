"""When money is held, taken, given back and paid out: the pure rules and their laws."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.payments import rules
from chargehub.payments.views import PayoutView, Preference
from chargehub.units import EXPONENTS, Money

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
amounts = st.integers(0, 10**12)


@given(cost=amounts, capturable=amounts)
def test_never_more_is_captured_than_may_be_or_is_owed(cost: int, capturable: int) -> None:
    """I8, its first half."""
    captured = rules.to_capture(cost, capturable, "EUR")

    assert 0 <= captured <= min(cost, capturable)
    assert captured in (cost, capturable)


@given(captured=amounts, costs=st.lists(amounts, max_size=6))
def test_refunds_together_never_exceed_what_was_captured(captured: int, costs: list[int]) -> None:
    """I8, its second half, over any row of corrections: what is kept never exceeds the cost."""
    refunded = 0
    for cost in costs:
        refunded += rules.to_refund(captured, refunded, cost, "EUR")

        assert 0 <= refunded <= captured
        assert captured - refunded <= cost


@given(captured=amounts, cost=amounts)
def test_nothing_is_refunded_that_is_still_owed(captured: int, cost: int) -> None:
    refunded = rules.to_refund(captured, 0, cost, "EUR")

    assert captured - refunded == min(captured, cost)


@pytest.mark.parametrize(
    ("state", "cost_minor", "step"),
    [
        (None, 0, "nothing"),
        (None, 900, "take"),
        ("refused", 900, "take"),
        ("released", 900, "take"),
        ("release_requested", 900, "take"),
        ("failed", 900, "take"),
        ("requested", 0, "wait"),
        ("requested", 900, "wait"),
        ("authorised", 0, "release"),
        ("authorised", 900, "capture"),
        ("capture_requested", 900, "nothing"),
        ("captured", 900, "nothing"),
    ],
)
def test_what_follows_a_closed_session(state: str | None, cost_minor: int, step: str) -> None:
    assert rules.at_close(state, cost_minor) == step


@given(
    amount_minor=st.integers(1, 10**10),
    price=st.decimals("0.0001", "10000", places=4, allow_nan=False),
)
def test_tokens_are_worth_the_amount_but_for_less_than_one_unit(
    amount_minor: int, price: Decimal
) -> None:
    units = rules.token_units(amount_minor, "EUR", price)

    worth = Fraction(units, 10**6) * Fraction(price)
    residue = Fraction(amount_minor, 100) - worth
    assert 0 <= residue < Fraction(price) / 10**6


def test_tokens_at_the_stated_price() -> None:
    assert rules.token_units(810, "EUR", Decimal("0.25")) == 32_400_000


def test_the_minimum_payout_is_one_major_unit() -> None:
    assert rules.minimum_payout("EUR") == 100
    assert all(rules.minimum_payout(code) == 10**digits for code, digits in EXPONENTS.items())


PLACE = Preference("olga", "sandbox", "ok", None, NOW - timedelta(days=3))
REFUSED = PayoutView(
    id="p",
    owner_id="olga",
    rail="sandbox",
    destination="ok",
    currency="EUR",
    amount_minor=810,
    token_units=None,
    token_price=None,
    state="failed",
    rail_reference=None,
    refusal_code="account_closed",
    refusal_detail="The account is closed.",
    requested_at=NOW - timedelta(hours=2),
    finished_at=NOW - timedelta(hours=1),
)
TOKENS = Preference("olga", "token", "olga", "CHG", NOW - timedelta(days=3))


def test_a_balance_that_is_due_has_no_reason_to_wait() -> None:
    assert rules.why_waiting(Money(100, "EUR"), True, PLACE, (), NOW) == ()
    assert rules.why_waiting(Money(100, "EUR"), True, TOKENS, (), NOW) == ()


@pytest.mark.parametrize(
    ("balance", "is_verified", "place", "refused", "word"),
    [
        (Money(810, "EUR"), False, PLACE, (), "Verify"),
        (Money(810, "EUR"), True, None, (), "payout-preference"),
        (Money(99, "EUR"), True, PLACE, (), "1.00 EUR"),
        (Money(810, "GBP"), True, TOKENS, (), "EUR"),
        (Money(810, "EUR"), True, PLACE, (REFUSED,), "closed"),
        (Money(810, "EUR"), True, PLACE, (REFUSED,) * 3, "say anew"),
    ],
)
def test_a_balance_that_waits_says_why(
    balance: Money,
    is_verified: bool,
    place: Preference | None,
    refused: tuple[PayoutView, ...],
    word: str,
) -> None:
    (reason,) = rules.why_waiting(balance, is_verified, place, refused, NOW)

    assert word in reason


def test_all_reasons_to_wait_are_told_at_once() -> None:
    """Who is told one at a time comes back as often as there are reasons."""
    reasons = rules.why_waiting(Money(99, "GBP"), False, TOKENS, (), NOW)

    assert len(reasons) == 3
    for word, reason in zip(("Verify", "EUR", "1.00 GBP"), reasons, strict=True):
        assert word in reason


def test_a_refusal_counts_for_a_day_or_until_the_owner_chooses_anew() -> None:
    chosen_since = Preference("olga", "sandbox", "ok", None, NOW - timedelta(minutes=1))
    elsewhere = Preference("olga", "sandbox", "slow", None, NOW - timedelta(days=3))
    balance = Money(810, "EUR")

    assert rules.why_waiting(balance, True, chosen_since, (REFUSED,), NOW) == ()
    assert rules.why_waiting(balance, True, elsewhere, (REFUSED,), NOW) == ()
    assert rules.why_waiting(balance, True, PLACE, (REFUSED,), NOW + timedelta(days=1)) == ()


@given(capturable=st.integers(0, 10**9), cost=st.integers(0, 10**9), hourly=st.integers(0, 10**6))
def test_a_session_is_looked_at_before_its_hold_is_used_up(
    capturable: int, cost: int, hourly: int
) -> None:
    """Unless that is a matter of a minute."""
    left = rules.left_of(capturable, cost)
    if left <= 0:
        assert cost * 100 >= capturable * 95 - 100
        return

    wait = rules.next_look(left, hourly)

    assert rules.SHORTEST_LOOK <= wait <= rules.LONGEST_LOOK
    if wait > rules.SHORTEST_LOOK:
        assert hourly * (wait // timedelta(seconds=1)) <= left * 3600
