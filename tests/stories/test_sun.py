"""The sun by the meter at the grid connection: cheaper while it feeds in, and never by a tale."""

from datetime import timedelta
from typing import Any

import pytest

from chargehub.tariffs import sunny
from chargehub.units import Span
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, bills, charge
from tests.stories.test_moving_prices import BOUNDED, dynamics, price

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["1.6", "2.0.1"]),
]
SUNNY = {"solar_discount_percent": "5"}


async def metered(hub: RunningHub, version: str) -> tuple[Person, Place, str]:
    """A site with 8 kW of solar power, whose station meters the grid connection."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, version, tariff=BOUNDED)
    await owner.ask("PUT", dynamics(place), SUNNY, 200)
    where = f"/locations/{(await owner.get('/locations'))['items'][0]['id']}"
    stated = {"installed_w": 8_000, "station_id": place.station_id}
    await owner.ask("PUT", f"{where}/solar", stated, 200)
    return owner, place, where


async def export(owner: Person, where: str) -> tuple[Any, ...]:
    found = await owner.get(f"{where}/export")
    return found["export_w"], found["source"], found["doubt"]


async def test_the_price_follows_the_meter_at_the_grid(hub: RunningHub, version: str) -> None:
    """And a session keeps the price it began with, when a cloud comes."""
    owner, place, where = await metered(hub, version)
    driver = await hub.person("driver")
    assert await export(owner, where) == (0, None, "old")

    await place.sim.read_grid(export_w=3_000, import_w=0)
    await hub.advance(minutes=15)
    assert await price(owner, place) == "0.4275"
    assert await export(owner, where) == (3_000, "meter", None)
    await charge(hub, place, driver.id_token, 10_000)
    await place.sim.read_grid(export_w=0, import_w=2_000)
    await hub.advance(minutes=15)

    assert await price(owner, place) == "0.45"
    assert await export(owner, where) == (0, "meter", None)
    assert (await owner.get(f"{where}/solar"))["measured_w"] == -2_000
    assert [bill.cost_minor for bill in await bills(owner)] == [428]
    await audited(hub)


async def test_what_the_meter_tells_twice_was_sun_for_the_costs_too(
    hub: RunningHub, version: str
) -> None:
    """The owner's share of the own roof is known by the same words as the price."""
    _, place, where = await metered(hub, version)
    began = hub.clock.now()

    for _ in range(2):
        await place.sim.read_grid(export_w=3_000, import_w=0)
        await hub.advance(minutes=15)

    span = Span(began, hub.clock.now())
    [sun] = await hub.hub.store.read(sunny.during, where.rpartition("/")[2], span)
    assert sun.duration == timedelta(minutes=15)


async def test_energy_alone_is_enough(hub: RunningHub, version: str) -> None:
    owner, place, where = await metered(hub, version)

    await place.sim.read_grid(exported_wh=70_000)
    await hub.advance(minutes=15)
    assert await export(owner, where) == (0, None, "old")
    await place.sim.read_grid(exported_wh=70_250)
    await hub.advance(minutes=15)

    assert await export(owner, where) == (1_000, "meter", None)
    assert await price(owner, place) == "0.4275"


async def test_a_meter_is_not_believed_where_it_cannot_be_so(hub: RunningHub, version: str) -> None:
    """More than is installed, or at night; and then its owner's word does not help either."""
    owner, place, where = await metered(hub, version)

    await place.sim.read_grid(export_w=8_001)
    await owner.ask("PUT", f"{where}/export", {"export_w": 3_000}, 200)
    assert await export(owner, where) == (0, "meter", "above_installed")
    await hub.advance(minutes=15)
    assert await price(owner, place) == "0.45"
    await hub.advance(hours=13)
    await place.sim.read_grid(export_w=3_000)
    await hub.advance(minutes=15)

    assert await export(owner, where) == (0, "meter", "night")
    assert await price(owner, place) == "0.45"


async def test_a_meter_that_falls_silent_leaves_the_word_to_the_owner(
    hub: RunningHub, version: str
) -> None:
    """While it speaks, it goes before the owner's report; nobody reports more than there is."""
    owner, place, where = await metered(hub, version)

    await place.sim.read_grid(export_w=0)
    await owner.ask("PUT", f"{where}/export", {"export_w": 3_000}, 200)
    assert await export(owner, where) == (0, "meter", None)
    await hub.advance(minutes=30)
    assert await export(owner, where) == (0, None, "old")
    await owner.ask("PUT", f"{where}/export", {"export_w": 2_000}, 200)
    refused = await owner.ask("PUT", f"{where}/export", {"export_w": 8_001}, 422)

    assert await export(owner, where) == (2_000, "report", "old")
    assert (refused["code"], "8000 W" in refused["detail"]) == ("implausible_export", True)


async def test_only_the_meter_that_was_named_counts(hub: RunningHub, version: str) -> None:
    """A station without a word of its owner says nothing of the sun, nor does one elsewhere."""
    owner, place, where = await metered(hub, version)
    other = await hub.station(owner, version)

    refused = await owner.ask(
        "PUT", f"{where}/solar", {"installed_w": 8_000, "station_id": other.station_id}, 422
    )
    await other.sim.read_grid(export_w=3_000)
    await owner.ask("PUT", f"{where}/solar", {"installed_w": 8_000}, 200)
    await place.sim.read_grid(export_w=3_000)

    assert refused["code"] == "station_elsewhere"
    assert await export(owner, where) == (0, None, None)
    await owner.ask("DELETE", f"{where}/solar", expect=204)
    await owner.get(f"{where}/solar", 404)
