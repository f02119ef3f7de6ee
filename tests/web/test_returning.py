"""To a page of the rail's by a form, and back from it: where one was, logged in, and told."""

import pytest

from tests.stories.test_confirmed_cards import ALWAYS_ASKS
from tests.web.browsing import Window, browser
from tests.web.town import Town

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AGREED = "Yes, complete"


async def is_back(visitor: Window, path: str) -> None:
    """On this page of the hub's, and known there."""
    await visitor.page.wait_for_url(visitor.hub.pages + path)
    await visitor.page.locator("header").get_by_role("link", name="Account").wait_for()


async def on(visitor: Window, role: str, name: str) -> None:
    """What can be pressed on a page that is not one of the hub's pages."""
    await visitor.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "none"])
async def test_who_enters_no_card_comes_back_and_who_confirms_one_books(
    town: Town, has_scripts: bool
) -> None:
    """A bank that asks every time leads to the rail's page twice: for the card, for the hold."""
    hub = town.hub
    place = await hub.station(await hub.person("owner", pays=False), "2.0.1")
    await hub.person("anna", pays=False)
    async with browser() as chromium:
        anna = await town.window(chromium, java_script_enabled=has_scripts)
        await anna.log_in("anna@example.org")
        await anna.open("/wallet")
        await anna.press("Add a card")
        await town.led_there(anna)
        await on(anna, "link", "Back")
        await anna.says("If not, the page for it is still open.")
        await on(anna, "link", "Go on")
        await is_back(anna, "/wallet")
        await anna.says("No card was added yet.")

        await anna.press("Add a card")
        await town.card(anna, ALWAYS_ASKS)
        await on(anna, "button", AGREED)
        await is_back(anna, "/wallet")
        await anna.says("Your card was added.")

        await anna.open(f"/book/{place.evse_ids[0]}")
        await anna.press("Book, and hold €11.00")
        await hub.settle()
        booking = anna.page.url.removeprefix(hub.pages)
        await anna.open(booking)
        await anna.press("Confirm at my bank")
        await town.card(anna, ALWAYS_ASKS, "Pay")
        await on(anna, "button", AGREED)
        await is_back(anna, booking)
        await hub.settle()
        await anna.open(booking)
        await anna.says("It is yours.")

        assert anna.faults == []


async def test_an_owner_who_told_of_a_bank_is_back_at_the_money(town: Town) -> None:
    await town.hub.person("owner", pays=False)
    async with browser() as chromium:
        owner = await town.window(chromium)
        await owner.log_in("owner@example.org")
        await owner.open("/owner/money")
        await owner.page.locator("#country").select_option("DE")
        await owner.press("Open an account")
        await town.led_there(owner)
        await town.paid.advance(minutes=1)
        await on(owner, "button", "Everything is filled in")
        await is_back(owner, "/owner/money")
        await owner.page.locator(".state", has_text="ready").wait_for()

        assert owner.faults == []
