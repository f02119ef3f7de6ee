"""Bringing a database to the tables this version needs. Forward only."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from chargehub.store.engines import write_engine
from chargehub.store.work import Reads


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "chargehub:store/migrations")
    config.attributes["connection"] = connection
    return config


def migrate(database: str) -> tuple[str | None, str | None]:
    """Apply what is missing, in one transaction. The revision before, and the one after."""
    engine = write_engine(database)
    try:
        with engine.connect() as connection, connection.begin():
            before = MigrationContext.configure(connection).get_current_revision()
            command.upgrade(_config(connection), "head")
            after = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return before, after


def newest() -> str | None:
    """The revision this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(reads: Reads) -> bool:
    """True if the database has the tables this version needs."""
    return MigrationContext.configure(reads.connection).get_current_revision() == newest()
