"""Looks at the database without changing it: SQLite files are opened to read, servers likewise."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from alembic.migration import MigrationContext
from sqlalchemy import Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlmodel import SQLModel

import chargehub.app  # noqa: F401  only when all is imported every table is known
from chargehub.commands.doctor import contents
from chargehub.commands.doctor.facts import Database, DatabaseState
from chargehub.store.engines import parse_url, read_engine
from chargehub.store.migrate import newest

LIMIT_S: Final = 30.0  # of one question; the ledger of years may take longer
OPCODES: Final = 100_000  # of SQLite between two looks at the time
MOUNTS: Final = Path("/proc/mounts")
_READ_ONLY = text("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool")
_LOCKED_TABLES = text(
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
    " AND relkind = 'r' AND NOT has_table_privilege(oid, 'INSERT')"
    " AND relname <> 'alembic_version' ORDER BY 1"
)


def look(url: str, secret: str) -> Database:
    """What is there; an error is a fact as all others. `secret` is tried, and told nowhere."""
    try:
        parsed = parse_url(url)
        is_file = parsed.drivername.startswith("sqlite")
        if is_file:
            return _file(Path(parsed.database or ""), secret)
        if not parsed.drivername.startswith("postgresql"):
            problem = "a hub keeps SQLite or PostgreSQL"
            return Database(parsed.drivername, parsed.drivername, "unreachable", problem)
        return _server(url, secret)
    except OSError as error:  # a folder that this user may not even enter
        return Database("SQLite", _where_file(url), "unreachable", error.strerror or str(error))
    except (ArgumentError, ValueError):
        return Database("", "CHARGEHUB_DATABASE", "unreachable", "it is no URL of a database")
    except (NoSuchModuleError, ModuleNotFoundError):
        problem = "PostgreSQL needs the extra `scale` (pip install 'chargehub[scale]')"
        return Database("PostgreSQL", _where(url), "unreachable", problem)


# --- SQLite --------------------------------------------------------------------------------


def _file(path: Path, secret: str) -> Database:
    where, version = str(path), sqlite3.sqlite_version_info
    if not path.name:
        return Database("SQLite", "memory", "unreachable", "a hub keeps its database in a file")
    if not path.exists():
        return Database("SQLite", where, "missing", read_only=_locked(path))
    with _reading(_engine_of(path)) as engine:
        try:
            problem = _damage(engine)
        except DBAPIError as error:
            damaged = isinstance(error.orig, sqlite3.DatabaseError) and _is_damage(error.orig)
            state: DatabaseState = "damaged" if damaged else "unreachable"
            return Database("SQLite", where, state, _said(error))
        if problem:
            return Database("SQLite", where, "damaged", problem)
        revision, lacking = _tables(engine)
        is_whole = revision == newest() and not lacking
        return Database(
            "SQLite",
            where,
            "open",
            version=version,
            revision=revision,
            newest=newest(),
            lacking=lacking,
            read_only=_locked(path),
            journal=_journal(path),
            file_system=file_system_of(path),
            size_bytes=path.stat().st_size,
            contents=contents.read(engine, secret) if is_whole else None,
        )


def _engine_of(path: Path) -> Engine:
    """Opened to read. Where no log lies beside the file nobody has it open: then it is read as it
    stands, because SQLite would else make a log, of this user, that the hub may not write."""
    has_log = any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))
    uri = f"{path.resolve().as_uri()}?mode=ro" + ("" if has_log else "&immutable=1")
    made = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True),
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(made, "connect", _limit)
    return made


def _limit(connection: Any, _record: Any) -> None:
    """A question that takes too long is broken off."""
    until = time.monotonic() + LIMIT_S
    connection.set_progress_handler(lambda: time.monotonic() > until, OPCODES)


def _damage(engine: Engine) -> str:
    """What is damaged, empty if nothing. A large file is checked as far as time allows."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    with engine.connect() as connection:
        try:
            verdict = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        except DBAPIError as error:
            if "interrupted" not in str(error.orig):
                raise
            verdict = "ok"
    return "" if verdict == "ok" else _line(verdict)


def _journal(path: Path) -> str:
    """What the file itself says. Source: SQLite, Database File Format, section 1.3.3."""
    with path.open("rb") as file:
        head = file.read(20)
    return "wal" if head[18:20] == b"\2\2" else "rollback"


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _locked(path: Path) -> str:
    """Why this user may not write; the folder counts because the log is made there."""
    folder = path.resolve().parent
    if not folder.is_dir():
        return f"There is no folder {folder}."
    for one in (path, folder):
        if one.exists() and not os.access(one, os.W_OK):
            return f"This user may not write to {one}."
    return ""


def file_system_of(path: Path) -> str:
    """As the system calls it; empty: it does not tell."""
    try:
        lines = [line.split() for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return ""
    above = {str(each) for each in (path.resolve(), *path.resolve().parents)}
    held = [(len(line[1]), line[2]) for line in lines if line[1] in above]
    return max(held, default=(0, ""), key=lambda each: each[0])[1]


def _where_file(url: str) -> str:
    return parse_url(url).database or ""


# --- PostgreSQL ----------------------------------------------------------------------------


def _server(url: str, secret: str) -> Database:
    with _reading(read_engine(url)) as engine:
        event.listen(engine, "begin", _limit_server)
        try:
            with engine.connect() as connection:
                before = datetime.now(UTC)
                clock = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
                after = datetime.now(UTC)
                version = connection.dialect.server_version_info or ()
            read_only = _refused(engine)
            revision, lacking = _tables(engine)
        except DBAPIError as error:
            return Database("PostgreSQL", _where(url), "unreachable", _said(error))
        is_whole = revision == newest() and not lacking
        return Database(
            "PostgreSQL",
            _where(url),
            "open",
            version=tuple(int(part) for part in version),
            revision=revision,
            newest=newest(),
            lacking=lacking,
            read_only=read_only,
            clock_ahead=_outside(clock, before, after),
            contents=contents.read(engine, secret) if is_whole else None,
        )


def _limit_server(connection: Any) -> None:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(LIMIT_S * 1000)}")


def _refused(engine: Engine) -> str:
    with engine.connect() as connection:
        if connection.execute(_READ_ONLY).scalar():
            return "The server takes no writing: it is a standby, or set to read only."
        locked = [row[0] for row in connection.execute(_LOCKED_TABLES)]
    return f"This role may not write to {', '.join(locked[:5])}." if locked else ""


def _outside(moment: datetime, before: datetime, after: datetime) -> timedelta:
    """How far a moment lies outside what it was asked within."""
    if moment > after:
        return moment - after
    return moment - before if moment < before else timedelta()


def _where(url: str) -> str:
    """Without user and password."""
    parsed = parse_url(url)
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.host or 'a socket'}{port}/{parsed.database or ''}"


# --- both ----------------------------------------------------------------------------------


@contextmanager
def _reading(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _tables(engine: Engine) -> tuple[str | None, tuple[str, ...]]:
    """The revision, and the tables and columns of this version that are not there."""
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        there = {
            name: {column["name"] for column in columns}
            for (_schema, name), columns in inspect(connection).get_multi_columns().items()
        }
    lacking = []
    for name, table in SQLModel.metadata.tables.items():
        if name not in there:
            lacking.append(name)
            continue
        lacking += [f"{name}.{each.name}" for each in table.columns if each.name not in there[name]]
    return revision, tuple(sorted(lacking))


def _said(error: DBAPIError) -> str:
    return _line(str(error.orig))


def _line(words: str) -> str:
    """The first line of what a database said, to stand within a sentence."""
    return words.strip().splitlines()[0].rstrip(".") if words.strip() else "it does not say why"
