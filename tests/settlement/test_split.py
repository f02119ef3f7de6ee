"""How a cost is divided, to the cent."""

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ledger import rules
from chargehub.ledger.rules import Entry, Transfer
from chargehub.settlement.split import (
    BadSplit,
    Parties,
    Split,
    capture_entries,
    earned_minor,
    maturity_entries,
    recall_entries,
    split,
    split_own_sale,
)

PARTIES = Parties("o", "d", "EUR")
GROSS = st.integers(0, 100_000) | st.integers(0, 10**15)
PERCENTS = st.decimals(0, 30, places=1)


def lawful(entries: tuple[Entry, ...]) -> dict[str, int]:
    """The entries by account, once they are known to balance and to say nothing twice."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    rules.check(Transfer("t", "test", entries, now))
    amounts = {entry.account: entry.amount for entry in entries}
    assert len(amounts) == len(entries)
    assert all(amounts.values())
    return amounts


@pytest.mark.parametrize(
    ("gross", "owner", "fee", "vat"),
    [
        (900, 810, 76, 14),
        (4600, 4140, 387, 73),
        (0, 0, 0, 0),
        (1, 1, 0, 0),
        (9, 9, 0, 0),
        (10, 9, 1, 0),
        (59, 54, 4, 1),
    ],
)
def test_the_worked_divisions(gross: int, owner: int, fee: int, vat: int) -> None:
    """900 and 4600 are those of money.md 1.4, agent mode."""
    assert split(gross) == Split(owner, fee, vat)


@given(GROSS, st.integers(0, 10_000), PERCENTS)
def test_a_division_loses_nothing_and_takes_from_nobody(
    gross: int, basis_points: int, vat_percent: Decimal
) -> None:
    check_division(gross, basis_points, vat_percent)


def test_three_thousand_random_divisions_lose_nothing() -> None:
    numbers = random.Random(3000)

    for _ in range(3000):
        percent = Decimal(numbers.randrange(0, 300)) / 10
        check_division(numbers.randrange(0, 10**6), numbers.randrange(0, 10_001), percent)


def check_division(gross: int, basis_points: int, vat_percent: Decimal) -> None:
    divided = split(gross, basis_points, vat_percent)

    assert divided.owner_minor + divided.fee_minor + divided.vat_minor == gross
    assert min(divided.owner_minor, divided.fee_minor, divided.vat_minor) >= 0
    assert divided.fee_minor + divided.vat_minor == gross * basis_points // 10_000


@pytest.mark.parametrize(
    ("gross", "basis_points", "vat_percent"),
    [(-1, 1000, "19"), (1, 10_001, "19"), (1, -1, "19"), (1, 1000, "-1")],
)
def test_what_cannot_be_divided_is_refused(gross: int, basis_points: int, vat_percent: str) -> None:
    with pytest.raises(BadSplit):
        split(gross, basis_points, Decimal(vat_percent))


def test_the_worked_division_where_the_hub_sells() -> None:
    """900 of money.md 1.4, commissionaire mode: a fee on the gross would lose 54."""
    assert split_own_sale(900, 144) == Split(681, 75, 144)
    assert lawful(capture_entries(Split(681, 75, 144), 900, PARTIES, "FR")) == {
        "psp:pending": 900,
        "owner:accrued:o": -681,
        "income:platform_fee": -75,
        "vat:payable:FR": -144,
    }


@given(st.data(), st.integers(0, 10**12), st.integers(0, 10_000))
def test_where_the_hub_sells_a_division_loses_nothing_and_takes_from_nobody(
    data: st.DataObject, gross: int, basis_points: int
) -> None:
    vat = data.draw(st.integers(0, gross))

    parts = split_own_sale(gross, vat, basis_points)

    assert parts.gross_minor == gross
    assert parts.vat_minor == vat
    assert min(parts.owner_minor, parts.fee_minor) >= 0
    assert parts.fee_minor * 10_000 <= (gross - vat) * basis_points
    if gross:
        lawful(capture_entries(parts, gross, PARTIES))


@pytest.mark.parametrize(
    ("gross", "vat", "basis_points"), [(-1, 0, 0), (9, 10, 0), (9, -1, 0), (9, 1, 10_001)]
)
def test_what_the_hub_cannot_sell_so_is_refused(gross: int, vat: int, basis_points: int) -> None:
    with pytest.raises(BadSplit):
        split_own_sale(gross, vat, basis_points)


def test_a_cost_captured_in_full() -> None:
    assert lawful(capture_entries(split(900), 900, PARTIES)) == {
        "psp:pending": 900,
        "owner:accrued:o": -810,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }


def test_a_cost_above_the_hold_leaves_a_receivable() -> None:
    assert lawful(capture_entries(split(4600), 4000, PARTIES)) == {
        "psp:pending": 4000,
        "driver:receivable:d": 600,
        "owner:accrued:o": -4140,
        "income:platform_fee": -387,
        "vat:payable:DE": -73,
    }


def test_what_was_captured_beyond_the_cost_is_in_suspense() -> None:
    entries = lawful(capture_entries(split(900), 1000, PARTIES))

    assert entries["psp:suspense"] == -100
    assert entries["psp:pending"] == 1000


def test_a_driver_nobody_knows_still_owes() -> None:
    entries = lawful(capture_entries(split(900), 0, Parties("o", None, "EUR")))

    assert entries["driver:receivable:unknown"] == 900


def test_nothing_captured_of_nothing_moves_nothing() -> None:
    assert capture_entries(split(0), 0, PARTIES) == ()


def test_less_than_nothing_cannot_be_captured() -> None:
    with pytest.raises(BadSplit):
        capture_entries(split(900), -1, PARTIES)


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_every_capture_balances(gross: int, captured: int) -> None:
    entries = lawful(capture_entries(split(gross), captured, PARTIES))

    assert entries.get("psp:pending", 0) == captured
    assert entries.get("driver:receivable:d", 0) == max(gross - captured, 0)


@given(st.integers(1, 10**9), st.data())
def test_credit_pays_a_part_of_the_cost_and_no_share_changes(
    gross: int, data: st.DataObject
) -> None:
    credit = data.draw(st.integers(0, gross))
    captured = data.draw(st.integers(0, gross - credit))
    divided = split(gross)
    entries = lawful(capture_entries(divided, captured, PARTIES, credit_minor=credit))

    assert entries.get("driver:credit_used:d", 0) == credit
    assert entries.get("driver:receivable:d", 0) == gross - credit - captured
    assert -entries.get("owner:accrued:o", 0) == divided.owner_minor


def test_maturity_moves_earnings() -> None:
    assert lawful(maturity_entries("o", 810, "EUR")) == {
        "owner:accrued:o": 810,
        "owner:payable:o": -810,
    }


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_no_more_matures_than_was_captured(owner: int, captured: int) -> None:
    entries = lawful(maturity_entries("o", earned_minor(owner, captured), "EUR"))

    assert entries["owner:payable:o"] == -min(owner, captured)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 10**9))
def test_what_is_recalled_comes_from_the_balance_first(
    owner: int, captured: int, payable: int
) -> None:
    """And it is what had matured, so that both together move nothing."""
    matured = earned_minor(owner, captured)
    entries = lawful(recall_entries("o", matured, payable, "EUR"))

    covered = entries.get("owner:payable:o", 0)
    assert covered == min(matured, payable)
    assert covered + entries.get("owner:receivable:o", 0) == matured
    assert entries["owner:accrued:o"] == -matured


def test_a_debt_is_netted_against_the_balance() -> None:
    assert lawful(rules.netting_entries("o", 405, "EUR")) == {
        "owner:payable:o": 405,
        "owner:receivable:o": -405,
    }
