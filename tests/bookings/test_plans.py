"""No statement on the way of a start, a booking or a tick of the clock reads the whole table."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from chargehub.bookings import changes, depositing, kept, repeats, tables
from chargehub.bookings.kept import Asked
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from chargehub.units import Span

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = Span(NOW, NOW.replace(day=3))
EVSE = SimpleNamespace(id="e", station_id="s", time_zone="UTC", power_w=11_000)

QUERIES: dict[str, Callable[[Reads], Any]] = {
    "by id": lambda reads: tables.booking(reads, "b"),
    "by session": lambda reads: tables.by_session(reads, "s"),
    "by reservation": lambda reads: tables.by_reservation(reads, "s", 1),
    "known reservation": lambda reads: tables.is_reservation_known(reads, 1),
    "covering": lambda reads: tables.covering(reads, "e", NOW),
    "passed": lambda reads: tables.passed(reads, "e", "d", NOW),
    "claimed": lambda reads: tables.claimed(reads, ["e", "f"], NOW),
    "overlapping": lambda reads: tables.overlapping(reads, "e", DAY),
    "busy": lambda reads: tables.busy(reads, ["e", "f"], DAY, NOW),
    "to come": lambda reads: tables.to_come(reads, "e", NOW),
    "changes": lambda reads: changes.under_way(reads, "b"),
    "series": lambda reads: repeats.series(reads, "s"),
    "page of series": lambda reads: repeats.series_of(reads, "d", "s", 50),
    "bookings of a series": lambda reads: repeats.bookings_of(reads, "s"),
    "due deposits": lambda reads: depositing.due(reads, "later", NOW, 50),
    "missing deposits": lambda reads: depositing.missing_of(reads, "d"),
    "page of blocks": lambda reads: kept.blocks_of(reads, "s", NOW, "b", 50),
    "number of blocks": lambda reads: kept.count(reads, "s", NOW),
    "kept spans": lambda reads: kept.kept_spans(reads, EVSE, DAY),
    "kept during": lambda reads: kept.kept_during(reads, [EVSE], Asked(DAY)),
    "open bookings": lambda reads: tables.open_bookings(reads, "d"),
    "soon at a station": lambda reads: tables.soon_at_station(reads, "s", NOW, NOW, 50),
    "next at a station": lambda reads: tables.next_at_station(reads, "s", NOW),
    "page of a driver": lambda reads: tables.page(reads, "d", "driver", "b", 50),
    "page of an owner": lambda reads: tables.page(reads, "d", "owner", None, 50),
    "unpaid holds": lambda reads: tables.unpaid_holds(reads, NOW, 50),
    "unanswered": lambda reads: tables.unanswered(reads, NOW, 50),
    "not arrived": lambda reads: tables.not_arrived(reads, NOW, 50),
    "not reserved": lambda reads: tables.not_reserved(reads, NOW, 50),
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
        selects = [statement for statement in asked if statement.startswith("SELECT")]
        plans = [
            line[3]
            for statement in selects
            for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]

    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert not [plan for plan in scans if "json_each" not in plan], plans  # values of one parameter
    if "at a station" in name:  # not among all that it ever had, nor among those of all stations
        assert all("station_id=? AND status=? AND starts_at" in plan for plan in plans[:1]), plans
    assert not [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan and "page" in name]
