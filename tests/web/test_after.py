"""After charging, and around a booking: receipt, review, dispute, another end, a code."""

from datetime import timedelta

import pytest

from tests.stories.steps import book, charge
from tests.web.browsing import BrowsedHub, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
OURS = {"Sec-Fetch-Site": "same-origin"}
HOUR = timedelta(hours=1)


async def test_a_bill_is_read_reviewed_and_disputed(browsed: BrowsedHub, database: str) -> None:
    owner, anna = await browsed.person("owner"), await browsed.person("anna")
    place = await browsed.station(owner, "2.0.1")
    await charge(browsed, place, anna.id_token)
    (session,) = (await anna.get("/sessions"))["items"]
    async with browser() as chromium:
        driver = await window(chromium, browsed, **PHONE)
        await driver.log_in("anna@example.org")
        await driver.open(f"/sessions/{session['id']}")
        await driver.says("The energy fits what the charger told.")
        await driver.page.get_by_label("4 stars").check()
        await driver.fill(text="Easy to find.")
        await driver.press("Send the review")
        await driver.says("Thank you.")
        await driver.press("Something is wrong with the bill")
        await driver.page.get_by_label("What is wrong").select_option("price")
        await driver.fill(amount="1.50", statement="The sign said less.")
        await driver.press("Send")
        await driver.says("The other side is asked.")
        await driver.fill(text="I have a photo of it.")
        await driver.press("Send")
        await driver.says("I have a photo of it.")
        await driver.page.get_by_text("Take it back").click()
        await driver.press("Take the dispute back")
        await driver.says("It is over.")

        assert driver.faults == []
    (dispute,) = (await anna.get("/disputes?role=driver"))["items"]
    assert (dispute["amount"]["amount_minor"], dispute["how"]) == (150, "withdrawn")
    reviews = await anna.get(f"/sessions/{session['id']}/reviews")
    assert reviews["items"][0]["stars"] == 4


async def test_another_end_is_shown_with_what_it_means_before_it_is_taken(
    browsed: BrowsedHub, database: str
) -> None:
    owner, anna = await browsed.person("owner"), await browsed.person("anna")
    place = await browsed.station(owner, "2.0.1")
    booking = await book(browsed, anna, place, HOUR, 2 * HOUR)
    await browsed.settle()
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.log_in("anna@example.org")
        await driver.open(f"/bookings/{booking['id']}")
        await driver.press("Change the end")
        end = await driver.page.locator("[name=ends_at]").input_value()
        await driver.fill(ends_at=f"{end[:11]}{int(end[11:13]) + 1:02d}{end[13:]}")
        await driver.press("See what it means")
        await driver.says("more")
        await driver.page.get_by_role("button", name="End it at").click()
        await driver.says("The end of your booking was changed.")

        assert driver.faults == []
    changed = await anna.get(f"/bookings/{booking['id']}")
    assert changed["ends_at"] > booking["ends_at"]


async def test_a_code_starts_for_whoever_has_it_and_a_wrong_one_says_so(
    browsed: BrowsedHub, database: str
) -> None:
    owner, anna = await browsed.person("owner"), await browsed.person("anna")
    place = await browsed.station(owner, "2.0.1")
    booking = await book(browsed, anna, place, timedelta(minutes=5), 2 * HOUR)
    await browsed.settle()
    code = await anna.get(f"/bookings/{booking['id']}/access-code")
    path, _sharp, typed = code["url"].removeprefix(browsed.pages).partition("#")

    wrong = await browsed.api.post(path, data={"code": "GUESSED2"}, headers=OURS)
    started = await browsed.api.post(path, data={"code": typed}, headers=OURS)

    assert wrong.status_code == 403 and 'value="GUESSED2"' in wrong.text
    assert started.status_code == 200 and "Plug in by" in started.text
