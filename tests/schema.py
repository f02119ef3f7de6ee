"""The tables of the hub as the migrations make them."""

import importlib
import pkgutil

import psycopg
from sqlalchemy import make_url

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

    Whoever is still connected is cut off: a test may have killed its hub. Rows are deleted, for
    to truncate a hundred tables takes ten times as long, until what they leave behind adds up.
    """
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as one:
        one.execute(_CUT_OFF)
        written = one.execute(_WRITTEN).fetchall()
        one.execute("SET LOCAL session_replication_role = replica")
        if any(size > MOST_BYTES for _, size in written):
            tables = one.execute(_TABLES).fetchall()
            one.execute(f"TRUNCATE {', '.join(name for (name,) in tables)}".encode())
        elif written:
            one.execute("; ".join(f"DELETE FROM {name}" for name, _ in written).encode())
        one.execute(_COUNT_AGAIN)


MOST_BYTES = 256 * 1024  # of one table, with the rows that are no more
_CUT_OFF = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_TABLES = (
    "SELECT quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
_WRITTEN = (
    "SELECT name, size FROM (SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND relname <> 'alembic_version') AS tables (name, size) WHERE size > 0"
)
_COUNT_AGAIN = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
    " FROM pg_sequences WHERE last_value IS NOT NULL"
)
