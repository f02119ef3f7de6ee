"""What an owner's month came to is found by indexes of what happened in it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chargehub.invoices import months
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
USED = (
    "ix_settlement_owner_captured (owner_id=? AND captured_at>? AND captured_at<?)",
    "ix_settlement_owner_reversed (owner_id=? AND reversed_at>? AND reversed_at<?)",
    "ix_ledger_txn_session (session_id=?)",
    "ix_ledger_txn_booking (booking_id=?)",
)


def test_a_month_reads_neither_whole_tables_nor_all_of_an_owners_entries(
    sqlite_template: Path,
) -> None:
    """Of the owner's accounts only what is owed is read from its beginning: it is little."""
    engine, asked = read_engine(f"sqlite:///{sqlite_template}"), list[str]()
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        months.parts(Reads(connection), "o", MARCH, MARCH.replace(month=4))
        driver.set_trace_callback(None)
        _, statement = (one for one in asked if one.startswith("SELECT"))  # agreements come first
        plans = [line[3] for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
    engine.dispose()

    tables = ("ledger_", "settlement", "booking", "session", "invoice_subject")
    assert [plan for plan in plans if plan.startswith(tuple(f"SCAN {one}" for one in tables))] == []
    assert [used for used in USED if not any(used in plan for plan in plans)] == []
    by_account = [plan for plan in plans if "ix_ledger_entry_account" in plan]
    assert len(by_account) == 1 and "(account=?)" in by_account[0]
