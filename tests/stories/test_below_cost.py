"""An owner is warned of a price below cost, and nobody else learns what energy costs."""

from typing import Any

import pytest

from tests.hub import Person, RunningHub
from tests.stories.test_cost_model import site

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COSTS = {"currency": "EUR", "grid": [{"kind": "energy", "per_kwh": "0.42"}]}
CHEAP_COSTS = {"currency": "EUR", "grid": [{"kind": "energy", "per_kwh": "0.10"}]}
BOUNDED = {
    "name": "Moves",
    "currency": "EUR",
    "vat_percent": "0",
    "components": [{"kind": "energy", "per_kwh": "0.60"}],
    "floor_per_kwh": "0.35",
    "ceiling_per_kwh": "0.70",
}


def codes(told: dict[str, Any]) -> list[str]:
    return [each["code"] for each in told["warnings"]]


async def test_a_tariff_is_judged_when_it_is_made_listed_and_read(hub: RunningHub) -> None:
    """0.45 less a tenth are 0.405, and energy costs 0.42 here; elsewhere it is cheap."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    location_id = (await owner.get(f"/stations/{place.station_id}"))["location_id"]
    listing = f"/stations/{place.station_id}/listing"
    before = await owner.get(f"/tariffs/{place.tariff_id}")
    await owner.ask("PUT", f"/locations/{location_id}/cost-model", COSTS, 200)
    await owner.ask("PUT", await site(hub, owner), CHEAP_COSTS, 200)

    told = await owner.get(f"/tariffs/{place.tariff_id}")
    seen = await driver.get(f"/tariffs/{place.tariff_id}")
    made = await owner.post("/tariffs", BOUNDED)
    listed = await owner.ask(
        "PUT", listing, {"tariff_id": made["id"], "opening_hours": "24/7"}, 200
    )

    assert (before["warnings"], seen["warnings"]) == ([], [])
    (warning,) = told["warnings"]
    assert warning["detail"] == (
        "A kWh at Mon 00:00 by local time brings you 0.405 and costs you 0.42."
        " From a price per kWh of 0.4667 on it pays."
    )
    assert (warning["location_id"], warning["suggested_per_kwh"]) == (location_id, "0.4667")
    assert codes(made) == codes(listed) == ["floor_below_cost"]
    assert (await owner.get(listing))["warnings"] == listed["warnings"]


async def test_costs_of_a_place_where_it_is_not_offered_do_not_matter(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    await owner.ask("PUT", await site(hub, owner), COSTS, 200)
    place = await hub.station(owner, "2.0.1")

    told = await owner.get(f"/tariffs/{place.tariff_id}")
    unlisted = await another(owner)

    assert told["warnings"] == []
    assert codes(unlisted) == ["price_below_cost"]  # it may be offered there yet


async def another(owner: Person) -> dict[str, Any]:
    low = {**BOUNDED, "components": [{"kind": "energy", "per_kwh": "0.40"}]}
    made: dict[str, Any] = await owner.post("/tariffs", {**low, "floor_per_kwh": None})
    return made
