"""What drivers owe has consequences: it is asked for again, blocks, is paid, or is forgiven."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, charge, slot

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

COST = 180


async def owing(hub: RunningHub) -> tuple[Person, Person, Place]:
    """An owner, a driver whose bank did not pay for 4 kWh, and the place."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays="refuse_capture")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token, 4_000)
    return owner, driver, place


async def debts(driver: Person) -> list[tuple[int, bool]]:
    """What is owed, and whether it is being paid."""
    found = (await driver.get("/debts"))["items"]
    return [(one["owed"]["amount_minor"], one["is_being_paid"]) for one in found]


async def book(hub: RunningHub, driver: Person, place: Place, expect: int) -> Any:
    wanted = {
        "evse_id": place.evse_ids[0],
        **slot(hub, timedelta(hours=3), timedelta(hours=1)),
    }
    return await driver.post("/bookings", wanted, expect)


async def tries(driver: Person) -> list[str]:
    """What became of the payments that were to pay the debt, the first one first."""
    items = (await driver.get("/payments"))["items"]
    return [one["state"] for one in reversed(items) if one["session_id"] is None]


async def test_a_debt_is_asked_for_blocks_and_is_paid(hub: RunningHub) -> None:
    """Not on the first day; then nothing is booked or begun until another card has paid it."""
    _, driver, place = await owing(hub)
    (debt,) = (await driver.get("/debts"))["items"]
    fresh = await book(hub, driver, place, 201)
    await driver.post(f"/bookings/{fresh['id']}/cancel", expect=200)

    await hub.advance(days=1)
    refused = await book(hub, driver, place, 403)
    start = await driver.ask("POST", "/sessions", {"evse_id": place.evse_ids[0]}, 403)
    await hub.advance(days=2)
    before = [state for state in await tries(driver) if state == "failed"]
    await driver.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    await driver.post("/debts/payments", {"session_id": debt["session_id"]}, 202)
    await hub.settle()

    assert (debt["owed"], debt["written_off_at"]) == (
        {"amount_minor": COST, "currency": "EUR"},
        None,
    )
    assert refused["code"] == start["code"] == "debt_due"
    assert "POST /api/v1/debts/payments" in refused["detail"]
    assert len(before) == 2
    assert await debts(driver) == []
    await book(hub, driver, place, 201)
    again = await driver.post("/debts/payments", {}, 404)
    assert "GET /api/v1/debts" in again["detail"]
    await audited(hub)


async def test_an_operator_forgives_a_debt(hub: RunningHub) -> None:
    """It is written off, in nobody's way any more, and cannot be paid later by mistake."""
    _, driver, place = await owing(hub)
    operator = await hub.operator()
    await hub.advance(days=1)
    (seen,) = (await operator.get("/debts?whose=all"))["items"]
    await driver.get("/debts?whose=all", 403)

    path = f"/debts/{seen['session_id']}/forgive"
    await operator.post(path, {"because": "The station was to blame."}, 204)
    await hub.settle()

    assert seen["driver_id"] == driver.account_id
    assert await debts(driver) == []
    await book(hub, driver, place, 201)
    await operator.post(path, {"because": "The station was to blame."}, 404)
    assert (await operator.get("/debts?whose=all"))["items"] == []
    await audited(hub)


async def test_what_was_written_off_is_still_paid_when_its_driver_wants(hub: RunningHub) -> None:
    _, driver, _ = await owing(hub)
    await hub.advance(days=31)
    login = {"email": driver.email, "password": "correct horse"}
    driver.token = (await hub.ask("POST", "/logins", login, 201))["token"]
    (lost,) = (await driver.get("/debts"))["items"]
    await driver.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})

    await driver.post("/debts/payments", {}, 202)
    await hub.settle()

    assert lost["written_off_at"] is not None and lost["asked_at"] is None
    assert await debts(driver) == []
    await audited(hub)
