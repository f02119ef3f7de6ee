"""No statement of the jobs that move and fetch prices reads a whole table, however many tariffs."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from chargehub.listings import tables as listings
from chargehub.prices import signals, sites, wholesale
from chargehub.prices.dayahead import Feed
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from chargehub.tariffs import tables, versions

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FEED = Feed("NO1", "NOK", "Europe/Oslo")
HOUR = timedelta(hours=1)

QUERIES: dict[str, Callable[[Reads], Any]] = {
    "due tariffs": lambda reads: versions.due(reads, NOW, 50),
    "rule": lambda reads: versions.rule_of(reads, "t"),
    "tariff": lambda reads: tables.tariff(reads, "t"),
    "version": lambda reads: versions.version_at(reads, "t", NOW),
    "versions of the hour": lambda reads: versions.within_the_hour(reads, "t", NOW),
    "page of versions": lambda reads: versions.versions_of(reads, "t", (NOW, "v"), 50),
    "stations of a tariff": lambda reads: listings.stations_of_tariff(reads, "t", 200),
    "evses": lambda reads: signals.utilisation(reads, ["s", "r"], NOW),
    "sessions": lambda reads: reads.all(signals._NEWEST, station_id="s", most=24),
    "sites": lambda reads: signals.exported(reads, ["s", "r"], NOW),
    "solar": lambda reads: sites.solar(reads, "l"),
    "solar of a meter": lambda reads: sites.solar_of_meter(reads, "s"),
    "export": lambda reads: sites.site(reads, "l", NOW),
    "wholesale price": lambda reads: wholesale.price_at(reads, FEED, NOW, HOUR),
    "wholesale prices of a day": lambda reads: wholesale.count(reads, FEED, date(2026, 3, 2)),
    "last wholesale price": lambda reads: wholesale.known_until(reads, FEED),
    "feed": lambda reads: wholesale.standing(reads, FEED),
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
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert not [plan for plan in scans if "json_each" not in plan], plans  # values of one parameter
    assert not [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan], plans
