"""Whoever asks what is held, leaves, or is forgotten by the clock keeps nobody else waiting."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from chargehub.personal import departing, erasing, exporting, retaining
from chargehub.store.engines import write_engine
from chargehub.store.work import Work

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TABLES = SQLModel.metadata.tables
DEEDS: dict[str, Callable[[Work], Any]] = {
    "export": lambda work: exporting.export(work, "somebody"),
    "obstacles": lambda work: erasing.obstacles(work, "somebody"),
    "erasure": lambda work: erasing.erase(work, "somebody", NOW),
    "clock": lambda work: retaining.forget(work, NOW),
    "guests": lambda work: departing.forget_guests(work, NOW),
}


@pytest.fixture
def engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    copy = tmp_path / "copy.db"
    copy.write_bytes(sqlite_template.read_bytes())
    engine = write_engine(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", DEEDS)
def test_no_statement_reads_a_whole_table(engine: Engine, name: str) -> None:
    asked: list[str] = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        DEEDS[name](Work(connection, {}, {}))
        driver.set_trace_callback(None)
        plans = [
            (line[3], statement)
            for statement in asked
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]

    assert plans
    whole = [plan for plan in plans if plan[0].startswith("SCAN") and plan[0].split()[1] in TABLES]
    assert whole == []
