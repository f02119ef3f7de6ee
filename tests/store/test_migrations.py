"""The migrations make exactly the tables that the models describe, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from chargehub.store.engines import write_engine
from chargehub.store.migrate import is_current, migrate, newest
from chargehub.store.writer import Store
from tests.schema import load_models


def test_migrated_tables_are_those_of_the_models(database: str) -> None:
    """A column that was added to a model and to no migration would be missed in production."""
    load_models()
    engine = write_engine(database)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, SQLModel.metadata)

    engine.dispose()
    assert differences == []


def test_migrating_twice_changes_nothing(database: str) -> None:
    assert migrate(database) == (newest(), newest())


async def test_a_migrated_database_is_ready(store: Store) -> None:
    assert await store.read(is_current)
