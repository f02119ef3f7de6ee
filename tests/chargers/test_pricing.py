"""Expected money: plain arithmetic, each line rounded half up once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.pricing import Price


def price(per_kwh: str, per_session: str = "0", currency: str = "EUR") -> Price:
    return Price(Decimal(per_kwh), Decimal(per_session), Decimal(25), currency)


@pytest.mark.parametrize(
    ("energy_wh", "minor"),
    [(0, 0), (10, 0), (20, 1), (100, 5), (300, 14), (10_000, 450), (87_493_280, 3_937_198)],
)
def test_energy_is_priced_by_the_kwh_and_rounded_half_up(energy_wh, minor):
    assert price("0.45").cost_minor(energy_wh) == minor


def test_every_line_is_rounded_by_itself():
    assert price("0.45", "0.005").cost_minor(10) == 0 + 1


def test_currencies_have_their_own_minor_units():
    assert price("30.5", currency="JPY").cost_minor(1_000) == 31
    assert price("0.0455", currency="KWD").cost_minor(1_000) == 46


@given(first=st.integers(0, 10**8), second=st.integers(0, 10**8))
def test_more_energy_never_costs_less(first, second):
    low, high = sorted((first, second))

    assert price("0.37").cost_minor(low) <= price("0.37").cost_minor(high)


def test_request_names_the_same_prices():
    body = price("0.450", "1.00").request("Home", "home:1")

    assert body["components"] == [
        {"kind": "energy", "per_kwh": "0.45"},
        {"kind": "flat", "amount": "1"},
    ]
    assert body["vat_percent"] == "25"


def test_amounts_read_as_money():
    assert price("1").text(3_937_198) == "39,371.98 EUR"
    assert price("1").text(5) == "0.05 EUR"
