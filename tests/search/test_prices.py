"""What a need costs at each EVSE that is found, and which is the cheapest for it."""

from decimal import Decimal
from typing import Any

from chargehub.clock import HandClock
from chargehub.search import candidates, tables
from chargehub.stations import tables as stations
from chargehub.store.writer import Store
from chargehub.tariffs import actions as tariffs
from chargehub.tariffs.components import Component, EnergyPrice, FlatPrice
from chargehub.tariffs.pricing import Tariff
from tests.bookings.world import NOW, World, publish
from tests.search.test_search import AT_OSLO, OSLO, Http, another, hub

MORNING = "from=2026-03-02T09:00:00Z&to=2026-03-02T11:00:00Z"
CHEAPEST = f"energy_wh=10000&currency=EUR&order=price&{MORNING}"


async def priced(world: World, north: int, *components: Component, currency: str = "EUR") -> str:
    """The id of an EVSE so far north of Oslo, of 11 kW, with a tariff of its own."""
    evse_id = await another(world, (OSLO[0] + north, OSLO[1]))
    content = Tariff("Own", currency, Decimal(25), components)
    owner_id = world.owner.account_id
    made = await world.store.do(tariffs.create_tariff, owner_id, tariffs.Wanted(content), NOW)
    evse = await world.store.read(stations.evse, evse_id)
    assert evse is not None
    await publish(world.store, world.owner, evse.station_id, made.tariff.id)
    return evse_id


async def found(http: Http, query: str) -> list[dict[str, Any]]:
    answer = await http.get(f"/evses?{AT_OSLO}&radius_m=20000&{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_price_of_a_need_stands_in_each_result_by_part(
    store: Store, clock: HandClock
) -> None:
    """10 kWh at 0.30 and 1.50 a start are 4.50, of which a fifth is VAT at 25 %; the parts of
    AFIR are all there, in their order."""
    async with hub(store, clock) as (world, http):
        await priced(world, 9_000, EnergyPrice(Decimal("0.30")), FlatPrice(Decimal("1.50")))
        home, other = await found(http, f"energy_wh=10000&{MORNING}")

    assert home["price"]["total_minor"] == 450
    assert other["price"] == {
        "currency": "EUR",
        "total_minor": 450,
        "vat_minor": 90,
        "parts": [
            {"name": "kwh", "amount_minor": 300},
            {"name": "minute", "amount_minor": 0},
            {"name": "session", "amount_minor": 150},
            {"name": "other", "amount_minor": 0},
        ],
        "energy_wh": 10_000,
    }


async def test_which_is_the_cheapest_depends_on_the_need(store: Store, clock: HandClock) -> None:
    """Against 0.45 a kWh: 0.30 and 1.50 a start breaks even at 10 kWh, and the nearer wins."""
    async with hub(store, clock) as (world, http):
        flat = await priced(world, 9_000, EnergyPrice(Decimal("0.30")), FlatPrice(Decimal("1.50")))
        orders = {}
        for need in (5_000, 10_000, 20_000):
            query = f"energy_wh={need}&currency=EUR&order=price&{MORNING}"
            orders[need] = [one["id"] for one in await found(http, query)]

    assert orders[5_000] == orders[10_000] == [world.evse_id, flat]
    assert orders[20_000] == [flat, world.evse_id]


async def test_pages_by_price_lose_nothing(store: Store, clock: HandClock) -> None:
    """Seven EVSEs, some of one price, some at one place, two to a page."""
    async with hub(store, clock) as (world, http):
        for north, price in ((0, "0.45"), (0, "0.20"), (9_000, "0.20"), (9_000, "0.20")):
            await priced(world, north, EnergyPrice(Decimal(price)))
        for north in (20_000, 40_000):
            await another(world, (OSLO[0] + north, OSLO[1]))
        whole = await found(http, CHEAPEST)
        pages: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            path = f"/evses?{AT_OSLO}&radius_m=20000&{CHEAPEST}&limit=2{cursor}"
            answer = (await http.get(path)).json()
            pages += answer["items"]
            cursor = f"&cursor={answer['next']}" if answer["next"] else None

    keys = [(one["price"]["total_minor"], one["distance_m"], one["id"]) for one in whole]
    assert len(whole) == 7
    assert keys == sorted(keys)
    assert pages == whole


async def test_what_costs_more_or_another_currency_is_left_out(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        dear = await priced(world, 0, EnergyPrice(Decimal("0.46")))
        crowns = await priced(world, 0, EnergyPrice(Decimal("0.10")), currency="NOK")
        query = f"energy_wh=10000&{MORNING}"

        async def ids(more: str) -> set[str]:
            return {one["id"] for one in await found(http, f"{query}&{more}")}

        assert await ids("") == {world.evse_id, dear, crowns}
        assert await ids("currency=NOK") == {crowns}
        assert await ids("currency=EUR&max_total_minor=450") == {world.evse_id}
        assert await ids("currency=EUR&max_total_minor=449&order=price") == set()


async def test_what_is_booked_is_not_the_cheapest(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        dear = await priced(world, 0, EnergyPrice(Decimal("0.46")))
        await world.confirmed(start=60, length=60)

        assert [one["id"] for one in await found(http, CHEAPEST)] == [dear]


def test_a_ranking_looks_at_fewer_than_a_search_by_distance() -> None:
    assert tables.RANKED < candidates.CANDIDATES


async def test_no_price_is_told_for_longer_than_a_booking_may_be(
    store: Store, clock: HandClock
) -> None:
    """Each hour of it is work for every tariff there is."""
    async with hub(store, clock) as (_, http):
        days = "from=2026-03-02T09:00:00Z&to=2026-03-03T09:00:01Z"
        answer = await http.get(f"/evses?{AT_OSLO}&energy_wh=10000&{days}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "24 hours" in answer.json()["detail"]
