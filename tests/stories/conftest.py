"""A running hub, and every OCPP version."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub
from tests.shelf import Shelf, open_shelf


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    """A running hub, on SQLite and on PostgreSQL."""
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


VERSIONS = ("1.6", "2.0.1", "2.1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """2.1 is told on SQLite alone: to the database its stories are those of 2.0.1."""
    items[:] = [
        item for item in items if _params(item) != {"version": "2.1", "database": "postgresql"}
    ]


def _params(item: pytest.Item) -> dict[str, object]:
    told: dict[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
    return {name: told.get(name) for name in ("version", "database")}


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
