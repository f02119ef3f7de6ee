"""An owner's console in a browser: requests, kept times, commands, reviews, the end."""

from datetime import timedelta

import pytest

from tests.stories.steps import charge, slot
from tests.web.browsing import BrowsedHub, browser, window
from tests.web.test_owner_start import OURS, logged_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_an_owner_agrees_keeps_a_time_restarts_and_replies(
    browsed: BrowsedHub, database: str
) -> None:
    owner, driver = await browsed.person("owner", pays=False), await browsed.person("driver")
    place = await browsed.station(owner, "2.0.1")
    await charge(browsed, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]["id"]
    await driver.post(f"/sessions/{session}/reviews", {"stars": 5, "text": "Very good."})
    await browsed.advance(days=15)
    policy = {"mode": "request", "approval_minutes": 600}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, 200)
    wanted = slot(browsed, timedelta(days=1), timedelta(hours=1))
    booking = await driver.post("/bookings", {"evse_id": place.evse_ids[0], **wanted})
    await browsed.settle()
    async with browser() as chromium:
        page = await window(chromium, browsed)
        await page.log_in("owner@example.org")
        await page.go("My stations")
        await page.press("Look")
        await page.says("Waits for your word")
        await page.press("Agree")
        await page.says("You have agreed to the booking.")
        await browsed.settle()
        assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "confirmed"
        await page.page.get_by_text("Keep a time").click()
        await page.page.get_by_label("Every week").check()
        await page.page.get_by_label("Sun", exact=True).check()
        await page.page.locator("#from").fill("08:00")
        await page.page.locator("#to").fill("12:00")
        await page.press("Keep it")
        await page.says("Sun 08:00–12:00")
        await page.page.get_by_role("link", name="Device").click()
        await page.press("Restart when nobody charges")
        await place.sim.receive("reset")
        await page.says("done (Accepted)")
        await page.page.get_by_role("link", name="Reliability").click()
        await page.says("Very good.")
        await page.page.locator("textarea[name=text]").fill("Come again.")
        await page.press("Reply")
        await page.says("Come again.")
        await page.press("Take it out for good")
        await page.says("The charger is taken out.")

        assert page.faults == []


async def test_what_is_wrong_in_the_console_stands_next_to_it(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1")
    await logged_in(browsed, "owner")
    page = f"/owner/stations/{place.station_id}"

    weekly = {"kind": "own_car", "every": "week"}
    days = await browsed.api.post(f"{page}/blocks", data=weekly, headers=OURS)
    once = await browsed.api.post(f"{page}/blocks", data={"kind": "own_car"}, headers=OURS)
    strange = await browsed.api.post(f"{page}/commands", data={"wish": "x"}, headers=OURS)
    word = await browsed.api.post(f"{page}/bookings/1/steal", headers=OURS)

    assert days.status_code == 422 and 'id="days-wrong"' in days.text
    assert once.status_code == 422 and 'id="starts-wrong"' in once.text
    assert strange.status_code == 422 and 'role="alert"' in strange.text
    assert word.status_code == 404
