"""Finding EVSEs: which ones, in which order, and what is said of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx2

from chargehub.bookings import actions as bookings
from chargehub.bookings.rules import DEFAULTS
from chargehub.bookings.stating import state_policy
from chargehub.clock import HandClock
from chargehub.listings import actions as listings
from chargehub.listings.amenities import say_amenities
from chargehub.listings.rules import Hours, Window
from chargehub.search import routes
from chargehub.search.demand import Counted
from chargehub.search.rules import Place, distance_m
from chargehub.settings import Settings
from chargehub.stations import actions as stations
from chargehub.stations.cells import cell_of
from chargehub.stations.reports import ConnectorStatus, StatusChanged
from chargehub.stations.rules import NewEvse, NewLocation
from chargehub.stations.tables import evse as evse_row
from chargehub.stations.tables import evses_of_station
from chargehub.store.writer import Store
from tests.bookings.world import HOUR, MINUTE, NOW, World, authorised, make_world, publish
from tests.rest.app import application, client
from tests.stations import samples

OSLO = (59_913_900, 10_752_200)
AT_OSLO = "latitude=59.9139&longitude=10.7522"
CCS = "IEC_62196_T2_COMBO"
Http = httpx2.AsyncClient


@asynccontextmanager
async def hub(store: Store, clock: HandClock) -> AsyncIterator[tuple[World, Http]]:
    """A hub with search alone, one EVSE in the middle of Oslo, and a client who did not log in."""
    world = await make_world(store)
    app = application(
        routes.router,
        hub=SimpleNamespace(store=store, clock=clock, settings=Settings(), unmet=Counted()),
    )
    async with client(app) as http:
        yield world, http


async def another(
    world: World,
    place: tuple[int, int],
    *evses: NewEvse,
    hours: Hours | None = None,
    is_published: bool = True,
) -> str:
    """The id of the first EVSE of another station of the same owner."""
    store, owner = world.store, world.owner
    location = NewLocation("There", "Somewhere 1", *place, "Europe/Oslo")
    location_id = await samples.location(store, owner.account_id, location)
    station_id = await samples.station(
        store, *evses, owner=owner.account_id, location_id=location_id
    )
    if is_published:
        await publish(store, owner, station_id, world.tariff_id, hours)
    return (await store.read(evses_of_station, station_id))[0].id


async def tell(world: World, status: ConnectorStatus) -> None:
    """The station has a line and says how its connector is."""
    report = StatusChanged(1, 1, status, None, NOW)
    await world.store.do(stations.note_connected, world.station_id, 1, "2.0.1", NOW)
    await world.store.do(stations.receive_status, world.station_id, report, NOW)


async def search(http: Http, query: str = "") -> list[dict[str, Any]]:
    answer = await http.get(f"/evses?{AT_OSLO}&{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def ids(http: Http, query: str = "") -> list[str]:
    return [found["id"] for found in await search(http, query)]


async def test_an_evse_is_shown_with_its_place_plug_state_and_price(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        await tell(world, "available")
        (found,) = await search(http)
        alone = (await http.get(f"/evses/{world.evse_id}")).json()

    tariff = found["tariff"]
    assert found == {
        "id": world.evse_id,
        "station_id": world.station_id,
        "number": 1,
        "power_w": 11_000,
        "connectors": [{"number": 1, "type": "IEC_62196_T2"}],
        "location": {
            "name": "Garage",
            "latitude": 59.914213,
            "longitude": 10.754991,
            "time_zone": "Europe/Oslo",
        },
        "access": "public",
        "distance_m": 159,
        "status": "available",
        "availability": "free",
        "tariff": tariff,
        "price": None,
        "standing": None,
        "amenities": [],
        "rank_parts": None,
    }
    assert (tariff["id"], tariff["currency"]) == (world.tariff_id, "EUR")
    assert (tariff["name"], tariff["vat_percent"]) == ("Home", "19")
    assert [(part["kind"], part["per_kwh"]) for part in tariff["components"]] == [
        ("energy", "0.45")
    ]
    assert alone == {**found, "distance_m": None}


async def test_amenities_are_shown_and_found_by(store: Store, clock: HandClock) -> None:
    """All that are asked for must be there; of connectors one is enough."""
    async with hub(store, clock) as (world, http):
        ccs = await another(world, OSLO, samples.evse(1, CCS))
        location_id = (await store.read(evse_row, ccs)).location_id
        said = ["CAFE", "WIFI"]
        await store.do(say_amenities, world.owner, location_id, said)

        assert [one["amenities"] for one in await search(http, "amenity=CAFE")] == [said]
        assert await ids(http, "amenity=WIFI&amenity=CAFE") == [ccs]
        assert await ids(http, "amenity=WIFI&amenity=MALL") == []
        both = f"connector_type={CCS}&connector_type=IEC_62196_T2"
        assert set(await ids(http, both)) == {world.evse_id, ccs}


async def test_what_the_owner_must_agree_to_can_be_left_out(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        other = await another(world, OSLO)
        asks = replace(DEFAULTS, mode="request")
        await store.do(state_policy, world.owner, world.station_id, asks, NOW)

        assert set(await ids(http)) == {world.evse_id, other}
        assert await ids(http, "is_instant=true") == [other]


async def test_the_nearest_come_first_and_pages_lose_nothing(
    store: Store, clock: HandClock
) -> None:
    """Two pages over stations up to 90 km away; two of them stand at the same place."""
    async with hub(store, clock) as (world, http):
        north = [0, 200, 9_000, 9_000, 90_000, 700_000, 5, 100_000]
        made = {}
        for step in north:
            made[await another(world, (OSLO[0] + step, OSLO[1]))] = step
        path = f"/evses?{AT_OSLO}&radius_m=90000&limit=4"
        first = (await http.get(path)).json()
        second = (await http.get(f"{path}&cursor={first['next']}")).json()
        third = (await http.get(f"{path}&cursor={second['next']}")).json()

    found = [*first["items"], *second["items"], *third["items"]]
    assert [len(page["items"]) for page in (first, second, third)] == [4, 4, 1]
    assert third["next"] is None
    assert {one["id"] for one in found} == {world.evse_id, *made}
    order = [(one["distance_m"], one["id"]) for one in found]
    assert order == sorted(order)


async def test_the_radius_is_a_circle_and_its_border_belongs_to_it(
    store: Store, clock: HandClock
) -> None:
    """It is measured to the middle of a cell, wherever in it the station stands."""
    async with hub(store, clock) as (world, http):
        near = await another(world, (OSLO[0] + 10_000, OSLO[1]))
        await another(world, (OSLO[0] + 7_500, OSLO[1] + 17_000))  # within the box, not the circle
        middle = cell_of(OSLO[0] + 10_000, OSLO[1])
        away = distance_m(Place(*OSLO), Place(middle.latitude_e6, middle.longitude_e6))

        assert 800 < away < 1_400
        assert await ids(http, f"radius_m={away}") == [world.evse_id, near]
        assert await ids(http, f"radius_m={away - 1}") == [world.evse_id]


async def test_who_searches_from_all_sides_learns_the_cell_alone(
    store: Store, clock: HandClock
) -> None:
    """Two stations of one cell are answered alike: place, distance, order by nothing but their id,
    and the radius at which they appear."""
    async with hub(store, clock) as (world, http):
        other = await another(world, (59_914_200, 10_753_000))
        for latitude, longitude, radius_m in (
            *((59.9139, 10.7522, 200), (59.9142, 10.7530, 200)),
            *((59.90, 10.75, 1_599), (59.92, 10.70, 3_126), (59.914, 10.80, 2_510)),
        ):
            path = f"/evses?latitude={latitude}&longitude={longitude}&radius_m={radius_m}"
            found = (await http.get(path)).json()["items"]
            at = [{**one["location"], "name": "", "m": one["distance_m"]} for one in found]

            assert len(found) in (0, 2)
            assert at[:1] == at[1:]
            assert [one["id"] for one in found] in ([], sorted([world.evse_id, other]))


async def test_the_date_line_divides_nobody(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        west = await another(world, (-17_000_000, 179_999_000))
        east = await another(world, (-17_000_000, -179_999_000))
        answer = await http.get("/evses?latitude=-17&longitude=179.9995&radius_m=1000")

    assert {found["id"] for found in answer.json()["items"]} == {west, east}


async def test_plug_and_power_are_asked_for(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        fast = samples.evse(1, CCS, "CHADEMO", power_w=50_000)
        strong = await another(world, OSLO, fast)

        assert await ids(http, f"connector_type={CCS}") == [strong]
        assert await ids(http, "connector_type=IEC_62196_T2") == [world.evse_id]
        assert await ids(http, "min_power_w=11000") == sorted([world.evse_id, strong])
        assert await ids(http, "min_power_w=11001") == [strong]
        assert await ids(http, f"connector_type={CCS}&min_power_w=50001") == []


async def test_only_what_is_published_is_found(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        hidden = await another(world, OSLO, is_published=False)
        await store.do(listings.withdraw, world.owner, world.station_id, NOW)

        assert await ids(http) == []
        for evse_id in (hidden, world.evse_id, "no such evse"):
            answer = await http.get(f"/evses/{evse_id}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_time_is_asked_for_and_booked_ones_are_left_out(
    store: Store, clock: HandClock
) -> None:
    """Booked from 09:00 to 10:00: taken until 10:10, and from 08:50 for who needs a buffer."""
    async with hub(store, clock) as (world, http):
        await world.confirmed(start=60, length=60)

        async def is_found(start: str, end: str) -> bool:
            found = await ids(http, f"from=2026-03-02T{start}:00Z&to=2026-03-02T{end}:00Z")
            return found == [world.evse_id]

        assert not await is_found("09:30", "11:00")
        assert not await is_found("10:09", "11:00")
        assert not await is_found("08:10", "08:51")
        assert await is_found("10:10", "11:00")
        assert await is_found("08:10", "08:50")


async def test_a_hold_that_was_not_paid_is_found_again_before_the_clock_ends_it(
    store: Store, clock: HandClock
) -> None:
    at_nine = "from=2026-03-02T09:00:00Z&to=2026-03-02T10:00:00Z"
    async with hub(store, clock) as (world, http):
        await world.hold(start=60)

        assert await ids(http, at_nine) == []
        clock.advance(5 * MINUTE)
        assert await ids(http, at_nine) == [world.evse_id]


async def test_closed_stations_are_shown_but_not_for_their_closed_hours(
    store: Store, clock: HandClock
) -> None:
    """Open from 12:00 to 14:00 in Oslo, which is 11:00 to 13:00 UTC in March."""
    noon = Hours((Window(frozenset(range(7)), 12 * 60, 14 * 60),))
    async with hub(store, clock) as (world, http):
        await tell(world, "available")
        await publish(store, world.owner, world.station_id, world.tariff_id, noon)

        (found,) = await search(http)
        assert found["availability"] == "closed"
        assert await ids(http, "from=2026-03-02T11:00:00Z&to=2026-03-02T13:00:00Z") != []
        assert await ids(http, "from=2026-03-02T11:00:00Z&to=2026-03-02T13:01:00Z") == []


async def test_what_a_driver_finds_who_comes_now(store: Store, clock: HandClock) -> None:
    """Who needs it from now on finds only what is free now; who needs it later, all."""
    told: dict[ConnectorStatus, str] = {
        "available": "free",
        "occupied": "occupied",
        "reserved": "booked",
        "unavailable": "closed",
        "faulted": "faulted",
    }
    async with hub(store, clock) as (world, http):
        for status, availability in told.items():
            await tell(world, status)
            (found,) = await search(http)
            now = await ids(http, "from=2026-03-02T08:00:00Z&to=2026-03-02T09:00:00Z")
            later = await ids(http, "from=2026-03-02T10:00:00Z&to=2026-03-02T11:00:00Z")

            assert (found["status"], found["availability"]) == (status, availability)
            assert now == ([world.evse_id] if availability == "free" else [])
            assert later == [world.evse_id]


async def test_a_station_without_a_line_is_offline(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (_, http):
        (found,) = await search(http)

    assert found["availability"] == "offline"


async def test_an_evse_is_booked_from_shortly_before_the_slot(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        await tell(world, "available")
        booking_id = await world.confirmed(start=60, length=60)
        seen = []
        for step in (49 * MINUTE, MINUTE, 24 * MINUTE, MINUTE):
            clock.advance(step)
            seen.append((await search(http))[0]["availability"])
        await store.do(bookings.confirm, authorised(booking_id), NOW + HOUR)

    assert seen == ["free", "booked", "booked", "free"]


MORNING = "from=2026-03-02T09:00:00Z&to=2026-03-02T11:00:00Z"
MEANINGLESS = (
    "latitude=91&longitude=0",
    "latitude=-90.0000001&longitude=0",
    "latitude=0&longitude=180.1",
    "latitude=nan&longitude=0",
    "latitude=0&longitude=inf",
    "latitude=north&longitude=0",
    "latitude=0",
    f"{AT_OSLO}&radius_m=0",
    f"{AT_OSLO}&radius_m=100001",
    f"{AT_OSLO}&radius_m=1.5",
    f"{AT_OSLO}&min_power_w=-1",
    f"{AT_OSLO}&min_power_w=99999999999999999999",
    f"{AT_OSLO}&from=2026-03-02T09:00:00Z",
    f"{AT_OSLO}&to=2026-03-02T09:00:00Z",
    f"{AT_OSLO}&from=2026-03-02T09:00:00&to=2026-03-02T10:00:00",
    f"{AT_OSLO}&from=2026-03-02T09:00:00Z&to=2026-03-02T09:00:00Z",
    f"{AT_OSLO}&from=0&to=1",
    f"{AT_OSLO}&from=2026-03-02T09:00:00Z&to=2026-04-03T09:00:00Z",
    f"{AT_OSLO}&order=price",
    f"{AT_OSLO}&energy_wh=1000",
    f"{AT_OSLO}&currency=EUR",
    f"{AT_OSLO}&energy_wh=0&{MORNING}",
    f"{AT_OSLO}&energy_wh=1000&max_total_minor=500&{MORNING}",
    f"{AT_OSLO}&energy_wh=1000&order=price&{MORNING}",
    f"{AT_OSLO}&energy_wh=1000&order=price&currency=EUR&{MORNING}&cursor=WzEsImEiXQ",
    f"{AT_OSLO}&limit=201",
    f"{AT_OSLO}&cursor=WyJhIl0",
)


async def test_a_search_that_cannot_be_meant_is_refused(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (_, http):
        answers = {query: await http.get(f"/evses?{query}") for query in MEANINGLESS}

    kinds = {query: one.headers["content-type"] for query, one in answers.items()}
    assert {query: one.status_code for query, one in answers.items()} == dict.fromkeys(
        MEANINGLESS, 422
    )
    assert set(kinds.values()) == {"application/problem+json"}
