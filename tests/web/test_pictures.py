"""The pictures of the README: made anew with `CHARGEHUB_TEST_PICTURES=1`, and looked at before
they are committed."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.hub import TARIFF, Place
from tests.stories.steps import charge, passing
from tests.tree import ROOT
from tests.web.browsing import BrowsedHub, Window, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000  # bytes
WIDE = {"viewport": {"width": 1200, "height": 750}}
PHONE = {"viewport": {"width": 390, "height": 760}, "device_scale_factor": 2, "is_mobile": True}
STREET = (  # name, degrees north and east, price of a kWh
    ("Anna's carport", 59.9171, 10.7276, "0.42"),
    ("Backyard at the mill", 59.9232, 10.7521, "0.39"),
    ("Garage on the hill", 59.9103, 10.7702, "0.45"),
    ("The red barn", 59.9287, 10.7145, "0.35"),
    ("Villa Fjord", 59.9065, 10.7389, "0.48"),
)


async def street(hub: BrowsedHub) -> list[Place]:
    """Five chargers of one owner."""
    owner = await hub.person("owner")
    places = []
    for name, latitude, longitude, price in STREET:
        where = {"name": name, "latitude": latitude, "longitude": longitude}
        energy = {"kind": "energy", "per_kwh": price}
        tariff: dict[str, Any] = {**TARIFF, "components": [energy]}
        places.append(await hub.station(owner, "2.0.1", tariff=tariff, where=where))
    return places


async def days(hub: BrowsedHub, place: Place, id_token: str) -> None:
    """What an owner's chart has to show."""
    for index, energy_wh in enumerate((14_000, 21_500, 9_000, 30_500, 17_000, 25_000)):
        await charge(hub, place, id_token, energy_wh)
        hub.clock.advance(timedelta(days=1 + index % 2))
        await hub.settle()


async def found(chromium: Browser, hub: BrowsedHub) -> Window:
    """The map and the list."""
    opened = await window(chromium, hub, **WIDE)
    await opened.open("/")
    await opened.says("5 chargers here")
    await opened.page.locator(".pin").nth(4).wait_for()
    return opened


async def charging(chromium: Browser, hub: BrowsedHub, place: Place) -> Window:
    """A session on a phone."""
    opened = await window(chromium, hub, **PHONE)
    await opened.log_in("driver@example.org")
    await opened.open(f"/stations/{place.evse_ids[0]}")
    await opened.page.get_by_role("button", name="I am there: start now").click()
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await opened.says("Stop charging")
    await place.sim.charge(1, 11_400, readings=3, before_each=passing(hub, timedelta(minutes=20)))
    await opened.says("11.4 kWh")
    return opened


async def earned(chromium: Browser, hub: BrowsedHub) -> Window:
    """An owner's money."""
    opened = await window(chromium, hub, **WIDE)
    await opened.log_in("owner@example.org")
    await opened.open("/owner/money")
    await opened.page.locator("svg.chart rect").first.wait_for()
    return opened


async def test_the_main_pages_look_as_the_readme_shows(
    browsed: BrowsedHub, database: str, tmp_path: Path
) -> None:
    places = await street(browsed)
    driver = await browsed.person("driver")
    await days(browsed, places[0], driver.id_token)
    folder = FOLDER if os.environ.get("CHARGEHUB_TEST_PICTURES") else tmp_path
    async with browser() as chromium:
        shown = {
            "find": await found(chromium, browsed),
            "charging": await charging(chromium, browsed, places[1]),
            "earned": await earned(chromium, browsed),
        }
        for name, opened in shown.items():
            await opened.page.screenshot(path=folder / f"{name}.png")

            assert opened.faults == []
            assert 0 < (FOLDER / f"{name}.png").stat().st_size < LARGEST
    assert {path.stem for path in FOLDER.iterdir()} == set(shown)
