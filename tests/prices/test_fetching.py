"""Wholesale prices over HTTP: fetched ahead, kept, missed, told, and never rewritten once used."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chargehub import reach
from chargehub.clock import HandClock
from chargehub.prices import effects
from tests.hub import Person, RunningHub
from tests.prices.source import HOUR, PriceSource, publishing, rows
from tests.stories.steps import audited, bills, charge

MIDNIGHT = datetime(2026, 3, 1, 23, tzinfo=UTC)  # of the day of the tests, 2 March, in Oslo
TODAY, TOMORROW = "2026-03-02", "2026-03-03"  # the clock says 09:00 there
ZONE = "NO1 EUR Europe/Oslo"
FLAT = ["0.10"] * 24
BOUNDED = {
    "name": "Market",
    "currency": "EUR",
    "vat_percent": "25",
    "components": [{"kind": "energy", "per_kwh": "0.45"}],
    "floor_per_kwh": "0.10",
    "ceiling_per_kwh": "1",
}
RULE = {"by": "wholesale", "area": "NO1", "margin_per_kwh": "0.10"}

Opening = Callable[..., Awaitable[RunningHub]]


@pytest.fixture
def source() -> Iterator[PriceSource]:
    with publishing() as made:
        yield made


@pytest.fixture
async def opened(database: str, clock: HandClock, source: PriceSource) -> AsyncIterator[Opening]:
    """Opens a hub that fetches from the source."""
    made: list[RunningHub] = []

    async def open_hub(**own: Any) -> RunningHub:
        settings = {
            "wholesale_url": source.url,
            "wholesale_zones": ZONE,
            "wholesale_private_addresses": True,
        }
        hub = RunningHub(database, clock, **(settings | own))
        await hub.start()
        made.append(hub)
        await hub.settle()
        return hub

    yield open_hub
    for hub in made:
        await hub.close()


async def feed(operator: Person) -> dict[str, Any]:
    (found,) = (await operator.get("/wholesale-feeds"))["items"]
    assert isinstance(found, dict)
    return found


async def price_at(hub: RunningHub, at: datetime) -> tuple[str, bool] | None:
    known = await hub.hub.store.read(hub.hub.market.price_at, "NO1", "EUR", at)
    return None if known is None else (str(known.per_kwh), known.is_old)


async def told(operator: Person) -> list[str]:
    """What operators were told of the area, in order."""
    found = (await operator.get("/events?whose=all&limit=200"))["items"]
    return [each["data"]["state"] for each in found if each["type"] == "WholesaleChanged"]


only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_prices_are_fetched_ahead_and_move_a_tariff(
    opened: Opening, source: PriceSource
) -> None:
    """(0.30 + 0.10) and 25 % VAT are 0.50; a tenth an hour from 0.45 is 0.495."""
    source.publish("NO1", TODAY, rows(MIDNIGHT, ["0.05"] * 9 + ["0.30"] * 2 + ["-0.50"] * 13))
    hub = await opened(wholesale_token="word")
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", tariff=BOUNDED)
    path = f"/tariffs/{place.tariff_id}/dynamics"

    refused = await owner.ask("PUT", path, RULE | {"area": "NO9"}, 422)
    await owner.ask("PUT", path, RULE, 200)
    await hub.advance(minutes=15)
    now = await owner.get(path)
    await charge(hub, place, driver.id_token, 10_000)
    await hub.advance(hours=2)
    later = await owner.get(path)

    assert refused["code"] == "bad_dynamics"
    assert source.paths[0] == f"/NO1/{TODAY}.json"
    assert source.asked[0][1]["Authorization"] == "Bearer word"
    assert (now["signals"]["wholesale_per_kwh"], now["prices_per_kwh"]) == ("0.3", ["0.495"])
    assert [bill.cost_minor for bill in await bills(owner)] == [495]
    assert later["signals"]["wholesale_per_kwh"] == "-0.5"
    assert Decimal(later["prices_per_kwh"][0]) < Decimal("0.495")
    await audited(hub)


async def test_the_next_day_is_asked_for_from_one_o_clock_until_it_is_there(
    opened: Opening, source: PriceSource, clock: HandClock
) -> None:
    source.publish("NO1", TODAY, rows(MIDNIGHT, FLAT))
    hub = await opened()
    assert source.paths == [f"/NO1/{TODAY}.json"]

    for _ in range(15):  # until 12:45; but once more, what may have been revised
        await hub.advance(minutes=15)
    assert f"/NO1/{TOMORROW}.json" not in source.paths
    await hub.advance(minutes=15)
    assert source.paths.count(f"/NO1/{TOMORROW}.json") == 1
    operator = await hub.operator()
    assert (await feed(operator))["fault"] == "The answer has the status 404."
    source.publish("NO1", TOMORROW, rows(MIDNIGHT + 24 * HOUR, ["0.20"] * 24))
    await hub.advance(minutes=15)
    await hub.advance(minutes=15)

    assert source.paths.count(f"/NO1/{TOMORROW}.json") == 2
    found = await feed(operator)
    assert (found["state"], found["fault"]) == ("good", None)
    assert found["known_until"] == "2026-03-03T23:00:00Z"
    assert await price_at(hub, clock.now() + 12 * HOUR) == ("0.2", False)


async def test_a_price_that_was_used_is_not_revised_and_one_to_come_is(
    opened: Opening, source: PriceSource, clock: HandClock
) -> None:
    source.publish("NO1", TODAY, rows(MIDNIGHT, FLAT))
    hub = await opened()
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", tariff=BOUNDED)
    await owner.ask("PUT", f"/tariffs/{place.tariff_id}/dynamics", RULE, 200)
    await hub.advance(minutes=15)
    await charge(hub, place, driver.id_token, 10_000)
    before = await bills(owner)
    used_at = clock.now()

    source.publish("NO1", TODAY, rows(MIDNIGHT, ["0.90"] * 24))
    await hub.advance(hours=6)

    assert source.paths.count(f"/NO1/{TODAY}.json") == 2
    assert await price_at(hub, used_at) == ("0.1", False)
    assert await price_at(hub, clock.now()) == ("0.1", False)  # its quarter had begun
    assert await price_at(hub, clock.now() + HOUR) == ("0.9", False)
    versions = (await owner.get(f"/tariffs/{place.tariff_id}/versions"))["items"]
    assert versions[-2]["signals"]["wholesale_per_kwh"] == "0.1"
    assert await bills(owner) == before
    await audited(hub)


async def test_a_gap_is_bridged_for_a_while_and_then_the_owners_price_counts(
    opened: Opening, source: PriceSource
) -> None:
    """And operators are told both, and when prices are back."""
    source.publish("NO1", TODAY, rows(MIDNIGHT, ["0.35"] * 10))  # until 10:00 local
    hub = await opened(wholesale_lasts_minutes=60)
    owner = await hub.person("owner", pays=False)
    made = await owner.post("/tariffs", BOUNDED)
    path = f"/tariffs/{made['id']}/dynamics"
    await owner.ask("PUT", path, RULE, 200)

    found = []
    for hours in (0.75, 1, 1):  # 09:45, 10:45, 11:45
        await hub.advance(hours=hours)
        found.append(await owner.get(path))
    operator = await hub.operator()
    standing = await feed(operator)
    source.publish("NO1", TODAY, rows(MIDNIGHT, ["0.35"] * 24))
    await hub.advance(minutes=15)

    said = [
        (each["signals"]["wholesale_per_kwh"], each["signals"]["is_wholesale_old"])
        for each in found
    ]
    assert said == [("0.35", False), ("0.35", True), (None, False)]
    assert [each["prices_per_kwh"] for each in found] == [["0.495"], ["0.5445"], ["0.49005"]]
    assert (standing["state"], standing["known_until"]) == ("missing", "2026-03-02T09:00:00Z")
    assert await told(operator) == ["good", "old", "missing", "good"]


BROKEN: list[tuple[Any, str]] = [
    (b"<html>", "neither JSON nor CSV"),
    (b"[" * 100_000, "neither JSON nor CSV"),
    (b" " * (effects.LARGEST_ANSWER + 1), "more than 262144 bytes"),
    ({"prices": []}, "a list of objects"),
    ([{"per_kwh": 0.1}], "row 1 needs"),
    (rows(MIDNIGHT, FLAT, area="NO2"), "prices of 'NO2' in EUR"),
    (rows(MIDNIGHT, FLAT, area="NO\0"), r"prices of 'NO\x00' in EUR"),
    ([{**rows(MIDNIGHT, ["0"])[0], "from": "0001-01-01T00:00:00+23:00"}], "row 1 needs"),
    (rows(MIDNIGHT, FLAT, currency="NOK"), "prices of 'NO1' in NOK"),
    (rows(MIDNIGHT, ["0.1"]) + rows(MIDNIGHT, ["0.2"]), "two prices for"),
    (rows(MIDNIGHT, ["1001"]), "row 1 has no"),
    ([{**rows(MIDNIGHT, ["0"])[0], "currency": []}], "row 1 has no"),
    ([{**rows(MIDNIGHT, ["0"])[0], "area": {}}], "row 1 has no"),
    ([["NO1", "EUR"]], "row 1 needs"),
    ([], "no prices of 2026-03-02"),
]


@only_sqlite
async def test_an_answer_that_cannot_be_used_changes_nothing_and_is_told(
    opened: Opening, source: PriceSource
) -> None:
    hub = await opened()
    operator = await hub.operator()

    for answer, why in BROKEN:
        source.days[f"/NO1/{TODAY}.json?key=secret"] = answer
        await hub.advance(minutes=15)
        (found,) = (await operator.get("/wholesale-feeds"))["items"]
        assert why in found["fault"], (why, found)
        assert (found["state"], found["known_until"]) == ("missing", None)
        assert "secret" not in found["fault"] and "127.0.0.1" not in found["fault"]


@only_sqlite
async def test_a_redirect_is_not_followed(opened: Opening, source: PriceSource) -> None:
    """It could lead into the hub's own network."""
    source.publish("NO1", TODAY, rows(MIDNIGHT, FLAT))
    source.status, source.headers = 302, {"Location": f"{source.root}/elsewhere"}

    hub = await opened()

    assert (await feed(await hub.operator()))["fault"] == "The answer has the status 302."
    assert source.paths == [f"/NO1/{TODAY}.json"]


@only_sqlite
async def test_only_public_addresses_are_asked(
    opened: Opening, source: PriceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a public name leads to a private address, and where one of several is private."""
    looked_up: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["1.1.1.1", "127.0.0.1"]

    monkeypatch.setattr(reach, "_look_up", look_up)
    hub = await opened(
        wholesale_url="https://prices.example/{zone}/{day}", wholesale_private_addresses=False
    )

    assert (await feed(await hub.operator()))[
        "fault"
    ] == "The address of the host is not a public one."
    assert looked_up == ["prices.example"]
    assert source.asked == []


@only_sqlite
async def test_a_source_that_says_nothing_is_not_waited_for(
    opened: Opening, source: PriceSource
) -> None:
    async with silent() as url:
        hub = await opened(wholesale_url=f"{url}/{{day}}", wholesale_timeout_s=0.2)

        operator = await hub.operator()
        assert (await feed(operator))["fault"] == "No answer within 0.2 s."
        assert await told(operator) == ["missing"]


@only_sqlite
async def test_what_was_fetched_is_there_after_a_restart(
    opened: Opening, source: PriceSource, clock: HandClock
) -> None:
    source.publish("NO1", TODAY, rows(MIDNIGHT, FLAT))
    hub = await opened()

    await hub.restart()
    await hub.settle()

    assert len(source.asked) == 1
    assert await price_at(hub, clock.now()) == ("0.1", False)


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """The URL of a server that takes questions and never answers."""
    open_lines: list[asyncio.StreamWriter] = []

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_lines.append(writer)

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in open_lines:
            writer.transport.abort()
        server.close()
