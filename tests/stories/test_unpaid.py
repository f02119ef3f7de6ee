"""Whose deposits and fees are refused again and again books what is held for at once."""

from datetime import timedelta

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, book, slot
from tests.stories.test_far_ahead import DAY, HOUR, market, pays_with

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def cancelled_late(hub: RunningHub, driver: Person, place: Place) -> list[str]:
    """Three far slots, cancelled two days before: what became of the fees."""
    made = []
    for number in range(3):
        wanted = {"evse_id": place.evse_ids[0], **slot(hub, 4 * DAY + 3 * number * HOUR, HOUR)}
        made.append((await driver.post("/bookings", wanted))["id"])
    await hub.advance(days=2)
    for booking_id in made:
        await driver.post(f"/bookings/{booking_id}/cancel", expect=200)
    await hub.settle()
    return [one["state"] for one in (await driver.get("/payments"))["items"]]


async def tries_far(hub: RunningHub, driver: Person, place: Place, expect: int) -> str:
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, 5 * DAY, HOUR)}
    told = await driver.post("/bookings", wanted, expect)
    return str(told.get("detail", told["id"] if expect == 201 else ""))


async def test_an_empty_card_keeps_slots_for_nothing_three_times(hub: RunningHub) -> None:
    """Then only what is held for at once, until the first of them is 90 days ago."""
    _, driver, place = await market(hub, cancellation="strict")
    await pays_with(driver, "refuse")
    fees = await cancelled_late(hub, driver, place)

    refused = await tries_far(hub, driver, place, 403)
    await pays_with(driver, "ok")
    still = await tries_far(hub, driver, place, 403)
    soon = await book(hub, driver, place, 2 * HOUR, HOUR)
    hub.clock.advance(timedelta(days=90))
    login = {"email": driver.email, "password": "correct horse"}
    driver.token = (await hub.ask("POST", "/logins", login, 201))["token"]

    assert fees == ["failed"] * 3
    assert refused == still and "within a day" in refused and "2026-06-02" in refused
    assert soon["deposit_state"] == "held"
    await tries_far(hub, driver, place, 201)
    await audited(hub)


async def test_who_pays_the_fees_books_on(hub: RunningHub) -> None:
    _, driver, place = await market(hub, cancellation="strict")
    fees = await cancelled_late(hub, driver, place)

    await tries_far(hub, driver, place, 201)

    assert fees == ["captured"] * 3


async def test_what_ends_without_a_deposit_counts_too(hub: RunningHub) -> None:
    _, driver, place = await market(hub)
    await pays_with(driver, "refuse")
    for day in (2, 3, 4):
        wanted = {"evse_id": place.evse_ids[0], **slot(hub, day * DAY, HOUR)}
        await driver.post("/bookings", wanted)
    await tries_far(hub, driver, place, 201)

    await hub.advance(days=4)

    assert "within a day" in await tries_far(hub, driver, place, 403)
