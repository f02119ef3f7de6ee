"""What lines of a rail's books say, and what is posted of them."""

from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ledger.rules import Entry
from chargehub.payments.books import BookLine, LineKind
from chargehub.reconciliation import rules

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)  # noqa: UP017
AMOUNTS = st.integers(-(10**9), 10**9)
KINDS = st.sampled_from(get_args(LineKind))


def line(amount: int = 900, fee: int = 39, kind: LineKind = "payment") -> BookLine:
    return BookLine("txn_1", kind, "pi_1", amount, fee, "EUR", NOW, NOW + timedelta(days=2))


def view(of: BookLine, verdict: rules.Verdict) -> rules.LineView:
    values = {name: getattr(of, name) for name in BookLine.__dataclass_fields__}
    values |= dict.fromkeys(
        ("moved_at", "resolved_by", "resolved_at", "account", "because"), None
    ) | {"id": "l", "rail": "stripe", "told": verdict.told}
    values |= {"state": verdict.state, "suspense_minor": verdict.suspense_minor}
    return rules.LineView(**values)


@pytest.mark.parametrize(
    ("ours", "hours", "state", "suspense"),
    [
        (900, 0, "explained", 0),
        (None, 0, "new", 0),
        (890, 47, "new", 0),
        (None, 48, "suspense", 900),
        (890, 48, "suspense", 10),
        (910, 48, "suspense", -10),
    ],
)
def test_a_line_is_explained_or_in_suspense_after_two_days(
    ours: int | None, hours: int, state: str, suspense: int
) -> None:
    verdict = rules.judge(line(), ours, NOW + timedelta(hours=hours))

    assert (verdict.state, verdict.suspense_minor) == (state, suspense)
    assert (verdict.told is None) == (suspense == 0)


def test_a_payment_becomes_available_as_in_the_worked_example() -> None:
    """money.md 1.4: a fee of 39 of 900, and 861 can be sent."""
    assert rules.fee_entries(line()) == (
        Entry("expense:psp_fees", "EUR", 39),
        Entry("psp:pending", "EUR", -39),
    )
    assert rules.available_entries(view(line(), rules.Verdict("explained"))) == (
        Entry("psp:available", "EUR", 861),
        Entry("psp:pending", "EUR", -861),
    )


@given(AMOUNTS, st.integers(0, 10**6), KINDS, st.none() | AMOUNTS)
def test_what_is_with_the_rail_is_what_its_books_say(
    amount: int, fee: int, kind: LineKind, ours: int | None
) -> None:
    """Whatever the hub noted: with its own posting, the two accounts move by the line's net; and
    all of it is available in the end."""
    told = line(amount, fee, kind)
    verdict = rules.judge(told, ours, NOW + rules.WAITS)
    seen = view(told, verdict)
    noted = 0 if kind in ("fee", "withdrawal") or ours is None else ours
    own = "psp:available" if kind in ("payout", "payout_back") else "psp:pending"
    posted = [
        (Entry(own, "EUR", noted),),
        rules.fee_entries(told),
        rules.withdrawal_entries(told) if kind == "withdrawal" else (),
        rules.suspense_entries(verdict, "EUR"),
        rules.available_entries(seen),
    ]
    sums: dict[str, int] = {}
    for entry in chain.from_iterable(posted):
        sums[entry.account] = sums.get(entry.account, 0) + entry.amount

    assert sums.get("psp:available", 0) == told.net_minor
    assert sums.get("psp:pending", 0) == 0
