"""What energy costs an owner: stated from a time on, and a month that is over keeps its own."""

from typing import Any

import pytest

from tests.hub import Person, RunningHub
from tests.stories.steps import audited, charge

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DEAR = {"currency": "EUR", "grid": [{"kind": "energy", "per_kwh": "0.30"}]}
CHEAP = {
    "currency": "EUR",
    "grid": [
        {"kind": "energy", "per_kwh": "0.30", "windows": [{"from": "06:00", "to": "22:00"}]},
        {"kind": "energy", "per_kwh": "0.20", "windows": [{"from": "22:00", "to": "06:00"}]},
    ],
    "grid_fees": [{"kind": "energy", "per_kwh": "0.05"}],
    "vat_percent": "25",
    "solar": [{"percent": "50", "windows": [{"from": "10:00", "to": "16:00"}]}],
    "solar_per_kwh": "0.08",
}
MARCH, APRIL = "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"  # begin, by the clock of Oslo


async def site(hub: RunningHub, owner: Person) -> str:
    where = {"latitude": 59.9139, "longitude": 10.7522, "time_zone": "Europe/Oslo"}
    made = await owner.post("/locations", {"name": "Garage", "address": "Storgata 1", **where})
    return f"/locations/{made['id']}/cost-model"


async def test_costs_are_stated_read_changed_and_ended(hub: RunningHub) -> None:
    """On both databases: what holds when is worked out in SQL."""
    owner, other = await hub.person("owner", pays=False), await hub.person("other", pays=False)
    path = await site(hub, owner)
    await owner.get(path, 404)

    first = await owner.ask("PUT", path, DEAR | {"since": "2025-12-31T23:00:00Z"}, 200)
    again = await owner.ask("PUT", path, DEAR | {"since": "2026-01-31T23:00:00Z"}, 409)
    planned = await owner.ask("PUT", path, CHEAP | {"since": APRIL}, 200)

    assert first["costs"]["grid"] == [{"kind": "energy", "per_kwh": "0.3", "windows": []}]
    assert (again["code"], MARCH[:10] in again["detail"]) == ("past_month", True)
    assert planned["costs"]["vat_percent"] == "25"
    assert planned["costs"]["solar"][0]["windows"][0]["from"] == "10:00"
    assert await owner.get(path) == first | {"until": APRIL}
    assert await owner.get(f"{path}?at={APRIL}") == planned
    await owner.get(f"{path}?at=2025-12-31T22:00:00Z", 404)
    await other.get(path, 404)
    await other.ask("PUT", path, DEAR, 404)

    changed = await owner.ask("PUT", path, CHEAP | {"since": MARCH}, 200)
    assert changed["until"] is None  # what was planned for April is dropped
    assert await owner.get(path) == changed
    assert await owner.ask("PUT", path, CHEAP, 200) == changed  # nothing new
    for _ in range(2):
        await owner.ask("DELETE", path, expect=204)
    await owner.get(path, 404)
    assert (await owner.get(f"{path}?at={MARCH}"))["costs"] == changed["costs"]
    await other.ask("DELETE", path, expect=404)


@SQLITE
@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"grid": []}, "grid"),
        ({"grid": CHEAP["grid"][:1]}, ""),
        ({"solar": [{"percent": "101"}]}, ""),
        ({"is_solar_measured": True}, ""),
        ({"vat_percent": "99"}, ""),
        ({"grid_fees": [{"kind": "flat", "amount": "1"}]}, "grid_fees"),
        ({"since": "tomorrow"}, "since"),
        ({"currency": "CHG"}, ""),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    hub: RunningHub, changes: dict[str, Any], where: str
) -> None:
    owner = await hub.person("owner", pays=False)
    told = await owner.ask("PUT", await site(hub, owner), CHEAP | changes, 422)

    assert told["code"] == "invalid"
    assert where in str(told["errors"][0]["field"])


@SQLITE
async def test_so_many_changes_of_a_month_are_none(hub: RunningHub) -> None:
    """Rows that no one reads would make every look at the month dear."""
    owner = await hub.person("owner", pays=False)
    path = await site(hub, owner)
    for minute in range(62):
        since = f"2026-04-05T{minute // 60:02d}:{minute % 60:02d}:00Z"
        changed = (DEAR, CHEAP)[minute % 2] | {"since": since}
        await owner.ask("PUT", path, changed, 200)

    refused = await owner.ask("PUT", path, DEAR | {"since": "2026-04-06T00:00:00Z"}, 422)
    replaced = await owner.ask("PUT", path, DEAR | {"since": "2026-04-05T00:30:00Z"}, 200)

    assert "Name an earlier `since`" in refused["detail"]
    assert replaced["until"] is None


@SQLITE
async def test_an_estimate_takes_the_costs_that_were_stated(hub: RunningHub) -> None:
    """20 kWh from 9 to 11 in Oslo: half before 10, bought; of the rest half is from the roof.

    15 kWh at (0.30 + 0.05) x 1.25 are 5.63 and 0.94, 5 kWh of the sun 0.40.
    """
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    location_id = (await owner.get(f"/stations/{place.station_id}"))["location_id"]
    asked = {"month": "2026-03", "tariff_id": place.tariff_id}
    path = f"/stations/{place.station_id}/earnings-estimates"

    unknown = await owner.post(path, asked, 200)
    path_of_costs = f"/locations/{location_id}/cost-model"
    await owner.ask("PUT", path_of_costs, CHEAP | {"since": MARCH}, 200)
    known = await owner.post(path, asked, 200)

    assert unknown["billed"]["cost"] is None
    assert known["billed"]["cost"]["amount_minor"] == 563 + 94 + 40
    await audited(hub)
