"""No look at a month, a neighbourhood or a cost reads a whole table."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from chargehub.margins import months, sums
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models
from chargehub.units import Span

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MONTH = Span(NOW, NOW.replace(month=4))
OSLO = "8709904c9ffffff"

QUERIES: dict[str, Callable[[Reads], Any]] = {
    "a month of stations": lambda reads: months.charged(reads, ["s", "t"], MONTH, 50),
    "cells that are kept": lambda reads: reads.all(sums._KNOWN, month="2026-03", cells=[OSLO]),
    "a cell": lambda reads: sums.missing(reads, "2026-03", [OSLO]),
    "sums that are kept": lambda reads: sums.kept(reads, "2026-03", [OSLO], "EUR", "o"),
    "costs at an instant": lambda reads: cost_models.version_at(reads, "l", NOW),
    "costs of a month": lambda reads: cost_models.versions_within(reads, "l", MONTH),
    "locations with costs": lambda reads: cost_models.locations_of(reads, "o", 50),
}


@pytest.fixture
def engine(sqlite_template: Path) -> Iterator[Engine]:
    engine = read_engine(f"sqlite:///{sqlite_template}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_searches_an_index(engine: Engine, name: str) -> None:
    asked: list[str] = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        QUERIES[name](Reads(connection))
        driver.set_trace_callback(None)
        plans = [
            line[3]
            for statement in asked
            if statement.startswith("SELECT")
            for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]

    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") and "json_each" not in plan]
    assert scans == []
