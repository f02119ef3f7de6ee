"""How the two databases are opened: one engine that writes, one that reads."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool, StaticPool

READERS = 4  # reader threads: more than two cores never run at once, queries wait on disk
# SQLite's readers look at the file as at memory, up to here: asking the kernel for page after page
# was a fifth of a search. Where there is no room to, they read.
MAPPED_BYTES = 2_000_000_000
CONNECT_S = 5  # a server that does not answer must not hold everybody for minutes


def parse_url(database: str) -> URL:
    """A database URL; a bare `postgresql://` means psycopg."""
    url = make_url(database)
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def write_engine(database: str) -> Engine:
    """One connection; on SQLite every transaction begins IMMEDIATE and commits with fsync."""
    return _engine(database, begin="BEGIN IMMEDIATE", pool_size=1)


def read_engine(database: str) -> Engine:
    """As many connections as reader threads. On SQLite they never wait for the writer (WAL)."""
    engine = _engine(database, begin="BEGIN", pool_size=READERS)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _map_sqlite)
    return engine


def _engine(database: str, begin: str, pool_size: int) -> Engine:
    url = parse_url(database)
    if not url.drivername.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_S},
        )
    engine = create_engine(
        url,
        poolclass=QueuePool if url.database else StaticPool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # id tokens and hashes would stand in the log
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # acknowledged means stored, also after a power cut
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE deletes behind the back of a trigger
        "busy_timeout=30000",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _map_sqlite(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}").close()
