"""What was charged without a line costs what was offered when it began, not when it is told."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import bills, charge

DAY = timedelta(days=1)


def tariff(per_kwh: str) -> dict[str, Any]:
    components = [{"kind": "energy", "per_kwh": per_kwh}]
    return {"name": per_kwh, "currency": "EUR", "vat_percent": "0", "components": components}


async def publish(owner: Person, place: Place, per_kwh: str) -> None:
    made = await owner.post("/tariffs", tariff(per_kwh))
    listing = {"tariff_id": made["id"], "opening_hours": "24/7"}
    await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, 200)


async def withdraw(owner: Person, place: Place) -> None:
    await owner.ask("DELETE", f"/stations/{place.station_id}/listing", expect=204)


async def test_each_offline_session_costs_what_was_offered_when_it_began(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, tariff=tariff("0.40"))

    await place.sim.go_offline()
    await charge(hub, place, driver.id_token, 1_000)
    for per_kwh in ("0.50", "0.60"):
        await publish(owner, place, per_kwh)
        hub.clock.advance(DAY)
        await charge(hub, place, driver.id_token, 1_000)
    await publish(owner, place, "0.90")
    await place.sim.reconnect()
    await hub.settle()

    assert [bill.cost_minor for bill in await bills(owner)] == [40, 50, 60]


async def test_a_station_that_is_off_the_market_by_now_is_paid_for_what_it_offered(
    hub: RunningHub, version: str
) -> None:
    """And nobody pays for what was taken while it was offered to nobody."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, tariff=tariff("0.40"))

    await place.sim.go_offline()
    await charge(hub, place, driver.id_token, 1_000)
    await withdraw(owner, place)
    hub.clock.advance(DAY)
    await charge(hub, place, driver.id_token, 2_000)
    await publish(owner, place, "0.50")
    hub.clock.advance(DAY)
    await charge(hub, place, driver.id_token, 3_000)
    await withdraw(owner, place)
    await place.sim.reconnect()
    await hub.settle()

    found = [(bill.billed_wh, bill.cost_minor, bill.unbilled_reason) for bill in await bills(owner)]
    assert found == [(1_000, 40, None), (0, None, "no_tariff"), (3_000, 150, None)]


async def test_before_the_first_price_there_was_no_other(hub: RunningHub, version: str) -> None:
    """A clock that was set to some year of its own says so; the owner is owed all the same."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, publish=False)

    await place.sim.go_offline()
    await charge(hub, place, driver.id_token, 1_000)
    for per_kwh in ("0.40", "0.50"):
        await publish(owner, place, per_kwh)
        hub.clock.advance(DAY)
    await place.sim.reconnect()
    await hub.settle()

    assert [bill.cost_minor for bill in await bills(owner)] == [40]


@pytest.mark.parametrize("again", [1, 3])
async def test_a_price_that_is_published_twice_in_an_instant_is_the_last(
    hub: RunningHub, version: str, again: int
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, tariff=tariff("0.40"))

    await place.sim.go_offline()
    hub.clock.advance(DAY)
    for step in range(again):
        await publish(owner, place, f"0.5{step}")
    await charge(hub, place, driver.id_token, 1_000)
    await publish(owner, place, "0.90")
    await place.sim.reconnect()
    await hub.settle()

    assert [bill.cost_minor for bill in await bills(owner)] == [50 + again - 1]
