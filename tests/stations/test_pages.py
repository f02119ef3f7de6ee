"""An owner's pages, on both databases."""

from chargehub.stations import pages
from chargehub.store.writer import Store
from tests.stations.samples import (
    OWNER,
    STRANGER,
    location,
    station,
)


async def test_pages_follow_each_other_and_show_the_owners_own(store: Store) -> None:
    place = await location(store)
    made = [await station(store, location_id=place) for _ in range(5)]
    await station(store, owner=STRANGER)

    first = await store.read(pages.stations_of, OWNER, None, 3)
    second = await store.read(pages.stations_of, OWNER, first[-1].station.id, 3)

    assert [each.station.id for each in (*first, *second)] == made
    assert [each.id for each in await store.read(pages.locations_of, OWNER, None, 3)] == [place]
    assert await store.read(pages.locations_of, OWNER, place, 3) == ()
