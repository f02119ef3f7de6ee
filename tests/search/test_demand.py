"""Owners see where drivers look in vain: how many, from five on, and never who."""

from datetime import UTC, datetime, timedelta

import pytest

from chargehub.search import demand
from chargehub.search.demand import LEAST_SHOWN, UNMET, Counted
from chargehub.store.chunk import Chunk
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.hub import RunningHub

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
OSLO = (59_913_900, 10_752_200)
AROUND = "/evses?latitude=59.92&longitude=10.75&radius_m=1&connector_type=CHADEMO"


async def written(store: Store, counted: Counted, now: datetime = NOW) -> list[tuple[str, int]]:
    await store.do(counted.write_demand, now, Chunk(()))
    return await store.read(_rows)


def _rows(reads: Reads) -> list[tuple[str, int]]:
    return [(row.day, row.searches) for row in reads.all(UNMET.select().order_by(UNMET.c.day))]


async def test_an_address_counts_once_a_day_and_cell(store: Store) -> None:
    counted = Counted()
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        counted.note(*OSLO, address, NOW)
    assert await written(store, counted) == [("2026-03-02", 2)]

    counted.note(*OSLO, "192.0.2.1", NOW)
    counted.note(*OSLO, "192.0.2.3", NOW)
    counted.note(*OSLO, "192.0.2.1", NOW + timedelta(days=1))
    assert await written(store, counted) == [("2026-03-02", 3), ("2026-03-03", 1)]


async def test_what_is_old_is_forgotten(store: Store) -> None:
    counted = Counted()
    counted.note(*OSLO, "192.0.2.1", NOW)
    await written(store, counted)
    later = NOW + demand.KEPT + timedelta(days=1)

    counted.note(*OSLO, "192.0.2.1", later)

    assert await written(store, counted, later) == [(f"{later:%Y-%m-%d}", 1)]


async def test_owners_see_five_searches_around_and_not_four(database: str, clock: object) -> None:
    hub = RunningHub(database, clock)  # type: ignore[arg-type]
    await hub.start()
    try:
        owner, other = await hub.person("owner", pays=False), await hub.person("other")
        place = await hub.station(owner, "1.6")
        station = await owner.get(f"/stations/{place.station_id}")
        path = f"/locations/{station['location_id']}/demand"
        for number in range(LEAST_SHOWN - 2):
            hub.hub.unmet.note(59_920_000, 10_750_000, f"192.0.2.{number}", NOW)
        for _ in range(2):  # from one address
            assert (await hub.ask("GET", AROUND, expect=200))["items"] == []
        await hub.hub.jobs.run_due()
        four = await owner.get(path)
        hub.hub.unmet.note(59_920_000, 10_750_000, "192.0.2.99", NOW)
        await hub.hub.jobs.run_due()
        five = await owner.get(path)
        await other.ask("GET", path, expect=404)
    finally:
        await hub.close()

    assert four == {"items": [], "watched": []}
    assert [(one["day"], one["searches"]) for one in five["items"]] == [("2026-03-02", 5)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_owners_see_five_who_wait_around_and_not_four(database: str, clock: object) -> None:
    """Drivers count, not watches; and the owner is not told of their own."""
    hub = RunningHub(database, clock)  # type: ignore[arg-type]
    await hub.start()
    try:
        owner = await hub.person("owner", pays=False)
        place = await hub.station(owner, "1.6")
        station = await owner.get(f"/stations/{place.station_id}")
        path = f"/locations/{station['location_id']}/demand"
        there = {"latitude": 59.92, "longitude": 10.75, "kind": "listed"}
        await owner.post("/watches", there)
        for number in range(LEAST_SHOWN - 1):
            driver = await hub.person(f"driver{number}", pays=False)
            for _ in range(2):
                await driver.post("/watches", there)
        four = await owner.get(path)
        fifth = await hub.person("fifth", pays=False)
        watch = await fifth.post("/watches", there)
        five = await owner.get(path)
        await fifth.ask("DELETE", f"/watches/{watch['id']}", expect=204)
        ended = await owner.get(path)
    finally:
        await hub.close()

    assert four == ended == {"items": [], "watched": []}
    assert [one["watchers"] for one in five["watched"]] == [5]
