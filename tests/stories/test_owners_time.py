"""Owners never lose their own charger: blackouts, and times for the own car."""

from datetime import timedelta
from typing import Any

from chargers.station import Habits
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import Bill, audited, bills, book, charge, leave, sent_away, slot

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEED = {"energy_wh": 22_000, "weekdays": [0, 1, 2, 3, 4], "ready_by": "13:00"}
"""Two hours at 11 kW: from 10:00 to 12:00 UTC in Oslo's winter; stories begin at 08:00 UTC."""


async def keep(
    owner: Person, place: Place, kind: str, times: dict[str, Any], expect: int = 201, **more: Any
) -> Any:
    body = {"kind": kind, "times": times, **more}
    return await owner.post(f"/stations/{place.station_id}/blocks", body, expect)


def wanted(hub: RunningHub, place: Place, start_in: timedelta, lasts: timedelta) -> dict[str, str]:
    return {"evse_id": place.evse_ids[0], **slot(hub, start_in, lasts)}


async def found(hub: RunningHub, start_in: timedelta, lasts: timedelta) -> int:
    """How many EVSEs a search for that time finds."""
    times = slot(hub, start_in, lasts)
    query = f"&from={times['starts_at']}&to={times['ends_at']}".replace("+", "%2B")
    page = await hub.ask("GET", f"/evses?latitude=59.9139&longitude=10.7522{query}", expect=200)
    return len(page["items"])


async def test_the_own_car_has_its_time_and_nobody_books_or_walks_into_it(
    hub: RunningHub, version: str
) -> None:
    """The owner says what the car needs and by when; the owner's card starts then, for nothing."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    block = await keep(owner, place, "own_car", NEED)

    refused = await driver.post("/bookings", wanted(hub, place, HOUR, HOUR), expect=409)
    at_noon = [await found(hub, 3 * HOUR, HOUR), await found(hub, 4 * HOUR, HOUR)]
    before = await book(hub, driver, place, HOUR, HOUR - timedelta(minutes=10))
    await driver.post(f"/bookings/{before['id']}/cancel", expect=200)
    await hub.advance(hours=2)
    walked = await place.sim.plug_in(1, driver.id_token, authorize=False)
    await sent_away(hub, place)
    remote = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    shown = await hub.ask("GET", f"/evses/{place.evse_ids[0]}", expect=200)
    await charge(hub, place, owner.id_token, 15_000)
    await charge(hub, place, driver.id_token, 1_000)

    times = "?from=2026-03-02T00:00:00Z&to=2026-03-04T00:00:00Z"
    kept = (await owner.get(f"/evses/{place.evse_ids[0]}/kept-times{times}"))["items"]
    assert [(one["starts_at"], one["ends_at"], one["block_id"]) for one in kept] == [
        ("2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z", block["id"]),
        ("2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", block["id"]),
    ]
    assert (refused["code"], remote["code"]) == ("kept_by_owner", "may_not_start")
    assert "2026-03-02T10:00Z" in refused["detail"]
    assert at_noon == [0, 1]
    assert walked == ("blocked" if version == "1.6" else "not_now")
    assert shown["availability"] == "closed"
    nothing, own, paid = await bills(owner)
    assert nothing.unbilled_reason == "not_admitted"
    assert own == Bill(minutes=120, energy_wh=15_000, free_wh=15_000)
    assert paid.cost_minor == 45
    await audited(hub)


async def test_a_blackout_names_the_bookings_in_the_way_or_cancels_them(
    hub: RunningHub, version: str
) -> None:
    """As when an owner cancels them one by one: the deposit goes back, and the owner pays."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    first = await book(hub, driver, place, DAY, HOUR)
    second = await book(hub, driver, place, 2 * DAY, HOUR)
    own = await book(hub, owner, place, DAY + 5 * HOUR, HOUR)
    times = slot(hub, DAY + HOUR / 2, DAY - HOUR)

    refused = await keep(owner, place, "blackout", times, 409)
    none = (await owner.get(f"/stations/{place.station_id}/blocks"))["items"]
    block = await keep(owner, place, "blackout", times, cancel_bookings=True, note="Holidays")
    await hub.settle()
    later = await keep(owner, place, "blackout", slot(hub, 2 * DAY + HOUR, DAY))

    (there,) = refused["obstacles"]
    assert refused["code"] == "bookings_in_the_way"
    assert (there["id"], there["code"]) == (first["id"], "confirmed")
    assert there["detail"] == "Cancelling it costs you 2.00 EUR."
    assert none == []
    gone = await driver.get(f"/bookings/{first['id']}")
    assert (gone["status"], gone["cancelled_by"]) == ("cancelled", "owner")
    assert gone["penalty"] == {"amount_minor": 200, "currency": "EUR"}
    assert (await driver.get(f"/bookings/{second['id']}"))["status"] == "confirmed"
    assert (await owner.get(f"/bookings/{own['id']}"))["status"] == "confirmed"
    listed = (await owner.get(f"/stations/{place.station_id}/blocks"))["items"]
    assert listed == [block, later]
    await audited(hub)


async def test_a_block_that_is_given_back_keeps_nobody_out(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=2)
    night = {"weekdays": [0], "from": "09:00", "to": "17:00"}
    block = await keep(owner, place, "blackout", night, evse_id=place.evse_ids[0])
    path = f"/stations/{place.station_id}/blocks/{block['id']}"

    closed = await found(hub, HOUR, HOUR)
    refused = await place.sim.plug_in(1, driver.id_token, authorize=False)
    await sent_away(hub, place)
    await charge(hub, place, driver.id_token, 1_000, evse=2)
    await driver.ask("DELETE", path, expect=404)
    for _ in range(2):
        await owner.ask("DELETE", path, expect=204)
    await charge(hub, place, driver.id_token, 2_000)

    assert closed == 1
    assert refused in ("blocked", "not_now")
    assert [bill.billed_wh for bill in await bills(owner)] == [0, 1_000, 2_000]


async def test_what_was_charged_without_a_line_in_a_blackout_is_kept_and_priced(
    hub: RunningHub, version: str
) -> None:
    """As for closed hours: the energy has flowed, and somebody owes it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await charge(hub, place, driver.id_token, 1_000)
    await keep(owner, place, "blackout", slot(hub, timedelta(), DAY))
    await place.sim.go_offline()
    hub.clock.advance(HOUR)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 3_000, before_each=lambda: hub.clock.advance(HOUR))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert [bill.cost_minor for bill in await bills(owner)] == [45, 135]


async def test_a_booked_driver_does_not_come_early_into_the_owners_time(
    hub: RunningHub, version: str
) -> None:
    """Ten minutes before the slot are the booked driver's, unless they are the owner's."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await keep(owner, place, "own_car", slot(hub, HOUR, HOUR))
    await book(hub, driver, place, 2 * HOUR, HOUR)

    await hub.advance(hours=1, minutes=55)
    early = await place.sim.plug_in(1, driver.id_token, authorize=False)
    await sent_away(hub, place)
    await hub.advance(minutes=5)
    await place.sim.receive("reserve")
    place.sim.habits = Habits(honours_reservations=False)  # the card is not the booking's token
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 1_000, before_each=lambda: hub.clock.advance(HOUR / 2))
    await leave(hub, place)

    assert early in ("blocked", "not_now")
    assert [bill.billed_wh for bill in await bills(owner)] == [0, 1_000]


async def test_what_cannot_be_meant_or_is_not_theirs_is_refused(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    over = {"starts_at": "2026-03-01T08:00:00Z", "ends_at": "2026-03-02T08:00:00Z"}

    codes = [
        (await keep(owner, place, "blackout", over, 422))["code"],
        (await keep(owner, place, "blackout", NEED, 422))["code"],
        (await keep(owner, place, "own_car", {**NEED, "weekdays": [0, 7]}, 422))["code"],
        (await keep(owner, place, "own_car", {**NEED, "ready_by": "25:00"}, 422))["code"],
        (await keep(driver, place, "own_car", NEED, 404))["code"],
        (await keep(owner, place, "own_car", NEED, 404, evse_id="nowhere"))["code"],
    ]
    path = f"/evses/{place.evse_ids[0]}/kept-times?from=2026-03-02T08:00:00Z&to="
    long = await owner.get(f"{path}2026-07-02T08:00:00Z", 422)

    assert codes == ["bad_block", "bad_block", "bad_block", "invalid", "not_found", "not_found"]
    assert long["code"] == "bad_block"
