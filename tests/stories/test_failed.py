"""Bookings that the station fails: the deposit goes back, and the driver is made up to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from chargehub.bookings import reliability
from chargehub.bookings.reliability import EVENT
from chargehub.store.work import Reads, Work
from chargers.habits import Habits
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, book, go_offline, held, only, passing, transfers
from tests.stories.test_booked import DEPOSIT, _is_reserved, status

HOUR = timedelta(hours=1)
FLAT = {
    "name": "Home",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.45"}, {"kind": "flat", "amount": "1.00"}],
}


async def failures(hub: RunningHub, place: Place) -> list[str]:
    """What is remembered of a station, in order."""
    since, until = hub.clock.now() - timedelta(days=1), hub.clock.now() + timedelta(days=1)
    found = await hub.hub.store.read(reliability.of_station, place.station_id, since, until, 10)
    assert {each.evse_id for each in found} <= {place.evse_ids[0]}
    return [each.kind for each in found]


async def booked(hub: RunningHub, version: str, **made: Any) -> tuple[Person, Place, Any]:
    """A driver with a booking that begins in an hour."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, **made)
    return driver, place, await book(hub, driver, place, HOUR, 2 * HOUR)


async def come(hub: RunningHub, place: Place, driver: Person, booking: Any) -> None:
    """The station keeps the EVSE, and the slot begins."""
    place.sim.habits = replace(place.sim.habits, honours_reservations=False)
    await hub.advance(minutes=51)
    await place.sim.receive("reserve")
    await hub.until(lambda: _is_reserved(driver, booking))
    await hub.advance(minutes=9)


async def test_a_station_without_a_line_in_the_slot_has_failed(
    hub: RunningHub, version: str
) -> None:
    driver, place, booking = await booked(hub, version)

    await go_offline(hub, place)
    await hub.advance(minutes=70)
    waits = await status(driver, booking)
    await hub.advance(minutes=6)

    assert (waits, await status(driver, booking)) == ("confirmed", "failed")
    assert (await only(driver, "/payments"))["state"] == "released"
    assert await failures(hub, place) == ["offline"]
    moved = await transfers(hub)
    assert {kind: moved[kind] for kind in ("hold", "hold_ended")} == held(DEPOSIT)
    await audited(hub)


async def test_a_line_lost_after_the_slot_began_is_no_failure(
    hub: RunningHub, version: str
) -> None:
    """The driver could have come, and nobody knows."""
    driver, place, booking = await booked(hub, version)

    await hub.advance(minutes=61)
    await go_offline(hub, place)
    await hub.advance(minutes=30)

    assert await status(driver, booking) == "no_show"
    assert await failures(hub, place) == []


async def test_a_station_that_says_it_is_out_of_order_fails_who_stands_there(
    hub: RunningHub, version: str
) -> None:
    """Two minutes after the start of the slot: nobody waits until the grace is over."""
    driver, place, booking = await booked(hub, version)

    await hub.advance(minutes=50)
    await place.sim.status(1, "faulted")
    await hub.advance(minutes=11)
    early = await status(driver, booking)
    await hub.advance(minutes=2)

    assert (early, await status(driver, booking)) == ("confirmed", "failed")
    assert await failures(hub, place) == ["out_of_order"]
    assert (await only(driver, "/payments"))["state"] == "released"
    refused = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    assert "/alternatives" in refused["detail"]


async def test_a_session_that_the_station_breaks_off_at_once_has_failed_and_costs_nothing(
    hub: RunningHub, version: str
) -> None:
    """Not even the price of a session, which counts from its start."""
    driver, place, booking = await booked(hub, version, tariff=FLAT)

    await come(hub, place, driver, booking)
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await hub.settle()
    running = await status(driver, booking)
    await hub.advance(minutes=1)
    await place.sim.stop(1, "power_loss")
    await hub.settle()

    assert (running, await status(driver, booking)) == ("active", "failed")
    cdr = await only(driver, "/cdrs")
    assert (cdr["cost"]["amount_minor"], cdr["lines"]) == (0, [])
    assert (await only(driver, "/payments"))["state"] == "released"
    assert await failures(hub, place) == ["start_failed"]
    await audited(hub)


@pytest.mark.parametrize(("reason", "minutes"), [("ev_disconnected", 1), ("power_loss", 30)])
async def test_what_the_driver_did_or_what_came_later_is_no_failed_start(
    hub: RunningHub, version: str, reason: Any, minutes: int
) -> None:
    """Whoever pulls the plug gets no credit for it."""
    driver, place, booking = await booked(hub, version)

    await come(hub, place, driver, booking)
    assert await place.sim.plug_in(1, driver.id_token) == "accepted"
    await hub.settle()
    await hub.advance(minutes=minutes)
    await place.sim.stop(1, reason)
    await hub.settle()

    assert await status(driver, booking) == "completed"
    assert await failures(hub, place) == []


async def test_a_station_that_refuses_a_car_that_is_there_has_failed(
    hub: RunningHub, version: str
) -> None:
    driver, place, booking = await booked(hub, version)

    await come(hub, place, driver, booking)
    place.sim.habits = Habits(takes_remote_starts=False)
    from_afar = await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await place.sim.receive("start_session")
    await hub.until(lambda: _is_over(driver, from_afar))
    await hub.settle()
    without_car = await status(driver, booking)
    await place.sim.plug_in(1)
    there = await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await hub.until(lambda: _is_over(driver, there))
    await hub.settle()

    assert (without_car, await status(driver, booking)) == ("confirmed", "failed")
    assert await failures(hub, place) == ["start_failed"]


async def _is_over(driver: Person, session: dict[str, Any]) -> bool:
    found: bool = (await driver.get(f"/sessions/{session['id']}"))["status"] == "failed"
    return found


async def test_a_wish_that_the_driver_takes_back_is_no_failure(
    hub: RunningHub, version: str
) -> None:
    driver, place, booking = await booked(hub, version)
    place.sim.habits = Habits(begins_remote_starts=False)

    await come(hub, place, driver, booking)
    await place.sim.plug_in(1)
    session = await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await hub.settle()
    await driver.post(f"/sessions/{session['id']}/stop", expect=202)
    await hub.settle()

    assert await status(driver, booking) == "confirmed"
    assert await failures(hub, place) == []


async def test_who_charged_at_a_station_that_seemed_to_fail_did_come(
    hub: RunningHub, version: str
) -> None:
    """It tells of the session late: the booking is used, and nothing was lost."""
    driver, place, booking = await booked(hub, version)

    await go_offline(hub, place)
    await hub.advance(minutes=65)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub))
    await hub.settle()
    failed = await status(driver, booking)
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert (failed, await status(driver, booking)) == ("failed", "completed")
    assert (await only(driver, "/cdrs"))["cost"]["amount_minor"] == 450
    await audited(hub)


@pytest.mark.parametrize("version", ["1.6"])
async def test_what_is_remembered_of_a_station_is_never_changed(
    hub: RunningHub, version: str
) -> None:
    _, place, _ = await booked(hub, version)
    await go_offline(hub, place)
    await hub.advance(minutes=80)

    with pytest.raises(IntegrityError, match="reliability_append_only"):
        await hub.hub.store.do(_forgive)

    assert await hub.hub.store.read(_kinds) == ["offline"]


def _forgive(work: Work) -> None:
    work.execute(update(EVENT).values(kind="start_failed"))


def _kinds(reads: Reads) -> list[str]:
    return [row.kind for row in reads.all(select(EVENT.c.kind))]
