"""Stations to test with, made by the same actions that owners use."""

from datetime import UTC, datetime

import pytest

from chargehub.stations import actions, rules, tables
from chargehub.stations.views import EvseView
from chargehub.store.writer import Store

SECRET = b"the hub's secret in tests"
OWNER, STRANGER = "owner-1", "owner-2"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

# For what is decided before any database is asked, or is a matter of one database.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LOCATION = rules.NewLocation(
    name="Garage",
    address="Storgata 1, Oslo",
    latitude_e6=59_913_900,
    longitude_e6=10_752_200,
    time_zone="Europe/Oslo",
)


def evse(number: int = 1, *types: str, power_w: int = 11_000) -> rules.NewEvse:
    connectors = [
        rules.NewConnector(position, type)
        for position, type in enumerate(types or ["IEC_62196_T2"], start=1)
    ]
    return rules.NewEvse(number, power_w, tuple(connectors))


def wanted(
    location_id: str,
    *evses: rules.NewEvse,
    external_ref: str | None = None,
    identity: str | None = None,
) -> rules.NewStation:
    return rules.NewStation(
        location_id=location_id,
        name="By the wall",
        evses=evses or (evse(),),
        external_ref=external_ref,
        identity=identity,
    )


async def location(store: Store, owner: str = OWNER, new: rules.NewLocation = LOCATION) -> str:
    """The id of a new location."""
    return (await store.do(actions.register_location, owner, new, NOW)).location_id


async def station(
    store: Store, *evses: rules.NewEvse, owner: str = OWNER, location_id: str | None = None
) -> str:
    """The id of a new station at a location of its owner."""
    place = location_id or await location(store, owner)
    new = wanted(place, *evses)
    return (await store.do(actions.register_station, owner, new, SECRET, NOW)).station_id


async def evses(store: Store, station_id: str) -> tuple[EvseView, ...]:
    """Its EVSEs by number."""
    return await store.read(tables.evses_of_station, station_id)
