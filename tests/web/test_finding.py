"""A driver looks for a charger, in a real browser."""

import pytest

from tests.web.browsing import BrowsedHub, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_map_and_list_show_what_is_there_and_change_as_it_does(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1")
    async with browser() as chromium:
        driver = await window(chromium, browsed)
        await driver.open("/")
        await driver.says("1 charger here")
        await driver.says("€0.45")
        pin = driver.page.locator(".pin.free")
        await pin.wait_for()

        await place.sim.close()
        await driver.page.locator(".pin.offline").wait_for()
        await driver.says("Offline")

        assert driver.faults == []


async def test_without_script_the_list_is_there(browsed: BrowsedHub, database: str) -> None:
    await browsed.station(await browsed.person("owner"), "2.0.1")
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.open("/")
        await driver.says("1 charger here")
        await driver.press("Show")
        await driver.says("1 charger here")

        assert driver.faults == []
