"""What a corrected CDR does to money that is already somewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.ledger import tables as ledger
from chargehub.ledger.rules import TransferClash
from chargehub.settlement import actions, tables
from chargehub.settlement.split import split
from chargehub.settlement.tables import Statement
from chargehub.store.chunk import SIZE
from chargehub.store.columns import new_id
from tests.settlement.books import Books, cdr

EVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NOTHING = Statement("EUR", *[0] * 10)


async def test_a_correction_before_maturity_replaces_the_division(books: Books) -> None:
    await books.captured(cdr("s", 900))
    await books.captured(cdr("other", 500))

    await books.captured(cdr("s", 450, version=2))

    assert await books.balances() == {
        "psp:pending": 950,
        "owner:accrued:o": -855,
        "income:platform_fee": -38 - 42,
        "vat:payable:DE": -7 - 8,
    }
    assert await books.mature() == 2
    assert (await books.balances())["owner:payable:o"] == -855
    assert await books.settled_cdrs() == ["s-1", "other-1", "s-2"]


async def test_a_correction_after_payout_is_a_claim_against_the_owner(books: Books) -> None:
    """900 was paid out, 450 is right: the owner owes 405 (money.md 1.4, refund after payout)."""
    await books.captured(cdr("s", 900))
    await books.mature()
    await books.pay_out(810)

    await books.captured(cdr("s", 450, version=2))

    assert await books.balances() == {
        "psp:pending": 450,
        "psp:available": -810,
        "owner:receivable:o": 405,
        "income:platform_fee": -38,
        "vat:payable:DE": -7,
    }


async def test_later_earnings_pay_the_owners_debt_first(books: Books) -> None:
    await books.captured(cdr("s", 900))
    await books.mature()
    await books.pay_out(810)
    await books.captured(cdr("s", 450, version=2))

    await books.captured(cdr("next", 300))
    await books.mature()
    assert (await books.balances())["owner:receivable:o"] == 405 - 270

    await books.captured(cdr("last", 900))
    await books.mature()
    balances = await books.balances()
    assert "owner:receivable:o" not in balances
    assert balances["owner:payable:o"] == -(810 - (405 - 270))


async def test_a_correction_before_the_payout_takes_from_the_balance(
    books: Books,
) -> None:
    await books.captured(cdr("s", 900))
    await books.captured(cdr("other", 500))
    await books.mature()

    await books.captured(cdr("s", 450, version=2))

    balances = await books.balances()
    assert balances["owner:payable:o"] == -(450 + 405)
    assert "owner:receivable:o" not in balances and "owner:accrued:o" not in balances


async def test_a_correction_upwards_gives_the_owner_more(books: Books) -> None:
    """Nobody captured more, so the driver owes it."""
    await books.captured(cdr("s", 900))
    await books.mature()
    await books.pay_out(810)

    await books.captured(cdr("s", 1000, version=2), captured_minor=900)

    balances = await books.balances()
    assert balances["owner:payable:o"] == -90
    assert balances["driver:receivable:d"] == 100
    assert "owner:receivable:o" not in balances


async def test_corrections_of_corrections_leave_the_last_one(books: Books) -> None:
    for version, cost in enumerate((900, 450, 0, 700), start=1):
        await books.captured(cdr("s", cost, version))

    assert await books.balances() == {
        "psp:pending": 700,
        "owner:accrued:o": -630,
        "income:platform_fee": -59,
        "vat:payable:DE": -11,
    }
    assert await books.mature() == 1


async def test_money_that_comes_by_a_correction_matures_like_any_other(books: Books) -> None:
    """A CDR of nothing has matured at once; the cost that replaces it has not."""
    await books.captured(cdr("s", 0))
    await books.captured(cdr("s", 900, version=2))

    assert (await books.balances())["owner:accrued:o"] == -810


async def test_an_old_cdr_that_comes_late_is_passed_over(books: Books) -> None:
    await books.captured(cdr("s", 450, version=2))

    await books.captured(cdr("s", 900, version=1))

    owed = await books.balances()
    assert owed.get("owner:accrued:o", 0) + owed.get("owner:payable:o", 0) == -405
    assert await books.settled_cdrs() == ["s-2"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("close"), st.integers(0, 3), st.integers(0, 5000), st.integers(0, 100)),
        st.tuples(st.just("mature"), st.integers(0, 30), st.just(0), st.just(0)),
        st.tuples(st.just("pay"), st.integers(1, 100), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_whatever_happens_every_cent_of_an_owner_is_somewhere(
    books: Books, steps: list[tuple[str, int, int, int]]
) -> None:
    """Sessions close, are corrected, mature and are paid out in any order (money.md I2, I3, I9)."""
    owner = new_id()
    costs: dict[int, int] = {}
    versions: dict[int, int] = {}
    captured_minor: dict[int, int] = {}
    paid = 0
    for kind, number, cost, percent in steps:
        if kind == "mature":
            while await books.mature(timedelta(hours=number)) == SIZE:
                number = 0
        elif kind == "pay":
            payable = -await books.store.read(ledger.balance, f"owner:payable:{owner}", "EUR")
            amount = payable * number // 100
            if amount:
                await books.pay_out(amount, new_id(), owner)
            paid += amount
        else:
            versions[number] = versions.get(number, 0) + 1
            costs[number], captured_minor[number] = cost, cost * percent // 100
            record = cdr(f"{owner[:32]}-{number}", cost, versions[number], owner)
            await books.captured(record, captured_minor[number])

    balances = await books.balances()
    held = {
        name: balances.get(f"owner:{name}:{owner}", 0)
        for name in ("accrued", "payable", "in_transit", "receivable")
    }
    assert sum(split(cost).owner_minor for cost in costs.values()) == paid - sum(held.values())
    assert held["receivable"] >= 0 >= max(held["accrued"], held["payable"], held["in_transit"])
    (statement,) = await books.store.read(tables.statement, owner, *EVER) or (NOTHING,)
    assert statement.gross_minor == sum(costs.values())
    assert statement.payouts_minor == paid


async def test_what_another_hub_let_mature_meanwhile_is_read_anew(books: Books) -> None:
    """A correction that read it before must not take it back as if it had not."""
    await books.captured(cdr("s", 900))
    seen = await books.store.read(tables.standing, "s")
    await books.mature()

    with pytest.raises(TransferClash):
        await books.store.do(actions._take_back, seen, EVER[0])
    await books.captured(cdr("s", 450, version=2))

    owed = await books.balances()
    assert owed.get("owner:accrued:o", 0) + owed.get("owner:payable:o", 0) == -405
