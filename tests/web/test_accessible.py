"""Every page can be used by everybody, as far as a machine can tell."""

import pytest

from tests.web import axe
from tests.web.browsing import BrowsedHub, browser, window
from tests.web.walk import filled, pages, windows

NO_PAGE = "/nowhere"  # is looked at all the same
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_no_page_has_a_serious_fault_by_day_or_by_night(
    browsed: BrowsedHub, database: str
) -> None:
    """Whatever pages there are: a new one is looked at without being named here."""
    axe.needed()
    names = await filled(browsed)
    found: list[str] = []
    async with browser() as chromium:
        opened = await windows(chromium, browsed)
        for page in pages(names):
            shown = opened[page.name].page
            answer = await shown.goto(browsed.pages + page.path)
            assert answer is not None
            assert answer.status < 400 or page.path == NO_PAGE, (page, answer.status)
            found += [f"{page.path}, {one}" for one in await axe.in_both_colours(shown)]

    assert not found, "\n".join(found)


async def test_what_is_wrong_in_a_form_is_read_to_everybody(
    browsed: BrowsedHub, database: str
) -> None:
    axe.needed()
    async with browser() as chromium:
        nobody = await window(chromium, browsed)
        await nobody.open("/register")
        await nobody.page.evaluate("document.querySelector('main form').noValidate = true")
        await nobody.fill(email="a@example.org", name="A", password="short")
        await nobody.press("Open an account")
        await nobody.page.locator("#password-wrong").wait_for()

        assert await axe.in_both_colours(nobody.page) == []


async def test_a_fault_would_be_found(browsed: BrowsedHub, database: str) -> None:
    """An input without a label is one: else nothing would be proved by finding nothing."""
    axe.needed()
    async with browser() as chromium:
        nobody = await window(chromium, browsed)
        await nobody.open("/login")
        await nobody.page.evaluate("document.querySelector('label').remove()")

        assert any("label" in fault for fault in await axe.grave(nobody.page))
