"""The servers the tests stand on: they hold what the hub needs and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from tests import databases, memory, schema, statements

ROOT = Path(__file__).parent.parent

ABANDON = """
import sys, time
from tests.databases import find_postgres
server = find_postgres()
server.start()
print(server.url.query["host"], flush=True)
time.sleep(300)
"""


def test_a_database_is_copied_from_its_template_with_everything_in_it() -> None:
    with databases.running_postgres() as server:
        template = server.create_database()
        _run(template, "CREATE EXTENSION btree_gist")
        _run(template, "CREATE TABLE thing (id text, EXCLUDE USING gist (id WITH =))")
        _run(template, "INSERT INTO thing VALUES ('one')")

        copy = server.create_database(template)

        with pytest.raises(sqlalchemy.exc.IntegrityError):
            _run(copy, "INSERT INTO thing VALUES ('one')")
        server.drop_database(copy)
        server.drop_database(template)


def test_a_given_server_is_used_and_left_without_our_databases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with databases.running_postgres() as server:
        monkeypatch.setenv("CHARGEHUB_TEST_PG", server.url.render_as_string(hide_password=False))

        with databases.find_postgres() as given:
            made = given.create_database()
            _run(made, "CREATE TABLE thing (id text)")

        with pytest.raises(sqlalchemy.exc.OperationalError, match="does not exist"):
            _run(made, "SELECT 1")


def test_the_server_ends_with_a_killed_owner() -> None:
    """A killed test run must not fill the machine with servers."""
    try:
        databases.find_postgres()
    except databases.NoPostgres as missing:
        pytest.skip(str(missing))
    if os.environ.get("CHARGEHUB_TEST_PG"):
        pytest.skip("The server in CHARGEHUB_TEST_PG is not ours to end.")
    owner = subprocess.Popen([sys.executable, "-c", ABANDON], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    directory = Path(owner.stdout.readline().decode().strip())
    assert (directory / "data" / "postmaster.pid").exists()

    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    deadline = time.monotonic() + 30
    while directory.exists():
        assert time.monotonic() < deadline, f"{directory} is still there"
        time.sleep(0.02)


@pytest.mark.parametrize("rows", [1, 5_000], ids=["few", "many"])
def test_an_emptied_database_is_as_new(postgres_database: str, rows: int) -> None:
    """Few rows are deleted, many are truncated; numbers begin at one again."""
    write = (
        "INSERT INTO station_timeline (station_id, evse_number, at, word)"
        f" SELECT repeat('s', 36), n, 0, 'available' FROM generate_series(1, {rows}) AS n"
    )
    try:
        _run(postgres_database, write)
    finally:
        schema.empty(postgres_database)

    _run(postgres_database, write)
    assert _asked(postgres_database, "SELECT count(*), min(id) FROM station_timeline") == (rows, 1)
    schema.empty(postgres_database)
    assert _asked(postgres_database, "SELECT count(*), min(id) FROM station_timeline") == (0, None)


def test_a_statement_is_compiled_once_for_all_databases() -> None:
    seven = sqlalchemy.select(sqlalchemy.literal(7).label("compiled_once"))
    counts = []
    for _ in range(2):
        engine = sqlalchemy.create_engine("sqlite://")
        with engine.connect() as connection:
            assert connection.execute(seven).scalar_one() == 7
        engine.dispose()
        counts.append(len(statements.COMPILED["sqlite"]))

    assert counts[0] == counts[1] > 0


def test_files_lie_in_memory_only_where_there_is_room(tmp_path: Path) -> None:
    assert not memory.has_room(tmp_path / "missing")
    assert not memory.has_room(tmp_path, room_bytes=1 << 60)
    assert memory.has_room(tmp_path, room_bytes=1)


def test_a_fresh_sqlite_file_forgets_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    _run(databases.fresh_sqlite(path), "CREATE TABLE thing (id text)")

    url = databases.fresh_sqlite(path)

    _run(url, "CREATE TABLE thing (id text)")


def _run(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def _asked(url: str, statement: str) -> tuple[object, ...]:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            return tuple(connection.execute(text(statement)).one())
    finally:
        engine.dispose()
