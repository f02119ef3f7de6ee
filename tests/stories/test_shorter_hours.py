"""An owner's new hours leave out what is booked: the owner reads which bookings, and they stand."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import book
from tests.stories.test_told_ended import scene

HOUR = timedelta(hours=1)
EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def opened(owner: Person, place: Place, start: str, until: str) -> list[dict[str, Any]]:
    """What the owner is warned of who is open from then on between these hours of every day."""
    path = f"/stations/{place.station_id}/listing"
    listing = await owner.get(path)
    hours = [{"weekdays": EVERY_DAY, "from": start, "to": until}]
    wanted = {"tariff_id": listing["tariff_id"], "opening_hours": hours}
    found = await owner.ask("PUT", path, wanted, 200)
    assert found == await owner.get(path)
    outside: list[dict[str, Any]] = found["bookings_outside_hours"]
    return outside


async def test_bookings_outside_new_hours_are_named_and_stand(
    hub: RunningHub, version: str
) -> None:
    """08:00 UTC is nine in Oslo: booked are 11 to 12 and 15 to 17, the owner's own 19 to 20."""
    owner, driver, place = await scene(hub, version)
    within = await book(hub, driver, place, 2 * HOUR, HOUR)
    late = await book(hub, driver, place, 6 * HOUR, 2 * HOUR)
    await book(hub, owner, place, 10 * HOUR, HOUR)

    outside = await opened(owner, place, "08:00", "16:00")
    nothing = await opened(owner, place, "08:00", "17:00")

    assert outside == [
        {
            "booking_id": late["id"],
            "evse_id": place.evse_ids[0],
            "starts_at": late["starts_at"],
            "ends_at": late["ends_at"],
            "status": "confirmed",
        }
    ]
    assert nothing == []
    for booking in (within, late):
        assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "confirmed"


async def test_what_is_over_or_cancelled_is_not_named(hub: RunningHub, version: str) -> None:
    owner, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 6 * HOUR, 2 * HOUR)
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)

    assert await opened(owner, place, "08:00", "10:00") == []
