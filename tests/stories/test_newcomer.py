"""What would this have earned last month? From the stations around, and of nobody in particular."""

from typing import Any

import pytest
from sqlalchemy import delete

from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Work
from tests.hub import Person, RunningHub
from tests.stories.steps import audited, charge
from tests.stories.test_cost_model import CHEAP, DEAR
from tests.stories.test_margin import log_in

NEAR = {"latitude": 59.9439, "longitude": 10.7522, "time_zone": "Europe/Oslo"}  # 3 km north
ASKED = {"currency": "EUR"}


async def newcomer(hub: RunningHub, name: str) -> tuple[Person, str]:
    """Somebody with a place and nothing else."""
    person = await hub.person(name, pays=False)
    made = await person.post("/locations", {"name": "Yard", "address": "A 1", **NEAR})
    return person, f"/locations/{made['id']}"


def minor(told: dict[str, Any]) -> list[int]:
    return [told[name]["amount_minor"] for name in ("gross", "earned", "cost", "margin")]


async def test_a_newcomer_is_told_of_the_stations_around(hub: RunningHub) -> None:
    """Five stations of three owners had a session of 20 kWh for 9 euros, 8.10 of it theirs.

    On both databases. The mean is told in steps: 18 kWh, 8.20 and 8.20 euros. Taken evenly over
    the month 2.25 kWh are of the sun, 9.75 bought by day and 6 by night: 0.18, 3.66 and 1.50, and
    0.98 of fees.
    """
    driver = await hub.person("driver")
    owners = [await hub.person(name, pays=False) for name in ("ann", "bob", "cyd")]
    places = [await hub.station(owners[number % 3], "2.0.1") for number in range(5)]
    for place in places:
        await charge(hub, place, driver.id_token)
    asker, path = await newcomer(hub, "new")
    early = await asker.post(f"{path}/earnings-estimates", ASKED | {"month": "2026-03"}, 422)
    await hub.advance(days=35)
    await log_in(hub, asker, *owners, driver)
    await asker.ask("PUT", f"{path}/cost-model", CHEAP, 200)

    told = await asker.post(f"{path}/earnings-estimates", ASKED, 200)

    assert "from 2024-02 to 2026-01" in early["detail"]
    assert (told["month"], told["about_km"]) == ("2026-03", 6)
    assert (told["stations"], told["owners"], told["sessions"]) == (5, 3, 1)
    assert told["energy_wh"] == 18_000
    assert minor(told) == [820, 820, 632, 188]
    await audited(hub)
    await same_for_ever(hub, asker, path, told)
    await refused(owners[0], driver, path)


async def same_for_ever(hub: RunningHub, asker: Person, path: str, told: Any) -> None:
    """What becomes of the sessions afterwards changes no answer; coins that nobody took do."""
    hub.keeps_books = False
    await hub.hub.store.do(_forget_sessions)
    assert await asker.post(f"{path}/earnings-estimates", ASKED, 200) == told
    await asker.ask("PUT", f"{path}/cost-model", DEAR | {"currency": "NOK"}, 200)
    again = await asker.post(f"{path}/earnings-estimates", ASKED | {"month": "2026-03"}, 200)
    assert again == told | {"cost": None, "margin": None}
    other = await asker.post(f"{path}/earnings-estimates", {"currency": "NOK"}, 409)
    assert other["code"] == "too_few_nearby"


async def refused(neighbour: Person, driver: Person, path: str) -> None:
    """Whoever takes part in the five sees the others, and they are too few to be told of."""
    made = await neighbour.post("/locations", {"name": "Mine", "address": "A 2", **NEAR})
    own = f"/locations/{made['id']}/earnings-estimates"
    told = await neighbour.post(own, ASKED, 409)
    assert (told["code"], "5 of 3 other owners" in told["detail"]) == ("too_few_nearby", True)
    await driver.post(f"{path}/earnings-estimates", ASKED, 404)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body", [{}, {"currency": "XXX"}, ASKED | {"month": "2026-13"}, ASKED | {"month": "2023-01"}]
)
async def test_what_cannot_be_asked(hub: RunningHub, body: dict[str, str]) -> None:
    asker, path = await newcomer(hub, "new")

    assert (await asker.post(f"{path}/earnings-estimates", body, 422))["code"] == "invalid"


def _forget_sessions(work: Work) -> None:
    work.execute(delete(SETTLEMENT))
