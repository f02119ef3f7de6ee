"""The wallet and the account, in a browser without scripts."""

import pytest

from tests.web.browsing import BrowsedHub, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_a_driver_pays_in_has_it_back_blocks_a_card_watches_and_is_forgotten(
    browsed: BrowsedHub, database: str
) -> None:
    anna = await browsed.person("anna")
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.log_in("anna@example.org")
        await driver.open("/wallet")
        await driver.page.get_by_text("Pay in", exact=True).click()
        await driver.fill(amount="lots")
        await driver.press("Pay in by card")
        await driver.says("Give a number.")
        driver.faults.clear()  # browsers note that a form was refused
        await driver.fill(amount="20.50")
        await driver.press("Pay in by card")
        await browsed.settle()
        await driver.open("/wallet")
        await driver.says("€20.50")
        await driver.press("Have it back")
        await browsed.settle()

        await driver.open("/account")
        await driver.press("Block it")
        await driver.says("blocked")
        await driver.page.get_by_text("Make a key", exact=True).first.click()
        await driver.fill(name="Home")
        await driver.press("Make a key")
        await driver.says("Keep this key now")
        await driver.open("/?south=1&west=1&north=1.1&east=1.1")
        await driver.press("Tell me when one comes free")
        await driver.says("5 km around 1.05, 1.05")
        await driver.press("Stop watching")
        await driver.says("You are told of it no more.")

        assert [each["kind"] for each in (await anna.get("/prepaid"))["items"]] == [
            "payback",
            "top_up",
        ]
        await driver.page.get_by_text("Be forgotten", exact=True).click()
        await driver.fill(confirmed="anna@example.org")
        await driver.press("Delete my account")
        await driver.says("You are forgotten here.")

        assert driver.faults == []
    await anna.get("/accounts/me", expect=401)
