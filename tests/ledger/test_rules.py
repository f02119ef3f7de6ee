"""The law of balance, the chart of accounts, and the postings that others build on."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ledger import rules
from chargehub.ledger.rules import (
    CHART,
    Entry,
    Transfer,
    UnbalancedTransfer,
    UnknownAccount,
    energy_transfer,
)
from chargehub.store.columns import new_id

SESSION = "0191f0a0-1234-7abc-8def-0123456789ab"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AMOUNTS = st.integers(-(10**12), 10**12)


def transfer(*entries: Entry) -> Transfer:
    return Transfer(id="t", kind="test", entries=entries, effective_at=NOON)


def euros(account: str, amount: int) -> Entry:
    return Entry(account, "EUR", amount)


# Every row of money.md 1.4 that this issue posts, as entries of one asset.
WORKED = {
    "hold": [("hold:pi", "EURm", 4000), ("hold:contra", "EURm", -4000)],
    "energy": [("meter:e", "WH", -20000), ("session:s", "WH", 20000)],
    "energy out": [("session:s", "WH", -20000), ("billed", "WH", 20000)],
    "capture": [
        ("psp:pending", "EUR", 900),
        ("owner:accrued:o", "EUR", -810),
        ("income:platform_fee", "EUR", -76),
        ("vat:payable:DE", "EUR", -14),
    ],
    "rail fee": [("expense:psp_fees", "EUR", 39), ("psp:pending", "EUR", -39)],
    "funds available": [("psp:available", "EUR", 861), ("psp:pending", "EUR", -861)],
    "maturity": [("owner:accrued:o", "EUR", 810), ("owner:payable:o", "EUR", -810)],
    "payout requested": [("owner:payable:o", "EUR", 810), ("owner:in_transit:o", "EUR", -810)],
    "payout confirmed": [("owner:in_transit:o", "EUR", 810), ("psp:available", "EUR", -810)],
    "above the hold": [
        ("psp:pending", "EUR", 4000),
        ("driver:receivable:d", "EUR", 600),
        ("owner:accrued:o", "EUR", -4140),
        ("income:platform_fee", "EUR", -387),
        ("vat:payable:DE", "EUR", -73),
    ],
    "no-show": [
        ("psp:pending", "EUR", 500),
        ("owner:accrued:o", "EUR", -400),
        ("income:no_show_cancel", "EUR", -84),
        ("vat:payable:DE", "EUR", -16),
    ],
    "refund after payout": [
        ("owner:receivable:o", "EUR", 405),
        ("income:platform_fee", "EUR", 38),
        ("vat:payable:DE", "EUR", 7),
        ("psp:available", "EUR", -450),
    ],
    "token burn": [("wallet:d", "CHG", -20_000_000), ("burned", "CHG", 20_000_000)],
    "emission": [
        ("supply", "CHG", -10_000),
        ("pool:usage", "CHG", 2_500),
        ("pool:coverage", "CHG", 6_000),
        ("pool:driver", "CHG", 500),
        ("pool:ops", "CHG", 1_000),
    ],
    "token for money": [
        ("claimable:o", "CHG", -10),
        ("fx:treasury", "CHG", 10),
        ("fx:clearing", "EUR", 250),
        ("owner:payable:o", "EUR", -248),
        ("income:fx_spread", "EUR", -2),
    ],
}


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_postings_are_lawful(name: str) -> None:
    rules.check(transfer(*(Entry(*entry) for entry in WORKED[name])))


@given(st.lists(AMOUNTS, min_size=1, max_size=10), AMOUNTS)
def test_entries_that_do_not_sum_to_zero_are_refused(amounts: list[int], other: int) -> None:
    entries = [euros(f"owner:accrued:{n}", amount) for n, amount in enumerate(amounts)]

    rules.check(transfer(*entries, euros("psp:pending", -sum(amounts))))

    if other != -sum(amounts):
        with pytest.raises(UnbalancedTransfer):
            rules.check(transfer(*entries, euros("psp:pending", other)))


def test_every_asset_balances_by_itself() -> None:
    """Otherwise a euro could become a yen, or a Wh a cent."""
    with pytest.raises(UnbalancedTransfer, match="'EUR': 5, 'JPY': -5"):
        rules.check(transfer(euros("psp:pending", 5), Entry("psp:pending", "JPY", -5)))


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (euros("psp:pending", 0),),
        (euros("psp:pending", 2**62 + 1), euros("psp:available", -(2**62) - 1)),
        (Entry("psp:pending", "EUR", 1.0), Entry("psp:available", "EUR", -1.0)),  # type: ignore[arg-type]
        (Entry("psp:pending", "EUR", True), Entry("psp:available", "EUR", -1)),
        tuple(euros("psp:pending", 0) for _ in range(1001)),
    ],
)
def test_what_is_no_transfer_is_refused(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(UnbalancedTransfer):
        rules.check(transfer(*entries))


@pytest.mark.parametrize(
    ("account", "asset"),
    [
        ("psp:unknown", "EUR"),
        ("psp:pending:x", "EUR"),
        ("owner:accrued", "EUR"),
        ("owner:accrued:", "EUR"),
        ("owner", "EUR"),
        ("", "EUR"),
        ("psp:pending", "WH"),
        ("psp:pending", "CHG"),
        ("psp:pending", "EURm"),
        ("psp:pending", "XXX"),
        ("billed", "EUR"),
        ("hold:p", "EUR"),
        ("hold:p", "ABCm"),
    ],
)
def test_an_account_that_is_not_in_the_chart_is_refused(account: str, asset: str) -> None:
    with pytest.raises(UnknownAccount):
        rules.family(account, asset)


def test_the_accounts_that_have_a_side_are_those_of_the_chart() -> None:
    """money.md 1.3 marks them; a claim is never negative, a debt never positive."""
    sides = {code: family.side for code, family in CHART.items() if family.side}

    assert sides == {
        "driver:receivable": 1,
        "owner:receivable": 1,
        "owner:reversing": 1,
        "psp:disputed": 1,
        "owner:accrued": -1,
        "owner:payable": -1,
        "owner:in_transit": -1,
        "driver:prepaid": -1,
        "driver:prepaid_held": -1,
        "driver:credit": -1,
        "owner:dispute_hold": -1,
        "insurance:fund": -1,
        "supply": -1,
        "escrow": 1,
        "bond": 1,
        "claimable": 1,
        "wallet": 1,
    }


def test_the_same_body_at_another_time_is_the_same_transfer() -> None:
    """A step that is repeated runs later than it first did."""
    first = transfer(euros("psp:pending", 5), euros("psp:suspense", -5))

    assert rules.digest(first) == rules.digest(replace(first, effective_at=NOON + timedelta(1)))
    assert rules.digest(first) == rules.digest(replace(first, entries=first.entries[::-1]))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"entries": (euros("psp:pending", 6), euros("psp:suspense", -6))},
        {"session_id": "s"},
        {"booking_id": "s"},
        {"payout_id": "s"},
        {"reverses": "s"},
        {"reason": "s"},
    ],
)
def test_another_body_is_another_transfer(change: dict[str, object]) -> None:
    first = transfer(euros("psp:pending", 5), euros("psp:suspense", -5))

    assert rules.digest(first) != rules.digest(replace(first, **change))  # type: ignore[arg-type]


def test_the_id_of_a_step_is_the_same_for_ever() -> None:
    assert rules.transfer_id("session", "s", "settle", 1) == rules.transfer_id(
        "session", "s", "settle", "1"
    )
    assert rules.transfer_id("session", "s", "settle", 1) != rules.transfer_id(
        "session", "s", "settle", 2
    )
    assert (
        rules.transfer_id("session", SESSION, "settle", 1) == "0191f0a0-1234-8cda-8845-05a23cdbd722"
    )


def test_payouts_post_as_the_design_says() -> None:
    assert rules.payout_requested("o", 810, "EUR") == (
        euros("owner:payable:o", 810),
        euros("owner:in_transit:o", -810),
    )
    assert rules.payout_confirmed("o", 810, "EUR") == (
        euros("owner:in_transit:o", 810),
        euros("psp:available", -810),
    )
    assert rules.payout_failed("o", 810, "EUR") == (
        euros("owner:payable:o", -810),
        euros("owner:in_transit:o", 810),
    )


@given(st.integers(1, 10**12), st.integers(1, 10**15))
def test_a_payout_in_tokens_balances_in_both_assets(amount: int, units: int) -> None:
    entries = rules.payout_confirmed_in_tokens("o", amount, "EUR", units)

    rules.check(transfer(*entries))
    assert Entry("wallet:o", "CHG", units) in entries
    assert Entry("fx:clearing", "EUR", -amount) in entries


@given(st.integers(1, 10**9))
def test_a_hold_is_a_memo_that_ends_as_it_was_placed(amount: int) -> None:
    placed, ended = rules.hold_placed("p", amount, "EUR"), rules.hold_ended("p", amount, "EUR")

    rules.check(transfer(*placed))
    rules.check(transfer(*placed, *ended))
    assert {entry.asset for entry in placed + ended} == {"EURm"}
    assert sum(entry.amount for entry in placed + ended if entry.account == "hold:p") == 0


@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.dictionaries(st.text("ab_"), st.integers(0, 9))
)
def test_metered_energy_is_billed_free_or_unbilled(
    billed: int, free: int, unbilled: dict[str, int]
) -> None:
    unbilled.pop("", None)
    metered = billed + free + sum(unbilled.values())

    posted = energy_transfer("s", "e", metered, billed, free, unbilled, 1, NOON)

    rules.check(posted)
    totals = dict.fromkeys(("meter:e", "session:s"), 0)
    for entry in posted.entries:
        totals[entry.account] = totals.get(entry.account, 0) + entry.amount
    assert totals["meter:e"] == -metered
    assert totals["session:s"] == 0
    assert totals.get("billed", 0) == billed
    with pytest.raises(UnbalancedTransfer):
        rules.check(energy_transfer("s", "e", metered + 1, billed, free, unbilled, 1, NOON))


def test_energy_does_not_flow_backwards() -> None:
    with pytest.raises(UnbalancedTransfer, match="energy flows one way"):
        energy_transfer("s", "e", -5, -5, 0, {}, 1, NOON)
    with pytest.raises(UnbalancedTransfer, match="energy flows one way"):
        energy_transfer("s", "e", 5, 10, -5, {}, 1, NOON)


@given(parts=st.lists(st.text(max_size=5) | st.integers(0, 9), max_size=3))
def test_a_steps_id_begins_with_the_time_of_what_it_is_of(parts: list[str | int]) -> None:
    """So that what is posted together stands together in the indexes; a step of a step too."""
    session_id = new_id()

    step = rules.transfer_id("session", session_id, *parts)
    then = rules.transfer_id(step, "undone")

    assert step[:13] == then[:13] == session_id[:13]
    assert [uuid.UUID(one).version for one in (step, then)] == [8, 8]
    assert len({session_id, step, then}) == 3


def test_parts_without_an_id_give_a_hash_alone() -> None:
    made = rules.transfer_id("driver", "0191f0a0-0000", "credit")

    assert uuid.UUID(made).version == 8
    assert not made.startswith("0191f0a0")
    assert made == rules.transfer_id("driver", "0191f0a0-0000", "credit")
