"""Bringing a database to the tables this version needs. Forward only."""

import os
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from chargehub.store.engines import parse_url, read_engine, write_engine
from chargehub.store.work import Reads


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "chargehub:store/migrations")
    config.attributes["connection"] = connection
    return config


def migrate(database: str) -> tuple[str | None, str | None]:
    """Apply what is missing, in one transaction. The revision before, and the one after."""
    _make_private(database)
    engine = write_engine(database)
    try:
        with engine.connect() as connection, connection.begin():
            before = MigrationContext.configure(connection).get_current_revision()
            command.upgrade(_config(connection), "head")
            after = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return before, after


def is_migrated(database: str, *tables: str) -> bool:
    """True if the database has the tables this version needs; these are looked for by name."""
    engine = read_engine(database)
    try:
        with engine.connect() as connection:
            found = inspect(connection)
            return is_current(Reads(connection)) and all(map(found.has_table, tables))
    finally:
        engine.dispose()


def _make_private(database: str) -> None:
    """A new SQLite file is for its user alone: id tokens, addresses and hashes stand in it.

    Its journals take its mode.
    """
    url = parse_url(database)
    is_file = url.drivername.startswith("sqlite") and url.database not in (None, "", ":memory:")
    if is_file and not Path(str(url.database)).exists():
        os.close(os.open(str(url.database), os.O_CREAT | os.O_WRONLY, 0o600))


@cache
def newest() -> str | None:
    """The revision this version needs; looked up once, for a running program does not change."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(reads: Reads) -> bool:
    """True if the database has the tables this version needs."""
    return MigrationContext.configure(reads.connection).get_current_revision() == newest()
