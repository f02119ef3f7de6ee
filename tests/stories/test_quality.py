"""A station that has failed somebody is not what was booked: cancelling it is free."""

from typing import Any

import pytest

from tests.hub import RunningHub
from tests.stories.steps import book
from tests.stories.test_overstay import HOUR

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def test_who_booked_before_a_station_failed_somebody_cancels_for_nothing(
    hub: RunningHub, version: str
) -> None:
    """Its line is back: who books now knows of it, and the other EVSE did not fail."""
    owner, first, driver = [await hub.person(name) for name in ("owner", "first", "driver")]
    place = await hub.station(owner, version, evses=2)
    await owner.ask(
        "PUT", f"/stations/{place.station_id}/policy", {"cancellation": "strict"}, expect=200
    )
    failed = await book(hub, first, place, HOUR, HOUR)
    before = await book(hub, driver, place, 6 * HOUR, HOUR)
    beside = await driver.post(
        "/bookings", {**_slot(before), "evse_id": place.evse_ids[1]}, expect=201
    )
    await hub.advance(minutes=30)
    dear = await driver.get(f"/bookings/{before['id']}/cancellation")

    await place.sim.status(1, "faulted")
    await hub.advance(minutes=45)
    await place.sim.status(1, "available")
    await hub.settle()
    after = await book(hub, driver, place, 6 * HOUR, HOUR)
    await hub.advance(minutes=15)

    assert (await first.get(f"/bookings/{failed['id']}"))["status"] == "failed"
    assert (dear["kept"], dear["free_because"]) == (before["deposit"], None)
    free = await driver.get(f"/bookings/{before['id']}/cancellation")
    assert (free["kept"]["amount_minor"], free["free_because"]) == (0, "quality")
    for booking in (after, beside):
        paid = await driver.get(f"/bookings/{booking['id']}/cancellation")
        assert (paid["returned"]["amount_minor"], paid["free_because"]) == (0, None)
    await driver.post(f"/bookings/{before['id']}/cancel", expect=200)
    await hub.settle()
    states = {one["booking_id"]: one["state"] for one in (await driver.get("/payments"))["items"]}
    assert states[before["id"]] == "released"


def _slot(booking: dict[str, Any]) -> dict[str, str]:
    return {name: booking[name] for name in ("starts_at", "ends_at")}
