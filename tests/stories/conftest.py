"""A running hub, and every OCPP version."""

from collections.abc import AsyncIterator, Iterator
from zlib import crc32

import pytest

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from tests.hub import RunningHub
from tests.shelf import Shelf, open_shelf


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    """A running hub, on SQLite and on PostgreSQL. However its story ends, no law is broken."""
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()
    found = findings_of(database) if running.keeps_books else []
    assert [one for one in found if one.state == "broken"] == []


VERSIONS = ("1.6", "2.0.1", "2.1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """2.1 is told on SQLite alone: to the database its stories are those of 2.0.1. Of 1.6 and
    2.0.1 each story is told on PostgreSQL in one: half of them in this, half in that."""
    told = {_named(item) for item in items}
    items[:] = [item for item in items if not _is_left_out(*_named(item), told)]


Named = tuple[str, str, str]


def _named(item: pytest.Item) -> Named:
    """The test without its parameters, its version, its database."""
    told: dict[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
    version, database = (str(told.get(name)) for name in ("version", "database"))
    return item.nodeid.split("[")[0], version, database


def _is_left_out(test: str, version: str, database: str, told: set[Named]) -> bool:
    if database != "postgresql" or version not in VERSIONS:
        return False
    if version == "2.1":
        return True
    chosen = ("1.6", "2.0.1")[crc32(test.encode()) % 2]  # the same in every process
    return version != chosen and (test, chosen, database) in told


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Every OCPP version; a story that asks for it runs on all of them."""
    found: str = request.param
    return found


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A web server with firmware, and room for logs."""
    with open_shelf() as server:
        yield server
