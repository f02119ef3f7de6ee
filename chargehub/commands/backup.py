"""`chargehub backup` and `restore`: a consistent copy of an SQLite database, and back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from chargehub.commands.settings import fail, load
from chargehub.store.engines import parse_url
from chargehub.store.migrate import migrate


def back_up(file: Path, database: str | None) -> None:
    """Copy the database, also while the hub runs; the copy is checked before it is named."""
    source = _sqlite_file(database)
    if not source.exists():
        fail(f"There is no database at {source}.")
    if file.exists():
        fail(f"{file} exists already; choose another name.")
    part = _part(file)
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(part)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing is left beside it
    _check(part)
    part.rename(file)
    print(f"{file}: {file.stat().st_size} bytes. Keep the hub's secret (file) beside it.")


def restore(file: Path, database: str | None, force: bool) -> None:
    """Put a checked copy in the place of the database, and bring it to this version's tables."""
    target = _sqlite_file(database)
    if not file.exists():
        fail(f"There is no copy at {file}.")
    _check(file)
    if target.exists() and not force:
        fail(f"{target} exists; stop the hub and repeat with --force to replace it.")
    part = _part(target)
    with closing(sqlite3.connect(file)) as here, closing(sqlite3.connect(part)) as there:
        here.backup(there)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    part.replace(target)
    migrate(f"sqlite:///{target}")
    print(f"{target} restored from {file}.")


def _part(file: Path) -> Path:
    """A new empty file beside it, for its user alone, that nobody has put there for us."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return part


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        fail(f"{file} is no database of ChargeHub: {error}.")
    if verdict != "ok":
        fail(f"{file} is damaged: {verdict}")


def _sqlite_file(database: str | None) -> Path:
    url = parse_url(load(database=database).database)
    if not url.drivername.startswith("sqlite") or not url.database:
        fail("This is for SQLite files. Use pg_dump and pg_restore for PostgreSQL.")
    return Path(url.database)
