"""No statement of a page, a search or a tick of the clock reads a whole table."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from chargehub.bookings import record
from chargehub.listings import tables as listings
from chargehub.reputation import pages, tables
from chargehub.reputation.standings import standings
from chargehub.stations import timeline
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from chargehub.units import Span

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Span(NOW, NOW.replace(day=3))

QUERIES: dict[str, Callable[[Reads], Any]] = {
    "a day of the timeline": lambda reads: timeline.during(reads, "s", 1, DAY),
    "a day on the market": lambda reads: reads.all(
        listings._PAST_DURING, station_id="s", start=DAY.start, end=DAY.end
    ),
    "stations to measure": lambda reads: tables.unmeasured(reads, NOW, 50),
    "stations that changed": lambda reads: tables.changed(reads, NOW, 50),
    "uptime": lambda reads: tables.uptime_since(reads, "s", "2026-01-01"),
    "measured long": lambda reads: tables.is_measured_since(reads, "s", "2026-01-01"),
    "months": lambda reads: tables.months(reads, "s", "2026-01", 50),
    "starts": lambda reads: tables.starts(reads, "s", NOW),
    "sessions": lambda reads: tables.sessions(reads, "s"),
    "cancelled at a station": lambda reads: tables.cancelled(reads, NOW, station_id="s"),
    "cancelled by an owner": lambda reads: tables.cancelled(reads, NOW, owner_id="o"),
    "answers": lambda reads: tables.answers(reads, "s", NOW),
    "a driver": lambda reads: tables.driver_facts(reads, "d", NOW),
    "standings": lambda reads: standings(reads, ["s", "t"]),
    "windows to close": lambda reads: pages.due(reads, NOW, 50),
    "reviews of a session": lambda reads: pages.of_session(reads, "s"),
    "reviews of a station": lambda reads: pages.of_station(reads, "s", "r", 50),
    "reviews of a driver": lambda reads: pages.of_driver(reads, "d", None, 50),
    "appeals": lambda reads: pages.appealed(reads, None, 50),
    "decisions": lambda reads: pages.decisions(reads, "r"),
    "rating": lambda reads: pages.rated(reads, NOW, "driver", station_id="s"),
    "trust": lambda reads: record.of(reads, "d"),
    "doubted drivers": lambda reads: record.doubted(reads, NOW, 50),
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
    # The index of appeals holds those alone that wait; json_each the values of one parameter.
    small = ("appealed", "json_each")
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert [plan for plan in scans if not any(name in plan for name in small)] == []
