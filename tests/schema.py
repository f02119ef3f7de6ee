"""The tables of the hub as the migrations make them."""

import importlib
import pkgutil

from sqlalchemy import NullPool, create_engine, text

import chargehub
from chargehub.store.migrate import migrate


def load_models() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for info in pkgutil.walk_packages(chargehub.__path__, "chargehub."):
        if info.name != "chargehub.__main__" and ".migrations." not in info.name:
            importlib.import_module(info.name)


def prepare(url: str) -> None:
    """An empty database with all tables."""
    migrate(url)


def empty(url: str) -> None:
    """Take every row out of a PostgreSQL database, append-only tables included.

    Whoever is still connected is cut off: a test may have killed its hub.
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        connection.execute(text(_CUT_OFF))
        tables = connection.execute(text(_TABLES)).scalars().all()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"))
    engine.dispose()


_CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_TABLES = (
    "SELECT quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
