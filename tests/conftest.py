"""What every test may ask for: real databases, a store, a clock moved by hand."""

import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from chargehub.clock import HandClock
from chargehub.observe import set_up_log
from chargehub.store.writer import Store
from tests.databases import PostgresServer, fresh_sqlite, running_postgres
from tests.memory import keep_files_in_memory
from tests.schema import empty, prepare
from tests.statements import share_compiled

set_up_log("WARNING", as_json=False)
keep_files_in_memory()
share_compiled()
# Stories list stations that nobody checked; those of the duty set it again.
os.environ["CHARGEHUB_LISTING_GRADE"] = ""
# A busy machine is no counterexample. Each run tries others; `HYPOTHESIS_EXAMPLES=1000` tries more.
_EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50"))
settings.register_profile("hub", settings(), deadline=None, max_examples=_EXAMPLES)
settings.load_profile("hub")


def _no_network_in_work(event: str, _args: tuple[object, ...]) -> None:
    """An action that reached the network would hold up everybody's commit."""
    if event == "socket.connect" and threading.current_thread().name == "chargehub-writer":
        raise AssertionError("an action reached the network")


sys.addaudithook(_no_network_in_work)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres: PostgresServer) -> str:
    """One migrated database for all tests of this process; emptied after each."""
    url = postgres.create_database()
    prepare(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    prepare(fresh_sqlite(path))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and no rows; every test that asks runs on both."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "chargehub.sqlite"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_database")
    yield url
    empty(url)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = Store(database)
    yield store
    await store.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)
