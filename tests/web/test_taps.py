"""How many taps a booking takes, counted; docs/pages.md says the same."""

from dataclasses import dataclass

import pytest

from tests.web.browsing import BrowsedHub, Window, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Thumb:
    """Presses things on the page, and counts."""

    window: Window
    taps: int = 0

    async def tap(self, name: str) -> None:
        self.taps += 1
        await self.window.press(name)

    async def tap_pin(self) -> None:
        self.taps += 1
        await self.window.page.locator(".pin").click()


async def test_who_is_known_books_in_four_taps_from_the_map(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.station(await browsed.person("owner"), "2.0.1")
    await browsed.person("anna")
    async with browser() as chromium:
        driver = await window(chromium, browsed)
        await driver.log_in("anna@example.org")
        await driver.open("/")
        await driver.says("€9.00")
        thumb = Thumb(driver)
        await thumb.tap_pin()
        await thumb.tap("Garage")
        await thumb.tap("See the price and book")
        await driver.says("€11.00 are held")
        await driver.says("Cancelling is free")
        await thumb.tap("Book, and hold €11.00")
        await browsed.settle()
        await driver.says("It is yours.")

        assert thumb.taps == 4
        assert driver.faults == []


async def test_who_comes_for_the_first_time_books_in_six(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.station(await browsed.person("owner"), "2.0.1")
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.open("/")
        thumb = Thumb(driver)
        await thumb.tap("Garage")
        await thumb.tap("See the price and book")
        await thumb.tap("Open an account")
        await driver.fill(name="Ben", email="ben@example.org", password="correct horse")
        await thumb.tap("Open an account")
        await thumb.tap("Add a card")
        await thumb.tap("Book, and hold €11.00")
        await browsed.settle()
        await driver.open(driver.page.url.removeprefix(browsed.pages))
        await driver.says("It is yours.")

        assert thumb.taps == 6
        assert driver.faults == []


async def test_a_pin_is_pressed_by_keyboard(browsed: BrowsedHub, database: str) -> None:
    await browsed.station(await browsed.person("owner"), "2.0.1")
    async with browser() as chromium:
        driver = await window(chromium, browsed)
        await driver.open("/")
        await driver.page.locator(".leaflet-marker-icon:has(.pin)").focus()
        await driver.page.keyboard.press("Enter")
        await driver.page.locator(".card.lit a:focus").wait_for()

        assert driver.faults == []
