"""A market is written many rows at a time, and the database keeps all its laws."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from chargehub.commands.bench.filling import filling
from chargehub.commands.bench.market import WRITTEN, Market, Size
from chargehub.listings.schema import OfferCount
from chargehub.store.engines import write_engine
from tests.databases import PostgresServer, fresh_sqlite
from tests.schema import prepare

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_LAWS = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL",
    "postgresql": "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint",
}
_OVERLAPS = """
SELECT count(*) FROM booking one JOIN booking other ON one.evse_id = other.evse_id
WHERE one.id < other.id AND one.starts_at < other.blocked_until
    AND other.starts_at < one.blocked_until
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "sqlite":
        url = fresh_sqlite(tmp_path / "market.sqlite")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create_database()
    prepare(url)
    engine = write_engine(url)
    yield engine
    engine.dispose()


def test_laws_and_indices_are_the_same_after_it(engine: Engine) -> None:
    """They were taken away meanwhile; and the rows keep to those that nothing checked."""
    before = _laws(engine)

    Market(Size(400), NOW).fill(engine)

    assert _laws(engine) == before
    assert _asked(engine, "SELECT count(*) FROM offer") == [(400,)]
    assert _asked(engine, _OVERLAPS) == [(0,)]


def test_every_column_of_every_table_is_as_an_action_would_have_left_it(engine: Engine) -> None:
    """Counts for maps add up, and no row refers to one that is not there."""
    Market(Size(400), NOW).fill(engine)

    counted = "SELECT resolution, sum(evses) FROM offer_count GROUP BY resolution"
    assert _asked(engine, counted) == [(5, 400), (7, 400)]
    for key in (key for model in WRITTEN for key in _keys(engine, model.__tablename__)):
        assert _asked(engine, key) == [(0,)], key


def test_a_filling_that_fails_leaves_nothing(engine: Engine) -> None:
    """Or half a market would be taken for a whole one the next time."""
    before = _laws(engine)
    row = {"cell": 1, "resolution": 5, "latitude_e6": 0, "longitude_e6": 0, "evses": 1}

    with pytest.raises(RuntimeError), filling(engine, WRITTEN) as filler:
        filler.write(OfferCount, [row])
        raise RuntimeError

    assert _asked(engine, "SELECT count(*) FROM offer_count") == [(0,)]
    assert _laws(engine) == before


def _keys(engine: Engine, table: str) -> list[str]:
    """Statements that count rows without the one they refer to."""
    return [
        f"SELECT count(*) FROM {table} one LEFT JOIN {key['referred_table']} other"
        f" ON one.{key['constrained_columns'][0]} = other.{key['referred_columns'][0]}"
        f" WHERE one.{key['constrained_columns'][0]} IS NOT NULL"
        f" AND other.{key['referred_columns'][0]} IS NULL"
        for key in inspect(engine).get_foreign_keys(table)
    ]


def _laws(engine: Engine) -> list[Any]:
    """PostgreSQL writes the casts of a list of texts another way each time it reads them."""
    casts = re.compile(r"::(character varying|text)(\[\])?|[()]")
    return [casts.sub("", str(row)) for row in _asked(engine, _LAWS[engine.dialect.name])]


def _asked(engine: Engine, statement: str) -> Sequence[Any]:
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(text(statement)))
