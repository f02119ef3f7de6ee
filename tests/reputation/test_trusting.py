"""Drivers who do not come, and what becomes of that, as they and owners live it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.reputation.scores import Rate
from chargehub.reputation.tiers import terms_of
from tests.hub import Person, RunningHub
from tests.stories.steps import HALF_HOUR, book, charge, slot

ORDER = ("usual", "prepaid", "approval")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("missed", "of", "terms"),
    [
        (4, 4, "usual"),  # fewer than five say nothing
        (0, 5, "usual"),
        (1, 10, "usual"),  # 10 % is not more than 10 %
        (1, 9, "prepaid"),
        (1, 5, "prepaid"),
        (2, 8, "prepaid"),  # 25 % is not more than 25 %
        (2, 7, "approval"),
        (5, 5, "approval"),
    ],
)
def test_terms_follow_how_often_a_driver_came(missed: int, of: int, terms: str) -> None:
    assert terms_of(Rate(missed, of)) == terms


@given(st.integers(0, 50), st.integers(0, 50), st.integers(5, 100))
def test_who_misses_more_is_never_trusted_more(one: int, other: int, of: int) -> None:
    fewer, more = (Rate(min(each, of), of) for each in sorted((one, other)))

    assert ORDER.index(terms_of(fewer)) <= ORDER.index(terms_of(more))


async def terms(driver: Person) -> str:
    found: str = (await driver.get("/drivers/me/facts"))["booking_terms"]
    return found


async def test_a_driver_who_never_comes_is_asked_about_until_it_is_forgotten(
    hub: RunningHub,
) -> None:
    """Five slots in vain; the owner must agree to the sixth. After a year it counts no more."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    for _ in range(5):
        await book(hub, driver, place, HALF_HOUR, HALF_HOUR)
        await hub.advance(hours=1)
    assert await terms(driver) == "approval"

    wanted: dict[str, Any] = {"evse_id": place.evse_ids[0], **slot(hub, 3 * HOUR, HOUR)}
    asked = await driver.post("/bookings", wanted)
    seen = await owner.get(f"/bookings/{asked['id']}/driver")
    assert (seen["no_shows"]["count"], seen["booking_terms"]) == (5, "approval")
    await driver.post(f"/bookings/{asked['id']}/cancel", expect=200)
    assert asked["status"] == "requested"
    await hub.advance(days=366)

    assert await terms(driver) == "usual"
    await book(hub, driver, place, HOUR, HOUR)


async def test_a_driver_whom_owners_rate_low_books_at_once_where_that_is_not_asked(
    hub: RunningHub,
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    for stars in (1, 1):
        await charge(hub, place, driver.id_token)
        session = (await driver.get("/sessions"))["items"][0]["id"]
        await owner.post(f"/sessions/{session}/reviews", {"stars": stars})
        await driver.post(f"/sessions/{session}/reviews", {"stars": 5})
    await hub.settle()
    await book(hub, driver, place, HOUR, HOUR)

    policy = {"instant_for": "trusted", "grid_minutes": 1}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, 200)
    wanted: dict[str, Any] = {"evse_id": place.evse_ids[0], **slot(hub, 4 * HOUR, HOUR)}
    asked = await driver.post("/bookings", wanted)

    assert (await driver.get("/drivers/me/facts"))["rating_thousandths"] == 3_640
    assert asked["status"] == "requested"
