"""An owner's first day in a browser: from nothing to a charger that drivers find."""

import pytest

from chargers.station import StationSim
from chargers.vehicle import Vehicle
from tests.hub import Person
from tests.stories.test_checkup import TEN, at_step, ended
from tests.stories.test_pairing import NAME, bought
from tests.web.browsing import BrowsedHub, Window, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OURS = {"Sec-Fetch-Site": "same-origin"}
PLACE = {
    "name": "Garage by the park",
    "address": "Storgata 1",
    "position": "59.9139, 10.7522",
    "country": "CH",
    "time_zone": "Europe/Oslo",
}


async def begun(owner: Window) -> None:
    """From the page of who is not logged in to the first step."""
    await owner.open("/owner")
    await owner.press("Begin")
    await owner.fill(name="Kari", email="kari@example.org", password="correct horse")
    await owner.press("Open an account")
    await owner.says("Where is the charger?")


async def placed(owner: Window) -> None:
    """Where it is, typed in."""
    await owner.fill(**{name: PLACE[name] for name in ("name", "address", "position")})
    for name in ("country", "time_zone"):
        await owner.page.locator(f"#{name}").select_option(PLACE[name])
    await owner.press("Go on")
    await owner.says("What is it?")


async def shown(owner: Window, name: str) -> str:
    """A text that is to be typed in at the charger."""
    return (await owner.page.locator(f"#{name}").inner_text()).strip()


async def person(hub: BrowsedHub) -> Person:
    """The owner as REST knows them."""
    credentials = {"email": "kari@example.org", "password": "correct horse"}
    login = await hub.ask("POST", "/logins", credentials, 201)
    return Person(hub, "", "kari@example.org", login["token"])


async def test_from_nothing_to_a_charger_on_the_map(browsed: BrowsedHub, database: str) -> None:
    async with browser() as chromium:
        owner = await window(chromium, browsed)
        await begun(owner)
        await owner.page.locator("#place-map").click()
        assert (await owner.page.locator("#position").input_value()).startswith("59.91")
        await placed(owner)
        await owner.fill(power1="11")
        await owner.press("Go on")
        await owner.page.get_by_label("At these times every week:").check()
        await owner.page.locator("fieldset fieldset").first.get_by_label("Sat").check()
        await owner.press("Go on")
        await owner.says("Nobody within 20 km offers charging")
        await owner.fill(per_kwh="0.45")
        await owner.page.locator("#currency").select_option("EUR")
        await owner.press("Go on with this price")
        await owner.says("Waiting for it to connect")
        await owner.press("Show me a password")
        password, identity = await shown(owner, "password"), await shown(owner, "identity")
        assert await owner.page.locator("svg.qr").count() == 2

        sim = StationSim("2.0.1", identity, password, browsed.url, 1, browsed.clock.now)
        await sim.connect()
        await owner.says("Connected since")
        await sim.boot()
        await owner.says("Started up")
        await sim.plug_in(1, vehicle=Vehicle(100_000, 10_000))
        await owner.page.locator("#test_charge_evse").select_option("1")
        await owner.press("Check it now")
        await checked(browsed, sim)
        await owner.says("Meter seen")
        await owner.says("Test charge done")
        await sim.unplug(1)

        await owner.press("Go on")
        await owner.says("Mon, Tue, Wed, Thu, Fri, Sat 08:00–17:00")
        await owner.press("Publish it")
        await owner.says("It is published.")
        driver = await window(chromium, browsed)
        await driver.open("/")
        await driver.says("Garage by the park")
        await driver.says("€0.45")

        await sim.close()
        assert owner.faults + driver.faults == []


async def checked(hub: BrowsedHub, sim: StationSim) -> None:
    """The check-up that was begun by the page, with a test charge."""
    owner = await person(hub)
    station = (await owner.get("/stations"))["items"][0]
    checkup = (await owner.get(f"/stations/{station['id']}/checkups"))["items"][0]["id"]
    await at_step(hub, owner, checkup, "heartbeat")
    for _ in range(3):
        hub.clock.advance(TEN)
        await sim.heartbeat()
    await at_step(hub, owner, checkup, "test_charge")
    await hub.until(lambda: sim.evses[1].session is not None)
    await hub.settle()
    hub.clock.advance(TEN * 6)
    await sim.tick(1, TEN * 6)
    assert (await ended(hub, owner, checkup))["grade"] in ("A", "B")


async def test_without_scripts_a_charger_with_a_name_of_its_own_is_taken(
    browsed: BrowsedHub, database: str
) -> None:
    sim = bought(browsed, "1.6")
    async with browser() as chromium:
        owner = await window(chromium, browsed, java_script_enabled=False)
        await begun(owner)
        await placed(owner)
        await owner.fill(power1="11", identity=NAME)
        await owner.page.get_by_label("It brings its own").check()
        await owner.press("Go on")
        await owner.says("It is waited for until")
        await sim.connect()
        await sim.boot()
        await owner.says("It has come, and is yours.")
        await owner.press("Go on")
        await owner.says("When may others charge?")
        await owner.open("/owner")
        await owner.press("Garage by the park")
        await owner.press("Choose times and price")
        await owner.says("When may others charge?")

        await sim.close()
        assert owner.faults == []


async def test_what_the_country_asks_for_is_told_in_plain_words(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1", publish=False)
    station = await owner.get(f"/stations/{place.station_id}")
    path = f"/locations/{station['location_id']}/country"
    await owner.ask("PUT", path, {"country": "DE"}, 200)
    await logged_in(browsed, "owner")
    page = f"/owner/stations/{place.station_id}"

    refused = await browsed.api.post(f"{page}/publish", data={"access": "public"}, headers=OURS)
    version = (await owner.get("/jurisdictions/DE"))["checklist_version"]
    sent = {"country": "DE", "version": version}
    noted = await browsed.api.post(f"{page}/checklist", data=sent, headers=OURS)
    short = {"proof": "signed_meter", "reference": "1"}
    wrong = await browsed.api.post(f"{page}/proofs", data=short, headers=OURS)
    after = await browsed.api.get(f"{page}/publish")

    assert refused.status_code == 409
    assert "The rules of the country ask for more." in refused.text
    assert "PUT /" not in refused.text and "I have read this and keep to it" in refused.text
    assert (noted.status_code, wrong.status_code) == (303, 422)
    assert 'id="reference-signed_meter-wrong"' in wrong.text
    assert "I have read this and keep to it" not in after.text
    assert "signed" in after.text


async def logged_in(hub: BrowsedHub, name: str) -> None:
    """The client of this test as a browser of theirs."""
    sent = {"email": f"{name}@example.org", "password": "correct horse"}
    await hub.api.post("/login", data=sent, headers=OURS)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"position": "here"}, "position"),
        ({"position": "NaN, 1"}, "position"),
        ({"position": "91, 10"}, "position"),
        ({"time_zone": ""}, "time_zone"),
        ({"name": "Storgata 1"}, "name"),
    ],
)
async def test_what_is_wrong_about_a_place_stands_next_to_it(
    browsed: BrowsedHub, database: str, changed: dict[str, str], field: str
) -> None:
    await browsed.person("owner")
    await logged_in(browsed, "owner")

    answer = await browsed.api.post("/owner/new", data=PLACE | changed, headers=OURS)

    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text


async def test_what_is_wrong_about_a_charger_its_times_and_price_stands_next_to_it(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1", publish=False)
    location = (await owner.get("/locations"))["items"][0]["id"]
    await logged_in(browsed, "owner")
    page = f"/owner/stations/{place.station_id}"

    async def ids(path: str, **fields: str) -> str:
        answer = await browsed.api.post(path, data=fields, headers=OURS)
        assert answer.status_code == 422, answer.text
        return str(answer.text)

    assert 'id="power1-wrong"' in await ids(f"/owner/new/{location}", power1="")
    assert 'id="power1-wrong"' in await ids(f"/owner/new/{location}", power1="1e99")
    nameless = {"power1": "11", "plug1": "IEC_62196_T2", "named": "itself"}
    assert 'id="identity-wrong"' in await ids(f"/owner/new/{location}", **nameless)
    assert 'id="days0-wrong"' in await ids(f"{page}/times", hours="weekly")
    assert 'id="days0-wrong"' in await ids(f"{page}/times", hours="weekly", days0="1", from0="x")
    assert 'id="per_kwh-wrong"' in await ids(f"{page}/price", per_kwh="", currency="EUR")
    assert 'id="per_kwh-wrong"' in await ids(f"{page}/price", per_kwh="NaN", currency="EUR")


async def test_nobody_sees_a_station_of_another(browsed: BrowsedHub, database: str) -> None:
    place = await browsed.station(await browsed.person("owner"), "2.0.1")
    await browsed.person("other")
    await logged_in(browsed, "other")

    for page in ("", "/times", "/price", "/connect", "/publish"):
        answer = await browsed.api.get(f"/owner/stations/{place.station_id}{page}")
        assert answer.status_code == 404, page
    taken = await browsed.api.post(f"/owner/stations/{place.station_id}/connect", headers=OURS)
    assert taken.status_code == 404


async def test_a_draft_that_was_tampered_with_counts_for_nothing(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner")
    place = await browsed.station(owner, "2.0.1", publish=False)
    await logged_in(browsed, "owner")
    page = f"/owner/stations/{place.station_id}"

    for kept in ("!", "e30=", "eyJob3VycyI6WzFdLCJ0YXJpZmYiOiIifQ==", "bnVsbA=="):
        cookie = {"Cookie": f"{_cookies(browsed)}; draft-{place.station_id}={kept}"}
        answer = await browsed.api.get(f"{page}/publish", headers=cookie)
        assert answer.status_code == 200, kept


def _cookies(hub: BrowsedHub) -> str:
    return "; ".join(f"{name}={value}" for name, value in hub.api.cookies.items())
