"""People without an account in a browser: from the code at the socket, and by a mailed link."""

from typing import Any

import pytest

from tests.hub import Place
from tests.people.conftest import mails
from tests.stories.steps import passing
from tests.web.browsing import BrowsedHub, Window, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
OURS = {"Sec-Fetch-Site": "same-origin"}
PRICES = {
    "name": "Town",
    "currency": "EUR",
    "vat_percent": "25",
    "components": [
        {"kind": "flat", "amount": "0.35"},
        {"kind": "idle", "per_minute": "0.10", "grace_s": 1200},
        {"kind": "energy", "per_kwh": "0.40"},
    ],
}


async def mailed(hub: BrowsedHub, part: str) -> str:
    """The path of a link that was mailed, the newest first."""
    await hub.settle()
    words = [one for _, _, text in await hub.hub.store.read(mails) for one in text.split()]
    return next(one for one in reversed(words) if part in one).removeprefix(hub.pages)


async def charged(hub: BrowsedHub, driver: Window, place: Place) -> None:
    """The car is plugged in and charges 4 kWh; the person stops it on the page."""
    await place.sim.receive("start_session")
    await place.sim.plug_in(1, None)
    await hub.settle()
    await place.sim.charge(1, 4_000, readings=2, before_each=passing(hub))
    await driver.says("4 kWh")
    await driver.press("Stop charging")
    await hub.settle()
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()


async def test_who_scans_the_code_reads_the_price_pays_charges_and_has_the_receipt(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1", tariff=PRICES)
    code = (await owner.get(f"/evses/{place.evse_ids[0]}/pay-code"))["url"]
    async with browser() as chromium:
        driver = await window(chromium, browsed, **PHONE)
        await driver.open(code.removeprefix(browsed.pages))
        await driver.says("Storgata 1")
        shown = await driver.page.locator("tbody tr").all_inner_texts()
        await driver.fill(email="gast@example.org")
        await driver.page.get_by_role("button", name="Pay and charge").click()
        await driver.page.get_by_role("button", name="Confirm").click()
        await driver.says("Plug in.")
        link = driver.page.url.removeprefix(browsed.pages)
        await charged(browsed, driver, place)
        await driver.says("Receipt")
        await driver.says("€1.95")
        await driver.press("Invoice")
        await driver.says("1.95")

        assert [row.split("\t")[0] for row in shown] == [
            "Energy",
            "Standing after charging",
            "Each session",
        ]
        assert "€0.40 / kWh" in shown[0] and "after 20 minutes" in shown[1]
        assert link == await mailed(browsed, "/ad-hoc/")
        assert driver.faults == []


async def test_who_gives_up_paying_is_told_and_nothing_starts(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1")
    code = (await owner.get(f"/evses/{place.evse_ids[0]}/pay-code"))["url"]
    async with browser() as chromium:
        driver = await window(chromium, browsed, java_script_enabled=False)
        await driver.open(code.removeprefix(browsed.pages))
        await driver.page.get_by_role("button", name="Pay and charge").click()
        await driver.page.get_by_role("button", name="Refuse").click()
        await driver.says("Scan the code anew.")

    assert (await owner.get("/sessions?role=owner"))["items"] == []


async def test_a_guest_books_by_a_mailed_link_starts_and_has_the_receipt(
    browsed: BrowsedHub, database: str
) -> None:
    """Without scripts, and the credit, the price and the rules stand before the button."""
    place = await browsed.station(await browsed.person("owner"), "2.0.1")
    async with browser() as chromium:
        guest = await window(chromium, browsed, java_script_enabled=False)
        await guest.open(f"/stations/{place.evse_ids[0]}")
        await guest.press("Book without an account")
        await guest.fill(email="gast@example.org")
        await guest.press("Send me the link")
        await guest.says("A link is on its way to gast@example.org.")
        await guest.open(await mailed(browsed, "/guest-bookings/"))
        await guest.says("Cancelling is free at any time before the start.")
        await guest.press("Book, and hold €11.00")
        await browsed.settle()
        here = guest.page.url.removeprefix(browsed.pages)
        await guest.open(here)
        await guest.says("It is yours.")
        await guest.says("Storgata 1")
        await guest.press("Start charging")
        await guest.says("Plug in.")
        await place.sim.receive("start_session")
        await place.sim.plug_in(1, None)
        await browsed.settle()
        await place.sim.charge(1, 4_000, readings=2, before_each=passing(browsed))
        await guest.open(here)
        await guest.press("Stop charging")
        await place.sim.receive("stop_session")
        await place.sim.settled()
        await place.sim.unplug(1)
        await browsed.settle()
        await guest.open(here)
        await guest.says("€1.80")
        receipt = await browsed.api.get(f"{here}/receipt.json")

        assert here == await mailed(browsed, "/guest-booking/")
        assert "receipt" in receipt.text and receipt.status_code == 200
        assert guest.faults == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/charge/guessed", "This hub has made no such code."),
        ("/ad-hoc/guessed", "Scan the code anew."),
        ("/guest-bookings/guessed", "The link is unknown, used or too old."),
        ("/guest-booking/guessed", "This address opens no booking"),
        ("/guest-booking/chg_guessed", "This address opens no booking"),
    ],
)
async def test_guessed_addresses_open_nothing_and_ask_for_no_login(
    browsed: BrowsedHub, database: str, path: str, says: str
) -> None:
    answer: Any = await browsed.api.get(path)

    assert answer.status_code in (404, 422)
    assert says in answer.text


async def test_a_login_opens_no_guests_booking(browsed: BrowsedHub, database: str) -> None:
    anna = await browsed.person("anna")

    answer = await browsed.api.get(f"/guest-booking/{anna.token}")

    assert answer.status_code == 404


async def test_a_form_of_a_guest_says_what_is_wrong_next_to_its_field(
    browsed: BrowsedHub, database: str
) -> None:
    place = await browsed.station(await browsed.person("owner"), "2.0.1")
    sent = {"from": "2026-03-02T18:00", "hours": "2", "need": "lots", "email": "a@example.org"}

    answer = await browsed.api.post(f"/guest-book/{place.evse_ids[0]}", data=sent, headers=OURS)

    assert answer.status_code == 422
    assert 'id="need-wrong"' in answer.text and 'value="2026-03-02T18:00"' in answer.text
