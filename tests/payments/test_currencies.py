"""Amounts in currencies without digits, with two and with three, from the tariff to the payout."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ledger import rules as ledger
from chargehub.ledger.rules import Transfer
from chargehub.payments import rules
from chargehub.payments.funds import Limits, TopUpRefused
from chargehub.rails.stripe import amounts
from chargehub.settlement.split import Parties, Terms, capture_entries, divided
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff, deposit, quote
from chargehub.units import EXPONENTS, Money, Span, exponent, major

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CURRENCIES = st.sampled_from(["EUR", "JPY", "ISK", "KWD", "BHD", "MGA"])
COSTS = st.integers(0, 10**9)
PRICES = st.decimals("0.001", "9.9", places=4)
PAYABLE_BY_STRIPE = sorted(code for code, digits in EXPONENTS.items() if digits < 4)


def tariff_of(currency: str, price: Decimal) -> Tariff:
    return Tariff("Any", currency, Decimal(19), (EnergyPrice(price),))


@given(CURRENCIES, PRICES, st.integers(0, 200_000))
def test_a_cost_is_the_nearest_whole_minor_unit(currency: str, price: Decimal, wh: int) -> None:
    cost = quote(tariff_of(currency, price), wh, Span(NOON, NOON + HOUR), "UTC")

    exact = price * Decimal(wh) / 1000
    half = Decimal(1).scaleb(-exponent(currency)) / 2
    assert abs(major(cost.total_minor, currency) - exact) <= half
    assert cost.currency == currency


@given(CURRENCIES, PRICES, st.integers(1, 350_000))
def test_a_deposit_can_be_held(currency: str, price: Decimal, power_w: int) -> None:
    """In whole coins, so that every card can pay it."""
    held = deposit(tariff_of(currency, price), power_w, HOUR)

    assert held % 10 ** exponent(currency) == 0
    assert amounts.read(amounts.told(held, currency), currency) == held


@given(st.sampled_from(PAYABLE_BY_STRIPE), COSTS, COSTS)
def test_what_is_asked_of_a_card_can_be_paid(currency: str, cost: int, capturable: int) -> None:
    """Stripe's own rule, kept by all rails: no capture or refund that it would refuse."""
    captured = rules.to_capture(cost, rules.payable(capturable, currency), currency)
    refunded = rules.to_refund(captured, 0, cost // 2, currency)

    for amount in (captured, refunded, rules.payable(cost, currency)):
        assert amounts.read(amounts.told(amount, currency), currency) == amount
    assert 0 <= refunded <= captured <= min(cost, capturable)
    assert min(cost, capturable) - captured < 2 * rules.payable_step(currency)


@given(CURRENCIES, COSTS, COSTS)
def test_who_is_refunded_keeps_no_part_too_much(currency: str, taken: int, cost: int) -> None:
    """Rounded in the driver's favour, and by less than the smallest amount that moves."""
    captured = rules.payable(taken, currency)

    kept = captured - rules.to_refund(captured, 0, cost, currency)

    assert min(captured, cost) - rules.payable_step(currency) < kept <= min(captured, cost)


@given(CURRENCIES, COSTS, st.sampled_from(["agent", "commissionaire"]))
def test_a_cost_is_divided_and_posted_in_its_currency(currency: str, cost: int, mode: str) -> None:
    """I1 with what a card could not pay: the rest is owed, in minor units of ISO 4217."""
    parts = divided(cost, Terms(vat_mode="agent" if mode == "agent" else "commissionaire"))
    captured = rules.to_capture(cost, cost, currency)

    entries = capture_entries(parts, captured, Parties("owner", "driver", currency))

    assert parts.gross_minor == cost
    assert {entry.asset for entry in entries} <= {currency}
    if entries:
        ledger.check(Transfer("t", "settle", entries, NOON))
    owed = [entry.amount for entry in entries if entry.account == "driver:receivable:driver"]
    assert sum(owed) == cost - captured < rules.payable_step(currency)


@pytest.mark.parametrize(
    ("currency", "minimum"), [("EUR", 100), ("JPY", 1), ("KWD", 1000), ("BHD", 1000), ("MGA", 100)]
)
def test_the_smallest_payout_can_be_paid(currency: str, minimum: int) -> None:
    assert rules.minimum_payout(currency) == minimum == rules.payable(minimum, currency)


@pytest.mark.parametrize(
    ("currency", "most", "least"),
    [("EUR", 15_000, 500), ("JPY", 30_000, 1_000), ("KWD", 150_000, 5_000)],
)
def test_how_much_can_be_prepaid(currency: str, most: int, least: int) -> None:
    limits = Limits()

    for amount in (most, least):
        limits.check(Money(amount, currency), 0)
    for amount in (most + 10, least - 10):
        with pytest.raises(TopUpRefused):
            limits.check(Money(amount, currency), 0)


def test_nothing_is_prepaid_that_no_card_can_pay() -> None:
    with pytest.raises(TopUpRefused, match=r"in steps of 0\.010 KWD"):
        Limits().check(Money(5_004, "KWD"), 0)
