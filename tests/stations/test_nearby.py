"""EVSEs in a box, and an owner's pages, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from chargehub.stations import pages, tables
from chargehub.stations.views import NearbyEvse
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.stations.samples import (
    LOCATION,
    ON_SQLITE,
    OWNER,
    STRANGER,
    evse,
    evses,
    location,
    station,
)

HERE = (LOCATION.latitude_e6, LOCATION.longitude_e6)


async def around(
    store: Store,
    reach: int = 1_000,
    type: str | None = None,
    power_w: int | None = None,
    limit: int = 100,
) -> tuple[NearbyEvse, ...]:
    """What stands within so many microdegrees of the usual place."""
    latitude, longitude = HERE
    box = (latitude - reach, longitude - reach, latitude + reach, longitude + reach)
    return await store.read(tables.evses_in_box, *box, type, power_w, limit)


async def test_an_evse_is_found_with_its_place_and_connectors(store: Store) -> None:
    station_id = await station(store, evse(1, "IEC_62196_T2", "CHADEMO"))

    (found,) = await around(store)

    (known,) = await evses(store, station_id)
    assert (found.id, found.station_id, found.owner_id) == (known.id, station_id, OWNER)
    assert (found.location_name, found.latitude_e6, found.longitude_e6) == ("Garage", *HERE)
    assert (found.status, found.is_connected) == ("unavailable", False)
    assert [each.type for each in found.connectors] == ["IEC_62196_T2", "CHADEMO"]
    assert await store.read(tables.nearby_evse, found.id) == found
    assert await store.read(tables.nearby_evse, "no such EVSE") is None


@pytest.mark.parametrize(("moved", "is_found"), [(1_000, True), (1_001, False), (-1_001, False)])
@pytest.mark.parametrize("coordinate", ["latitude_e6", "longitude_e6"])
async def test_the_borders_of_a_box_are_inside(
    store: Store, coordinate: str, moved: int, is_found: bool
) -> None:
    there = {coordinate: getattr(LOCATION, coordinate) + moved}
    place = await location(store, new=replace(LOCATION, **there))
    await station(store, location_id=place)

    assert bool(await around(store)) is is_found


async def test_type_and_power_narrow_what_is_found(store: Store) -> None:
    await station(store, evse(1, power_w=11_000), evse(2, "CHADEMO", power_w=50_000))

    fast = await around(store, power_w=50_000)
    of_type = await around(store, type="IEC_62196_T2")
    neither = await around(store, type="IEC_62196_T2", power_w=11_001)

    assert [each.number for each in fast] == [2]
    assert [each.number for each in of_type] == [1]
    assert neither == ()


async def test_a_limit_cuts_by_id(store: Store) -> None:
    for _ in range(3):
        await station(store, evse(1), evse(2))

    ids = [each.id for each in await around(store)]

    assert ids == sorted(ids)
    assert [each.id for each in await around(store, limit=4)] == ids[:4]


@ON_SQLITE
async def test_a_box_is_searched_by_index(store: Store) -> None:
    """A search that reads every EVSE in the country is no search."""
    wanted = tables.box_statement(0, 0, 1, 1, "CHADEMO", 1, 10)

    def plan(reads: Reads) -> list[str]:
        sql = str(wanted.compile(compile_kwargs={"literal_binds": True}))
        return [row[3] for row in reads.all(text(f"EXPLAIN QUERY PLAN {sql}"))]

    steps = await store.read(plan)

    assert any("ix_location_place" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


async def test_pages_follow_each_other_and_show_the_owners_own(store: Store) -> None:
    place = await location(store)
    made = [await station(store, location_id=place) for _ in range(5)]
    await station(store, owner=STRANGER)

    first = await store.read(pages.stations_of, OWNER, None, 3)
    second = await store.read(pages.stations_of, OWNER, first[-1].station.id, 3)

    assert [each.station.id for each in (*first, *second)] == made
    assert [each.id for each in await store.read(pages.locations_of, OWNER, None, 3)] == [place]
    assert await store.read(pages.locations_of, OWNER, place, 3) == ()
