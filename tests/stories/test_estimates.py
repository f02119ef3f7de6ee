"""What last month would have brought: the sessions that were, priced anew, and nothing changed."""

from typing import Any

from tests.hub import RunningHub
from tests.stories.steps import audited, charge

BY_HOURS = {
    "name": "By hours",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [
        {"kind": "energy", "per_kwh": "0.60", "windows": [{"from": "00:00", "to": "10:00"}]},
        {"kind": "energy", "per_kwh": "0.40", "windows": [{"from": "10:00", "to": "24:00"}]},
        {"kind": "flat", "amount": "1"},
    ],
}
COSTS = {
    "currency": "EUR",
    "grid": [{"kind": "energy", "per_kwh": "0.30"}],
    "solar": [{"percent": "50"}],
    "solar_per_kwh": "0.08",
}


def amounts(outcome: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("gross", "earnings", "cost", "margin")
    gross, earnings, cost, margin = (outcome[name]["amount_minor"] for name in names)
    return gross, earnings, cost, margin


async def test_a_month_is_priced_anew(hub: RunningHub, version: str) -> None:
    """From 9 to 11 in Oslo 20 kWh, of which 10 at 60 and 10 at 40 cents, and a start fee.

    Of what drivers pay the owner has nine tenths; 10 kWh come from the grid, 10 from the roof.
    """
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    tariff = await owner.post("/tariffs", BY_HOURS)
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=1)
    await charge(hub, place, owner.id_token)  # own use earns nothing
    asked = {"month": "2026-03", "tariff_id": tariff["id"], "costs": COSTS}
    path = f"/stations/{place.station_id}/earnings-estimates"

    told = await owner.post(path, asked, 200)
    other_month = await owner.post(path, asked | {"month": "2026-02"}, 200)

    assert (told["energy_wh"], told["is_whole"], len(told["sessions"])) == (20_000, True, 1)
    assert amounts(told["billed"]) == (900, 810, 380, 430)
    assert amounts(told["proposed"]) == (1100, 990, 380, 610)
    assert amounts(told["sessions"][0]["proposed"]) == (1100, 990, 380, 610)
    assert (other_month["sessions"], other_month["proposed"]["gross"]["amount_minor"]) == ([], 0)
    await driver.post(path, asked, 404)
    await audited(hub)
