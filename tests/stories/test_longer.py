"""Drivers who need their booked EVSE for longer, or not for as long."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargehub.bookings.record import DriverTrust
from chargehub.store.work import Work
from chargers.station import Habits
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, bills, book, charge, lasting, leave, slot, transfers

HOUR = timedelta(hours=1)
QUARTER = HOUR / 4
ON_SQLITE = pytest.mark.parametrize(
    ("database", "version"), [("sqlite", "2.0.1")], indirect=["database"]
)
CAR_STAYS = Habits(honours_reservations=False)  # the card is not the booking's token


def until(booking: dict[str, Any], step: timedelta) -> str:
    """The booking's end, moved."""
    return (datetime.fromisoformat(booking["ends_at"]) + step).isoformat().replace("+00:00", "Z")


async def end(
    driver: Person, booking: dict[str, Any], ends_at: str, expect: int = 200
) -> dict[str, Any]:
    """Ask for another end; what came of it once the rail has answered."""
    path = f"/bookings/{booking['id']}"
    asked: dict[str, Any] = await driver.ask("PUT", f"{path}/end", {"ends_at": ends_at}, expect)
    if expect != 200:
        return asked
    await driver.hub.settle()
    found: dict[str, Any] = await driver.get(path)
    return found


async def pays_with(driver: Person, reference: str) -> None:
    wanted = {"rail": "sandbox", "reference": reference, "is_default": True}
    await driver.post("/payment-methods", wanted)


async def holds(driver: Person) -> list[tuple[str, int]]:
    """State and held amount of all payments, the first one first."""
    items: list[Any] = (await driver.get("/payments"))["items"]
    return [(each["state"], each["hold"]["amount_minor"]) for each in reversed(items)]


async def policy(owner: Person, place: Place, **stated: Any) -> None:
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", stated, expect=200)


async def test_a_longer_booking_keeps_the_evse_and_holds_more(
    hub: RunningHub, version: str
) -> None:
    """1.1 x 11 kW x 0.45: 2 hours are held with 11 euros, 3 with 17. The old one goes back last."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    later = until(booking, HOUR)

    path = f"/bookings/{booking['id']}"
    told = await driver.get(f"{path}/end?ends_at={later}")
    longer = await end(driver, booking, later)
    again = await end(driver, booking, later)
    wish = {"evse_id": place.evse_ids[0], **slot(hub, 3 * HOUR, HOUR)}
    taken = await other.post("/bookings", wish, expect=409)

    assert (told["deposit"]["amount_minor"], told["deposit_change"]["amount_minor"]) == (1700, 600)
    assert told["expected_change"]["amount_minor"] == 495
    assert longer == again
    assert (longer["status"], longer["ends_at"]) == ("confirmed", later)
    assert longer["deposit"]["amount_minor"] == 1700
    assert await holds(driver) == [("released", 1100), ("authorised", 1700)]
    assert taken["code"] == "slot_taken"
    (change,) = (await driver.get(f"{path}/changes"))["items"]
    assert (change["state"], change["was_ends_at"]) == ("made", booking["ends_at"])
    await driver.post(f"{path}/cancel", expect=200)
    await hub.settle()
    assert (await holds(driver))[-1] == ("released", 1700)
    await audited(hub)


async def test_who_charges_stays_longer_and_pays_from_the_new_hold(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    place.sim.habits = CAR_STAYS
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 5_000, readings=2, before_each=lambda: hub.clock.advance(QUARTER))
    await hub.settle()

    longer = await end(driver, booking, until(booking, HOUR))
    await place.sim.charge(1, 15_000, readings=4, before_each=lambda: hub.clock.advance(QUARTER))
    await leave(hub, place)

    assert (longer["status"], longer["deposit"]["amount_minor"]) == ("active", 1100)
    assert await holds(driver) == [("released", 600), ("captured", 1100)]
    assert [bill.cost_minor for bill in await bills(owner)] == [900]
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "completed"
    assert lasting(await transfers(hub))["settle"]["psp:pending EUR"] == 900
    await audited(hub)


async def test_a_deposit_that_is_refused_ends_the_booking_as_before_and_stops_nobody(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    place.sim.habits = CAR_STAYS
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await pays_with(driver, "refuse")

    refused = await end(driver, booking, until(booking, HOUR))
    await place.sim.charge(1, 5_000, before_each=lambda: hub.clock.advance(HOUR / 2))
    await leave(hub, place)

    assert (refused["status"], refused["ends_at"]) == ("active", booking["ends_at"])
    assert refused["deposit"] == booking["deposit"]
    assert await holds(driver) == [("captured", 600), ("refused", 1100)]
    (change,) = (await driver.get(f"/bookings/{booking['id']}/changes"))["items"]
    assert change["state"] == "taken_back"
    assert "stop_session" not in [command.kind for command in place.sim.commands]
    assert [bill.cost_minor for bill in await bills(owner)] == [225]
    await audited(hub)


async def test_a_shorter_booking_frees_the_time_and_some_of_the_deposit(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, 2 * HOUR, 3 * HOUR)

    shorter = await end(driver, booking, until(booking, -2 * HOUR))
    taken = await book(hub, other, place, 3 * HOUR + QUARTER, HOUR)
    back = await end(driver, booking, booking["ends_at"], expect=409)

    assert (shorter["status"], shorter["deposit"]["amount_minor"]) == ("confirmed", 600)
    assert await holds(driver) == [("released", 1700), ("authorised", 600)]
    assert (taken["status"], back["code"]) == ("confirmed", "slot_taken")
    await audited(hub)


async def test_nobody_cancels_cheaper_by_making_it_short_first(
    hub: RunningHub, version: str
) -> None:
    """Where cancelling costs something the time is freed and the deposit stays."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await policy(owner, place, cancellation="strict")
    booking = await book(hub, driver, place, 3 * HOUR, 3 * HOUR)
    await hub.advance(hours=1)
    path = f"/bookings/{booking['id']}"
    before = await driver.get(f"{path}/cancellation")

    shorter = await end(driver, booking, until(booking, -2 * HOUR))
    after = await driver.get(f"{path}/cancellation")

    assert shorter["deposit"] == booking["deposit"]
    assert before["kept"] == after["kept"] == booking["deposit"]
    assert (await end(driver, booking, until(booking, -HOUR)))["deposit"] == booking["deposit"]
    assert await holds(driver) == [("authorised", 1700)]


async def test_a_station_hears_until_when_it_keeps_the_evse(hub: RunningHub, version: str) -> None:
    """Made as short as its time of grace, the reservation runs out with the slot."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await policy(owner, place, arrival_grace_minutes=30, shortest_minutes=15)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await hub.advance(minutes=52)
    first = await place.sim.receive("reserve")

    shorter = await end(driver, booking, until(booking, -3 * QUARTER))
    second = await place.sim.receive("reserve")

    assert shorter["arrive_by"] == shorter["ends_at"]
    assert first != second
    await hub.until(lambda: _is_reserved(driver, booking))
    await hub.advance(minutes=24)
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "no_show"
    await audited(hub)


async def _is_reserved(driver: Person, booking: dict[str, Any]) -> bool:
    found: bool = (await driver.get(f"/bookings/{booking['id']}"))["is_reserved"]
    return found


async def test_a_longer_booking_asks_the_same_as_a_new_one(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    daytime = [{"weekdays": [0, 1, 2, 3, 4], "from": "08:00", "to": "18:00"}]
    place = await hub.station(owner, version, hours=daytime)
    await policy(owner, place, longest_minutes=240, lead_minutes=30)
    booking = await book(hub, driver, place, HOUR, HOUR)
    await book(hub, other, place, 4 * HOUR, HOUR)
    last = await book(hub, driver, place, 6 * HOUR, HOUR)
    own = {"kind": "own_car", "times": slot(hub, 7 * HOUR + QUARTER, HOUR / 2)}
    await owner.post(f"/stations/{place.station_id}/blocks", own)

    async def code(which: dict[str, Any], step: timedelta, who: Person, expect: int) -> str:
        refused = await end(who, which, until(which, step), expect)
        return str(refused["code"])

    assert await code(booking, 2 * HOUR, driver, 409) == "slot_taken"
    assert await code(booking, 4 * HOUR, driver, 422) == "slot_too_long"
    assert await code(booking, HOUR / 7, driver, 422) == "slot_off_grid"
    assert await code(booking, -HOUR, driver, 422) == "slot_too_short"
    assert await code(booking, HOUR, other, 404) == "not_found"
    assert await code(booking, HOUR, owner, 403) == "forbidden"
    assert await code(last, QUARTER, driver, 409) == "kept_by_owner"
    assert await code(last, 3 * HOUR, driver, 409) == "station_closed"
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    place.sim.habits = CAR_STAYS
    await place.sim.plug_in(1, driver.id_token)
    await hub.advance(minutes=40)
    assert await code(booking, HOUR, driver, 422) == "slot_in_the_past"
    assert await code(booking, -3 * HOUR / 6, driver, 422) == "slot_in_the_past"
    await leave(hub, place)
    assert await code(booking, HOUR, driver, 409) == "booking_over"


async def test_where_the_owner_agrees_to_every_booking_nobody_stays_longer_unasked(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await policy(owner, place, mode="request")
    wish = {"evse_id": place.evse_ids[0], **slot(hub, 2 * HOUR, HOUR)}
    asked = await driver.post("/bookings", wish)
    early = await end(driver, asked, until(asked, HOUR), 409)
    await owner.post(f"/bookings/{asked['id']}/approve", expect=200)
    await hub.settle()

    refused = await end(driver, asked, until(asked, HOUR), 409)
    shorter = await end(driver, asked, until(asked, -2 * QUARTER))

    assert (early["code"], refused["code"]) == ("booking_over", "owner_must_agree")
    assert shorter["ends_at"] == until(asked, -2 * QUARTER)


def known_as(work: Work, driver_id: str, terms: str, now: datetime) -> None:
    """What a driver's record has come to."""
    known = {"driver_id": driver_id, "terms": terms, "looked_at": now}
    work.insert(DriverTrust, rating_thousandths=4_300, sessions=3, **known)


@ON_SQLITE
async def test_who_has_to_ask_does_not_stay_longer_unasked_either(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, HOUR)
    terms = driver.account_id, "approval", hub.clock.now()
    await hub.hub.store.do(known_as, *terms)

    refused = await end(driver, booking, until(booking, HOUR), 409)

    assert refused["code"] == "owner_must_agree"


@ON_SQLITE
async def test_who_pays_before_pays_before_for_the_longer_time_too(
    hub: RunningHub, version: str
) -> None:
    """More than the cap of 80 euros is held for 20 hours: 20 x 11 kW x 0.45."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    terms = driver.account_id, "prepaid", hub.clock.now()
    await hub.hub.store.do(known_as, *terms)

    longer = await end(driver, booking, until(booking, 18 * HOUR))

    assert longer["deposit"]["amount_minor"] == 9_900


async def test_owners_make_their_own_bookings_longer_for_nothing(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, version)
    booking = await book(hub, owner, place, HOUR, HOUR)

    longer = await end(owner, booking, until(booking, HOUR))

    assert (longer["deposit"], longer["ends_at"]) == (None, until(booking, HOUR))
    await hub.advance(hours=2)
    await charge(hub, place, owner.id_token, 1_000)
    assert [bill.free_wh for bill in await bills(owner)] == [1_000]
