"""What is missing in a rail's books is found by what is new, and stays until a line tells it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from chargehub.reconciliation import tables
from chargehub.reconciliation.missing import lacking, missing
from chargehub.reconciliation.tables import Run
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from tests.reconciliation.bank import Bank
from tests.stripe_twin.world import PLATFORM

THEN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KINDS = {
    "payment": "ix_payment_captured",
    "top_up": "ix_top_up_finished",
    "refund": "ix_refund_finished",
    "payback": "ix_payback_finished",
    "payout": "ix_payout_finished",
    "payout_reversal": "ix_payout_reversal_finished",
}


async def test_it_stays_over_many_nights_and_goes_when_a_line_tells_it(bank: Bank) -> None:
    """Each night looks at what is new alone, so what is old must not be forgotten."""
    await bank.charge(900)
    kept = bank.twin.world.all(PLATFORM, "balance_transaction")
    hidden = dict(kept)
    kept.clear()
    for _ in range(6):
        await bank.pass_(days=1)
        await bank.compare()
    (found,) = await bank.world.store.read(missing, "stripe")
    assert (found.kind, found.amount.amount_minor) == ("payment", 900)

    for late in hidden.values():
        late["created"] = int(bank.world.clock.now().timestamp())
    kept.update(hidden)
    await bank.pass_(days=1)
    await bank.compare()
    assert await bank.world.store.read(missing, "stripe") == ()


async def test_nothing_of_the_last_three_days_is_missing_yet(bank: Bank) -> None:
    await bank.charge(900)
    bank.twin.world.all(PLATFORM, "balance_transaction").clear()
    for _ in range(2):
        await bank.pass_(days=1)
        await bank.compare()
    assert await bank.world.store.read(missing, "stripe") == ()


@pytest.fixture
def engine(sqlite_template: Path) -> Iterator[Engine]:
    engine = read_engine(f"sqlite:///{sqlite_template}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_reads_what_is_new_by_an_index(engine: Engine, kind: str) -> None:
    """However many payments there are: not one more statement of a night grows with all of them."""
    before = Run("r", "stripe", THEN, THEN, THEN, 0)
    plans = _plans(engine, lambda reads: reads.all(lacking("stripe", kind, before, THEN)))
    assert any(f"USING INDEX {KINDS[kind]} (" in plan for plan in plans), plans
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans


@pytest.mark.parametrize(
    "look",
    [
        lambda reads: missing(reads, "stripe"),
        lambda reads: tables.run_before(reads, Run("r", "stripe", THEN, THEN, THEN, 0)),
        lambda reads: tables.to_look_at(reads, THEN, 50),
    ],
)
def test_what_is_shown_is_read_by_an_index(engine: Engine, look: Any) -> None:
    plans = _plans(engine, look)
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans


def _plans(engine: Engine, look: Any) -> list[str]:
    asked: list[str] = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        look(Reads(connection))
        driver.set_trace_callback(None)
        selects = [one for one in asked if one.startswith("SELECT")]
        assert selects
        return [line[3] for one in selects for line in driver.execute(f"EXPLAIN QUERY PLAN {one}")]
