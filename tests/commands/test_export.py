"""The ledger as CSV and as beancount: exact, whole, and read by beancount itself."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chargehub.commands.export import Period, format_of, run
from chargehub.ledger import journal, tables
from chargehub.ledger.actions import post
from chargehub.ledger.rules import (
    CHART,
    Entry,
    Transfer,
    energy_transfer,
    hold_placed,
    moved,
    transfer_id,
)
from chargehub.store.writer import Store

MARCH = Period.of("2026-03-01", "2026-04-01")
OWNER = "01a21848-4175-7000-b743-b719590998b0"
CASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def moving(name: str, day: datetime, entries: tuple[Entry, ...], reason: str) -> Transfer:
    return Transfer(transfer_id(name), "test", entries, day, session_id=name, reason=reason)


@pytest.fixture
async def filled(store: Store) -> AsyncIterator[Store]:
    """Money of three kinds of coins, tokens, holds and energy, in February, March and April."""
    february = datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC)
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    mine = f"owner:accrued:{OWNER}"
    known = (
        moving("a", march, moved(901, "EUR", "psp:pending", mine), '=1+1 "quoted" \\ and\nlines'),
        moving("b", february, moved(500, "EUR", "psp:pending", mine), "before"),
        moving("c", march, moved(7, "JPY", "psp:pending", mine), "no cents"),
        moving("d", march, moved(1_234_567, "KWD", "psp:pending", mine), "three digits"),
        moving("e", april, moved(1, "EUR", "psp:pending", mine), "after"),
        moving("f", march, moved(1, "CHG", f"wallet:{OWNER}", "fx:treasury"), "a millionth"),
        moving("g", march, hold_placed("p", 4_000, "EUR"), "held"),
        energy_transfer(
            "s", "evse", 20_000, 19_000, 0, {"too_fast": 1_000}, version=1, effective_at=march
        ),
    )
    for one in known:
        await store.do(post, one)
    yield store


def written(database: str, form: str, file: Path) -> str:
    run(database, MARCH, format_of(form), file)
    return file.read_text(encoding="utf-8")


@CASES
async def test_the_csv_has_every_entry_of_the_period_and_no_other(
    filled: Store, database: str, tmp_path: Path
) -> None:
    rows = list(csv.DictReader(written(database, "csv", tmp_path / "book.csv").splitlines()))

    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["asset"]] += Decimal(row["amount"])  # type: ignore[assignment]
    assert {row["session"] for row in rows} == {"a", "c", "d", "f", "g", "s"}
    assert not any(sums.values()) and len(rows) == 15
    amounts = {(row["session"], row["amount"]) for row in rows}
    assert {("a", "9.01"), ("c", "-7"), ("d", "1234.567"), ("f", "0.000001")} <= amounts
    assert rows[0]["reason"].startswith("'=1+1")


@CASES
async def test_beancount_reads_it_and_comes_to_the_same_balances(
    filled: Store, database: str, tmp_path: Path
) -> None:
    """Its own check of the balances that the file states has no tolerance."""
    loader = pytest.importorskip("beancount.loader")
    data = pytest.importorskip("beancount.core.data")
    text = written(database, "beancount", tmp_path / "book.beancount")

    entries, errors, _ = loader.load_string(text)

    assert errors == []
    found: Counter[tuple[str, str]] = Counter()
    for one in entries:
        if isinstance(one, data.Transaction):
            for posting in one.postings:
                key = posting.account, posting.units.currency
                found[key] += posting.units.number
    hubs = {
        (journal.account_name(code, asset), journal.commodity(asset)): (
            journal.amount_of(amount, asset)
        )
        for code, asset, amount in await filled.read(tables.balances, "")
    }
    name = journal.account_name(f"owner:accrued:{OWNER}", "EUR")
    assert hubs[name, "EUR"] == Decimal("-14.02")
    hubs[name, "EUR"] += Decimal("0.01")  # of April
    hubs["Assets:Psp:Pending", "EUR"] -= Decimal("0.01")
    assert {key: value for key, value in found.items() if value} == {
        key: value for key, value in hubs.items() if value
    }
    assert any(one.meta.get("code") == f"owner:accrued:{OWNER}" for one in entries)


@CASES
async def test_a_wrong_balance_would_be_found(filled: Store, database: str, tmp_path: Path) -> None:
    loader = pytest.importorskip("beancount.loader")
    text = written(database, "beancount", tmp_path / "book.beancount")

    _, errors, _ = loader.load_string(text.replace("14.01 ~ 0 EUR", "14.02 ~ 0 EUR"))

    assert len(errors) == 2  # what the hub owes its owner, and what the rail has


def test_every_account_of_the_chart_has_a_name_of_its_own() -> None:
    assets = {"money": "EUR", "memo": "EURm", "token": "CHG", "energy": "WH"}
    names = [
        journal.account_name(f"{one.code}:x_1" if one.holder else one.code, assets[kind])
        for one in CHART.values()
        for kind in one.assets[:1]
    ]

    assert len(set(names)) == len(names) == len(CHART)


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [("2026-03-01", "March", "days like"), ("2026-03-01", "2026-03-01", "after --from")],
)
def test_what_is_no_period_is_told(
    first: str, last: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Period.of(first, last)

    assert word in capsys.readouterr().err


def test_a_database_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(f"sqlite:///{tmp_path}/none.sqlite", MARCH, "csv", None)

    assert "There is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
