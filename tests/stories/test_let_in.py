"""The driver books; somebody of the family comes with the code, and has no account."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, QUARTER, audited, bills, book, leave, only, passing

HOUR = timedelta(hours=1)


async def code_of(driver: Person, booking: dict[str, Any]) -> str:
    found: str = (await driver.get(f"/bookings/{booking['id']}/access-code"))["code"]
    return found


async def come(
    hub: RunningHub, place: Place, code: str, evse: int = 1, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Somebody without an account types a code at an EVSE."""
    path = f"/api/v1/evses/{place.evse_ids[evse - 1]}/starts"
    answer = await hub.api.post(path, json={"code": code}, headers=headers)
    return answer.status_code, answer.json()


async def test_the_family_starts_with_the_code_and_the_driver_pays(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    code = await code_of(driver, booking)

    early = await come(hub, place, code)
    await hub.advance(minutes=60)
    await place.sim.receive("reserve")
    once = {"Idempotency-Key": "tap-1"}
    started = await come(hub, place, code.lower(), **once)
    again = await come(hub, place, code.lower(), **once)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    used = await come(hub, place, code)
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)

    assert (early[0], early[1]["code"]) == (403, "wrong_access_code")
    assert started[0] == 201
    assert set(started[1]) == {"evse_id", "status", "plug_in_by"}
    assert again == started
    assert (used[0], used[1]["code"]) == (403, "wrong_access_code")
    session = await only(driver, "/sessions")
    assert (session["booking_id"], session["status"]) == (booking["id"], "closed")
    assert (await only(driver, "/bookings"))["status"] == "completed"
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    await audited(hub)


async def test_a_code_counts_at_its_evse_until_it_is_taken_back_or_the_booking_is(
    hub: RunningHub,
) -> None:
    """A wrong code is refused in the same words whatever is wrong with it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6", evses=2)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    first = await code_of(driver, booking)
    renewed = await driver.post(f"/bookings/{booking['id']}/access-code", expect=200)
    await hub.advance(minutes=55)

    refusals = [
        await come(hub, place, first),
        await come(hub, place, renewed["code"], evse=2),
        await come(hub, place, "22222222"),
    ]
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    refusals.append(await come(hub, place, renewed["code"]))

    assert renewed["code"] != first == booking_code_shape(first)
    assert renewed["valid_from"] == "2026-03-02T08:50:00Z"
    assert {(status, body["code"], body["detail"]) for status, body in refusals} == {
        (403, "wrong_access_code", refusals[0][1]["detail"])
    }
    gone = await driver.get(f"/bookings/{booking['id']}/access-code", expect=409)
    assert gone["code"] == "no_access_code"
    assert (await driver.get("/sessions"))["items"] == []


def booking_code_shape(code: str) -> str:
    """The code, if it looks like ABCD-EFGH."""
    assert len(code) == 9 and code[4] == "-"
    return code


async def test_a_start_without_a_car_uses_the_code_up_and_a_new_one_counts(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HALF_HOUR, 2 * HOUR)
    await hub.advance(minutes=30)
    await place.sim.receive("reserve")
    code = await code_of(driver, booking)

    await come(hub, place, code)
    await place.sim.receive("start_session")
    await hub.advance(minutes=6)
    spent = await come(hub, place, code)
    anew = await come(hub, place, await code_of(driver, booking))
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()

    assert (spent[0], anew[0]) == (403, 201)
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "active"


async def test_an_offline_station_uses_no_code_up(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    booking = await book(hub, driver, place, HALF_HOUR, 2 * HOUR)
    await hub.advance(minutes=30)
    code = await code_of(driver, booking)
    await place.sim.close()
    await hub.settle()

    refused = await come(hub, place, code)

    assert (refused[0], refused[1]["code"]) == (409, "station_offline")
    assert await code_of(driver, booking) == code


async def test_neither_owner_nor_operator_nor_stranger_is_told_the_code(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    path = f"/bookings/{booking['id']}/access-code"

    answers = [
        (await owner.get(path, expect=403))["code"],
        (await (await hub.operator()).get(path, expect=403))["code"],
        (await (await hub.person("eve")).get(path, expect=404))["code"],
    ]

    assert answers == ["access_code_of_another", "access_code_of_another", "not_found"]


async def test_who_guesses_is_slowed_down(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    await book(hub, driver, place, HALF_HOUR, 2 * HOUR)
    await hub.advance(minutes=30)

    answers = [await come(hub, place, f"2222222{number}") for number in range(12)]

    assert [status for status, _ in answers[:10]] == [403] * 10
    assert answers[-1][0] == 429
