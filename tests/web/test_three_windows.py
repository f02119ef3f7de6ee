"""The whole story with three windows at once: an owner, a driver and an operator, and a rail that
takes cards on pages of its own."""

import pytest

from chargers.station import StationSim
from tests.web.browsing import BrowsedHub, Window, browser
from tests.web.test_owner_start import begun, placed, shown
from tests.web.town import Town

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def registered(owner: Window, hub: BrowsedHub) -> StationSim:
    """From nothing to a published charger that its owner has seen connect."""
    await begun(owner)
    await placed(owner)
    await owner.fill(power1="11")
    await owner.press("Go on")
    await owner.says("When may others charge?")
    await owner.press("Go on")
    await owner.fill(per_kwh="0.45")
    await owner.page.locator("#currency").select_option("EUR")
    await owner.press("Go on with this price")
    await owner.says("Waiting for it to connect")
    await owner.press("Show me a password")
    password, identity = await shown(owner, "password"), await shown(owner, "identity")
    sim = StationSim("2.0.1", identity, password, hub.url, 1, hub.clock.now)
    await sim.connect()
    await owner.says("Connected since")
    await sim.boot()
    await owner.says("Started up")
    await owner.press("Go on")
    await owner.press("Publish it")
    await owner.says("It is published.")
    return sim


async def booked(driver: Window, town: Town) -> None:
    """A first-timer finds it, opens an account, has a card entered at the rail, and books."""
    await driver.open("/")
    await driver.press("Garage by the park")
    await driver.press("See the price and book")
    await driver.press("Open an account")
    await driver.fill(name="Ben", email="ben@example.org", password="correct horse")
    await driver.press("Open an account")
    await driver.says("You have no means of payment yet.")
    left = driver.page.url
    await driver.press("Add a card")
    await town.card(driver)
    await driver.says("Your card was added.")
    assert driver.page.url == left
    await driver.says("Visa •••• 4242")
    await driver.press("Book, and hold €11.00")
    await town.hub.settle()
    await driver.says("It is yours.")


async def charged(driver: Window, owner: Window, town: Town, sim: StationSim) -> None:
    """Started, watched by both, and stopped, on the driver's page."""
    await driver.press("Start charging")
    await sim.receive("start_session")
    await sim.plug_in(1)
    await driver.says("Stop charging")
    await sim.charge(1, 5_000, before_each=town.passes)
    await driver.says("5 kWh")
    await driver.says("€2.25")
    await owner.says("5 kWh, ")
    await driver.press("Stop charging")
    await sim.receive("stop_session")
    await sim.settled()
    await sim.unplug(1)
    await town.hub.settle()
    await driver.says("Done")


async def reviewed(driver: Window) -> None:
    """The bill is read, and stars are given."""
    await driver.page.reload()
    await driver.says("Signed receipt")
    await driver.page.get_by_label("5 stars").check()
    await driver.fill(text="Easy to find.")
    await driver.press("Send the review")
    await driver.says("Thank you.")


async def figure(shown: Window, name: str) -> str:
    """The value of a figure of the page, by its name."""
    figures = shown.page.locator("dl.figures > div")
    pair = figures.filter(has=shown.page.get_by_text(name, exact=True))
    return (await pair.first.locator("dd").inner_text()).strip()


async def earned(owner: Window) -> None:
    """The session is on the station's page, which was open all the while, and among the money."""
    await owner.page.locator("#now dd", has_text="€2.25").wait_for()
    today = [await figure(owner, name) for name in ("Delivered today", "Sessions today")]
    await owner.go("My stations")
    await owner.press("Money")
    await owner.says("March 2026")

    assert today == ["5 kWh", "1"]
    assert await figure(owner, "Drivers paid") == "€2.25"
    assert await figure(owner, "Earned") == "€2.03"


async def seen(operator: Window, session_id: str) -> None:
    """The station has a line, the session is found by its id, and the books hold."""
    await operator.go("Desk")
    await operator.says("OCPP 2.0.1: 1")
    await operator.press("Search")
    await operator.fill(q=session_id)
    await operator.page.locator("main").get_by_role("button", name="Search").click()
    await operator.page.get_by_role("row", name="Session").get_by_role("link").first.click()
    await operator.page.get_by_role("heading", name="Session", exact=True).wait_for()
    assert operator.page.url.endswith(session_id)
    await operator.says("The meter signed nothing of this session.")
    thing = await operator.page.locator("main").inner_text()
    await operator.press("Books")
    await operator.says("Every asset sums to zero, and all energy is accounted for.")
    assert "€2.25" in thing and "None" not in thing
    assert [await figure(operator, name) for name in ("Sessions", "Billed")] == ["1", "5 kWh"]


async def test_a_charger_is_shared_found_paid_for_and_seen_by_all_three(town: Town) -> None:
    hub = town.hub
    await hub.operator()
    async with browser() as chromium:
        owner, driver, operator = [await town.window(chromium) for _ in range(3)]
        await operator.log_in("operator@example.org")
        sim = await registered(owner, hub)
        await booked(driver, town)
        await charged(driver, owner, town, sim)
        await reviewed(driver)
        await earned(owner)
        await seen(operator, driver.page.url.rpartition("/")[2])

        await sim.close()
        assert owner.faults + driver.faults + operator.faults == []
