"""A central system and stations of each version for the stations' own tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.station import StationSim
from tests.chargers.central import PASSWORD, Central
from tests.shelf import Shelf, open_shelf

VERSIONS = ("1.6", "2.0.1", "2.1")


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **step: int) -> None:
        self.at += timedelta(**step)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
async def central(version: str) -> AsyncIterator[Central]:
    system = Central(version)
    await system.open()
    yield system
    await system.close()


@pytest.fixture
async def central_201() -> AsyncIterator[Central]:
    system = Central("2.0.1")
    await system.open()
    yield system
    await system.close()


Stations = Callable[..., Awaitable[StationSim]]


@pytest.fixture
async def station(central: Central, hand: Hand) -> AsyncIterator[Stations]:
    """Makes a connected, booted station."""
    made: list[StationSim] = []

    async def make(**more: Any) -> StationSim:
        sim = StationSim(central.version, "CS01", PASSWORD, central.url, clock=hand, **more)
        made.append(sim)
        await sim.connect()
        await sim.boot()
        return sim

    yield make
    for sim in made:
        await sim.close()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A web server with firmware, and room for logs."""
    with open_shelf() as server:
        yield server
