"""A driver books on a quote; the owner becomes dearer and stricter; the bill is as was quoted."""

from datetime import timedelta
from typing import Any

from tests.hub import TARIFF, RunningHub
from tests.stories.steps import audited, bills, leave, only, passing, slot

HOUR = timedelta(hours=1)
DEAR = {
    **TARIFF,
    "name": "Dear",
    "components": [
        {"kind": "energy", "per_kwh": "0.95"},
        {"kind": "flat", "amount": "3.00"},
    ],
}


async def test_the_bill_is_as_was_quoted(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    wanted: dict[str, Any] = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, 2 * HOUR)}
    quote = await driver.post("/quotes", {**wanted, "energy_wh": 10_000})

    tariff_id = (await owner.post("/tariffs", DEAR))["id"]
    listing = {"tariff_id": tariff_id, "opening_hours": "24/7"}
    await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, 200)
    strict = {"cancellation": "strict", "mode": "request"}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", strict, 200)
    token = {"id_token": driver.id_token}
    booked = await driver.post("/bookings", {**wanted, **token, "quote_id": quote["id"]})
    await hub.settle()
    await hub.advance(minutes=60)
    await place.sim.receive("reserve")
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, HOUR / 4))
    await leave(hub, place)

    assert (await only(driver, "/bookings"))["status"] == "completed"
    assert quote["deposit"] == booked["deposit"] == {"amount_minor": 1100, "currency": "EUR"}
    (bill,) = await bills(owner)
    assert bill.cost_minor == quote["expected"]["total_minor"] == 450
    assert bill.cost_minor <= quote["most"]["amount_minor"] == 990
    assert bill.lines == ("energy 10 kWh 0.45 450",)
    await audited(hub)
