"""A driver's whole way in a browser: find, book, start, watch, stop, and the bill."""

import pytest

from tests.stories.steps import passing
from tests.web.browsing import BrowsedHub, Window, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


async def booked(driver: Window, hub: BrowsedHub) -> None:
    """From the map to a booking that is paid for, with a first card on the way."""
    await driver.open("/")
    await driver.press("Garage")
    await driver.press("See the price and book")
    await driver.says("€9.00")
    await driver.press("Add a card")
    await driver.says("A trial card was added.")
    await driver.press("Book, and hold €11.00")
    await hub.settle()
    await driver.says("It is yours.")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
async def test_from_the_map_to_the_bill(
    browsed: BrowsedHub, database: str, options: dict[str, object]
) -> None:
    place = await browsed.station(await browsed.person("owner"), "2.0.1")
    await browsed.person("driver", pays=False)
    async with browser() as chromium:
        driver = await window(chromium, browsed, **options)
        await driver.log_in("driver@example.org")
        await booked(driver, browsed)
        await driver.says("Storgata 1")
        await driver.press("Start charging")
        await place.sim.receive("start_session")
        await place.sim.plug_in(1)
        await driver.says("Stop charging")
        await place.sim.charge(1, 5_000, before_each=passing(browsed))
        await driver.says("5 kWh")
        await driver.says("€2.25")
        await driver.press("Stop charging")
        await place.sim.receive("stop_session")
        await place.sim.settled()
        await place.sim.unplug(1)
        await browsed.settle()
        await driver.says("Done")
        await driver.open(driver.page.url.removeprefix(browsed.pages))
        await driver.says("Receipt")

        assert driver.faults == []


async def test_cancelling_says_first_what_it_costs(browsed: BrowsedHub, database: str) -> None:
    await browsed.station(await browsed.person("owner"), "2.0.1")
    await browsed.person("driver", pays=False)
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.log_in("driver@example.org")
        await booked(driver, browsed)
        await driver.page.get_by_text("Cancel", exact=True).click()
        await driver.says("Cancelling now is free.")
        await driver.press("Cancel the booking")
        await driver.says("The booking is cancelled.")

        assert driver.faults == []
