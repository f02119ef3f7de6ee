"""An owner sees what was earned, says how to be paid, and answers a dispute."""

import pytest

from tests.stories.steps import charge
from tests.web.browsing import BrowsedHub, browser, window
from tests.web.test_owner_start import OURS, logged_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_what_was_earned_is_seen_paid_out_and_disputed(
    browsed: BrowsedHub, database: str
) -> None:
    owner, driver = await browsed.person("owner", pays=False), await browsed.person("driver")
    place = await browsed.station(owner, "2.0.1")
    await charge(browsed, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]["id"]
    async with browser() as chromium:
        page = await window(chromium, browsed)
        await page.log_in("owner@example.org")
        await page.go("My stations")
        await page.says("20 kWh")
        await page.says("€9.00")
        await page.press("Money")
        await page.says("March 2026")
        earned = (await owner.get("/statements/2026-03"))["items"][0]
        shown = f"€{earned['earnings']['amount_minor'] / 100:.2f}"
        await page.says(shown)
        bars = page.page.locator("svg.chart rect")
        assert await bars.count() == 31
        await page.says("Nothing is paid out before you say how")
        await page.press("Pay me like this")
        await page.says("That is how you are paid from now on.")
        await browsed.settle()
        await page.page.locator("#schedule").select_option("monthly")
        await page.fill(month_day="15")
        await page.page.locator("form[action$=plan] button").click()
        await page.says("Next: Sun 15 Mar")
        await driver.post("/disputes", claimed(session))
        await browsed.settle()
        await page.open("/owner/money")
        await page.press("Price")
        await page.says("Too much.")
        await page.fill(statement="It is what the page said.")
        await page.press("I do not agree")
        await page.says("is being decided")
        await page.fill(text="Look at the photo.")
        await page.press("Send")
        await page.says("Look at the photo.")

        assert page.faults == []


def claimed(session: str) -> dict[str, object]:
    """A driver says that it cost too much."""
    amount = {"amount_minor": 900, "currency": "EUR"}
    return {"session_id": session, "kind": "price", "amount": amount, "statement": "Too much."}


async def test_what_is_wrong_about_money_stands_next_to_it(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.person("owner", pays=False)
    await logged_in(browsed, "owner")

    sent = {"schedule": "monthly", "month_day": "x"}
    plan = await browsed.api.post("/owner/money/plan", data=sent, headers=OURS)
    party = await browsed.api.post("/owner/money/party", data={"name": "Kari"}, headers=OURS)
    nothing = await browsed.api.post("/owner/money/payouts", headers=OURS)
    strange = await browsed.api.get("/owner/money?month=2026-13")

    assert (plan.status_code, party.status_code) == (422, 422)
    assert 'id="month_day-wrong"' in plan.text
    assert 'id="party_country-wrong"' in party.text
    assert nothing.status_code == 409 and 'role="alert"' in nothing.text
    assert strange.status_code == 200 and "March 2026" in strange.text


async def test_printed_papers_keep_their_own_policy(browsed: BrowsedHub, database: str) -> None:
    await browsed.person("owner", pays=False)
    await logged_in(browsed, "owner")

    paper = await browsed.api.get("/data/statements/2026-03/statement.html", headers=OURS)

    assert paper.status_code == 200
    assert "style-src 'sha256-" in paper.headers["content-security-policy"]
