"""Maps and ways over REST: what lies where, or how many."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from chargehub.clock import HandClock
from chargehub.listings import actions as listings
from chargehub.listings.schema import OfferCount
from chargehub.search import map_routes
from chargehub.stations.rules import NewEvse
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.bookings.world import NOW, World, make_world, publish
from tests.rest.app import application, client
from tests.search.test_search import CCS, OSLO, Http, another
from tests.stations import samples

AROUND = "south=59.8&west=10.6&north=60.0&east=10.9"
MORNING = "from=2026-03-02T09:00:00Z&to=2026-03-02T11:00:00Z"


@asynccontextmanager
async def hub(store: Store, clock: HandClock) -> AsyncIterator[tuple[World, Http]]:
    world = await make_world(store)
    app = application(map_routes.router, hub=SimpleNamespace(store=store, clock=clock))
    async with client(app) as http:
        yield world, http


async def asked(http: Http, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fast(number: int = 1) -> NewEvse:
    return samples.evse(number, CCS, power_w=50_000)


async def crowd(world: World, count: int = 10) -> None:
    """Some stations of twenty EVSEs, 15 km apart from west to east."""
    for number in range(count):
        evses = [samples.evse(each) for each in range(1, 21)]
        await another(world, (OSLO[0], OSLO[1] + number * 270_000), *evses)


async def test_a_map_shows_what_lies_in_its_area(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        outside = await another(world, (OSLO[0] + 300_000, OSLO[1]))
        ccs = await another(world, (OSLO[0] + 50_000, OSLO[1]), fast())
        await world.confirmed(start=60, length=60)

        async def ids(query: str) -> set[str]:
            found = await asked(http, f"/maps/evses?{query}")
            assert found["clusters"] == []
            assert all(each["distance_m"] is None for each in found["evses"])
            return {each["id"] for each in found["evses"]}

        assert await ids(AROUND) == {world.evse_id, ccs}
        assert await ids(f"{AROUND}&connector_type={CCS}") == {ccs}
        assert await ids(f"{AROUND}&{MORNING}") == {ccs}
        assert await ids("south=60.1&west=10.6&north=60.9&east=10.9") == {outside}


async def test_a_map_across_the_date_line(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        east = await another(world, (-17_000_000, 179_900_000))
        west = await another(world, (-17_000_000, -179_900_000))
        found = await asked(http, "/maps/evses?south=-18&west=179&north=-16&east=-179")
        along = await asked(http, "/journeys/evses?points=-17,179.5;-17,-179.5&width_m=20000")

    assert {each["id"] for each in found["evses"]} == {east, west}
    assert [each["id"] for each in along["items"]] == [east, west]


async def test_where_many_lie_they_are_counted(store: Store, clock: HandClock) -> None:
    """201 EVSEs, of which one has CCS; on maps of a town, a country and the Earth."""
    async with hub(store, clock) as (world, http):
        await crowd(world, 9)
        evses = [samples.evse(each) for each in range(1, 20)]
        await another(world, (OSLO[0], OSLO[1] + 9 * 270_000), *evses, fast(20))
        for area in (
            "south=59.5&west=10&north=60.5&east=14",
            "south=50&west=0&north=70&east=20",
            "south=-90&west=-180&north=90&east=180",
        ):
            whole = await asked(http, f"/maps/evses?{area}")
            ccs = await asked(http, f"/maps/evses?{area}&connector_type={CCS}")
            powerful = await asked(http, f"/maps/evses?{area}&min_power_w=11000")

            for found in (whole, powerful):
                assert found["evses"] == []
                assert sum(each["evses"] for each in found["clusters"]) == 201
            assert [each["connectors"][0]["type"] for each in ccs["evses"]] == [CCS]


async def test_counts_follow_what_is_published(store: Store, clock: HandClock) -> None:
    """Twice published is counted once, and withdrawn is not counted."""
    async with hub(store, clock) as (world, _):
        await publish(store, world.owner, world.station_id, world.tariff_id)
        before = await store.read(_counts)
        await store.do(listings.withdraw, world.owner, world.station_id, NOW)
        await store.do(listings.withdraw, world.owner, world.station_id, NOW)
        after = await store.read(_counts)

    assert before == {5: 1, 7: 1}
    assert after == {5: 0, 7: 0}


async def test_what_cannot_be_a_map_is_refused(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (_, http):
        for query in (
            "/maps/evses?south=60&west=10&north=59&east=11",
            "/maps/evses?south=59&west=10&north=60&east=10",
            "/maps/evses?south=59&west=10&north=91&east=11",
            f"/maps/evses?{AROUND}&connector_type=SCHUKO",
            "/journeys/evses?points=59.9,10.7",
            "/journeys/evses?points=59.9,10.7;91,0",
            "/journeys/evses?points=59.9,10.7;40,10",
            "/journeys/evses?points=59.9,10.7;north",
        ):
            assert (await http.get(query)).status_code == 422, query


async def test_along_a_way_in_the_order_of_the_way(store: Store, clock: HandClock) -> None:
    """North from Oslo and back: each once, nothing beside the way, two to a page."""
    async with hub(store, clock) as (world, http):
        steps = (600_000, 300_000, 900_000, 150_000)
        made = {step: await another(world, (OSLO[0] + step, OSLO[1])) for step in steps}
        beside = await another(world, (OSLO[0] + 450_000, OSLO[1] + 100_000))
        way = "points=59.9139,10.7522;60.9139,10.7522;59.9139,10.7522"
        pages: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            part = await asked(http, f"/journeys/evses?{way}&limit=2{cursor}")
            pages += part["items"]
            cursor = f"&cursor={part['next']}" if part["next"] else None
        wide = await asked(http, f"/journeys/evses?{way}&width_m=7000")

    order = [world.evse_id, made[150_000], made[300_000], made[600_000], made[900_000]]
    assert [each["id"] for each in pages] == order
    assert [round(each["along_m"], -4) for each in pages] == [0, 20_000, 30_000, 70_000, 100_000]
    assert all(each["distance_m"] < 400 for each in pages)
    assert [each["id"] for each in wide["items"]] == [*order[:3], beside, *order[3:]]


def _counts(reads: Reads) -> dict[int, int]:
    rows = reads.all(select(col(OfferCount.resolution), col(OfferCount.evses)))
    return {row.resolution: row.evses for row in rows}
