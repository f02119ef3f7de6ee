"""Amounts, roundings and spans of time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.units import (
    CURRENCIES,
    TOKEN,
    CurrencyMismatch,
    Money,
    Span,
    energy_wh,
    exponent,
    kwh,
    kwh_text,
    major,
    major_text,
    minor,
    minutes,
    round_half_up,
)

AMOUNTS = st.integers(-(10**15), 10**15)
CODES = st.sampled_from([*sorted(CURRENCIES), TOKEN])
INSTANTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    return Span(*sorted([draw(INSTANTS), draw(INSTANTS)]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("0.5"), 1),
        (Decimal("1.5"), 2),
        (Decimal("2.5"), 3),
        (Decimal("2.4999999999999999999999999999999999"), 2),
        (Fraction(1, 3), 0),
        (Fraction(5, 3), 2),
        (Decimal("-0.5"), -1),
        (Decimal("-2.4"), -2),
        (Decimal("14.37"), 14),
    ],
)
def test_exactly_half_is_rounded_away_from_zero(value: Decimal | Fraction, expected: int) -> None:
    assert round_half_up(value) == expected


@given(st.fractions())
def test_rounding_moves_by_half_at_most_and_is_the_same_for_a_credit(value: Fraction) -> None:
    rounded = round_half_up(value)

    assert abs(rounded - value) <= Fraction(1, 2)
    assert round_half_up(-value) == -rounded


@pytest.mark.parametrize(
    ("value", "currency", "amount_minor", "text"),
    [
        ("12.34", "EUR", 1234, "12.34"),
        ("0.045", "EUR", 5, "0.05"),
        ("45.5", "JPY", 46, "46"),
        ("1.2345", "KWD", 1235, "1.235"),
        ("0.00015", "CLF", 2, "0.0002"),
        ("-0.05", "NOK", -5, "-0.05"),
        ("0.25", "CHG", 250_000, "0.250000"),
        ("0", "GBP", 0, "0.00"),
    ],
)
def test_every_currency_has_its_own_digits(
    value: str, currency: str, amount_minor: int, text: str
) -> None:
    assert minor(Decimal(value), currency) == amount_minor
    assert major_text(amount_minor, currency) == text


@given(AMOUNTS, CODES)
def test_an_amount_survives_the_way_to_major_units_and_back(amount: int, currency: str) -> None:
    assert minor(major(amount, currency), currency) == amount
    assert Money(amount, currency) == Money(
        minor(Decimal(major_text(amount, currency)), currency), currency
    )


@given(AMOUNTS, AMOUNTS, CODES)
def test_amounts_of_one_currency_add_up(one: int, other: int, currency: str) -> None:
    total = Money(one, currency) + Money(other, currency)

    assert total == Money(one + other, currency)
    assert total - Money(other, currency) == Money(one, currency)
    assert -total == Money(-one - other, currency)


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatch, match="EUR and JPY do not mix"):
        Money(100, "EUR") + Money(100, "JPY")
    with pytest.raises(CurrencyMismatch):
        Money(100, "EUR") - Money(100, TOKEN)


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1)])
def test_an_amount_is_a_whole_number(amount: object) -> None:
    with pytest.raises(TypeError, match="an amount is a whole number"):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["EURO", "eur", "", "XXX", "WH"])
def test_what_is_no_currency_has_no_amounts(code: str) -> None:
    with pytest.raises(ValueError, match="no currency of ISO 4217"):
        Money(1, code)
    with pytest.raises(ValueError, match="no currency of ISO 4217"):
        exponent(code)


def test_money_shows_its_currency() -> None:
    assert str(Money(1234, "EUR")) == "12.34 EUR"
    assert str(Money(-5, "KWD")) == "-0.005 KWD"


@given(st.integers(0, 10**12))
def test_energy_survives_the_way_to_kwh_and_back(wh: int) -> None:
    assert energy_wh(kwh(wh)) == wh
    assert Decimal(kwh_text(wh)) == kwh(wh)


def test_energy_is_shown_to_the_watt_hour() -> None:
    assert kwh_text(87_493_280) == "87493.280"
    assert kwh_text(-5) == "-0.005"
    assert energy_wh(Decimal("1.2345")) == 1235


def test_minutes_are_exact() -> None:
    assert minutes(timedelta(seconds=1)) == Fraction(1, 60)
    assert minutes(timedelta(hours=2, microseconds=3)) == 120 + Fraction(3, 60_000_000)


@given(spans(), spans())
def test_two_spans_share_time_if_and_only_if_they_overlap(one: Span, other: Span) -> None:
    shared = one.intersection(other)

    assert (shared is not None) == one.overlaps(other) == other.overlaps(one)
    assert shared == other.intersection(one)
    if shared is not None:
        assert shared.duration > timedelta()
        assert one.contains(shared.start) and other.contains(shared.start)


@given(spans())
def test_a_span_contains_its_start_and_not_its_end(span: Span) -> None:
    assert span.contains(span.start) == (span.duration > timedelta())
    assert not span.contains(span.end)


def test_spans_that_only_touch_do_not_overlap() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    before = Span(noon - timedelta(hours=1), noon)
    after = Span(noon, noon + timedelta(hours=1))

    assert not before.overlaps(after)
    assert before.intersection(after) is None


def test_a_span_in_the_doubled_hour_is_as_long_as_it_lasts() -> None:
    """By wall time it would end before it starts."""
    oslo = ZoneInfo("Europe/Oslo")
    start = datetime(2026, 10, 25, 2, 30, tzinfo=oslo)
    end = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=oslo)

    assert Span(start, end).duration == timedelta(minutes=45)


def test_a_span_is_refused_if_it_is_naive_or_backwards() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    with pytest.raises(ValueError, match="needs a time zone"):
        Span(noon, noon.replace(tzinfo=None))
    with pytest.raises(ValueError, match="ends before it starts"):
        Span(noon, noon - timedelta(seconds=1))
