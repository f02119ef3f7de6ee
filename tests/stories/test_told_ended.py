"""A booking ends without its driver's doing, and its driver reads of it in a mail."""

from typing import Any

import pytest

from chargehub.search.telling import CANCELLED_SUBJECT, MISSED_SUBJECT, UNPAID_SUBJECT
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import book, only, slot
from tests.stories.test_overstay import HOUR

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def scene(hub: RunningHub, version: str, **policy: Any) -> tuple[Person, Person, Place]:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=2)
    if policy:
        await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, 200)
    return owner, driver, place


async def told(hub: RunningHub, driver: Person, subject: str) -> list[str]:
    sent = await hub.hub.store.read(mails)
    return [text for to, about, text in sent if (to, about) == (driver.email, subject)]


async def test_the_driver_hears_that_the_owner_cancelled_and_where_else_to_charge(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)

    await owner.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await owner.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    (text,) = await told(hub, driver, CANCELLED_SUBJECT)
    assert "The owner of the charger has cancelled" in text
    assert "released in full" in text
    assert place.evse_ids[1] in text


async def test_the_owner_sees_the_penalty_in_the_month_also_before_any_earnings(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)

    await owner.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    month = await only(owner, "/statements/2026-03")
    penalty = {"amount_minor": 247, "currency": "EUR"}
    assert (month["penalties"], month["owed"]) == (penalty, penalty)
    assert month["earnings"]["amount_minor"] == 0
    before = await only(owner, "/statements/2026-02")
    assert before["penalties"]["amount_minor"] == 0


async def test_and_that_the_owners_own_car_took_its_place(hub: RunningHub, version: str) -> None:
    owner, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)
    times = {"starts_at": booking["starts_at"], "ends_at": booking["ends_at"]}

    block = {"kind": "blackout", "times": times, "cancel_bookings": True}
    await owner.post(f"/stations/{place.station_id}/blocks", block)
    await hub.settle()

    assert len(await told(hub, driver, CANCELLED_SUBJECT)) == 1


async def test_who_cancels_is_not_told_of_it(hub: RunningHub, version: str) -> None:
    _, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)

    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    assert await told(hub, driver, CANCELLED_SUBJECT) == []


@pytest.mark.parametrize(
    ("fee", "says"), [("4", "2.47 EUR of what was held are kept"), ("0", "costs you nothing")]
)
async def test_who_did_not_come_reads_what_is_kept_for_it(
    hub: RunningHub, version: str, fee: str, says: str
) -> None:
    _, driver, place = await scene(hub, version, no_show_fee=fee)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)

    await hub.advance(minutes=136)

    (text,) = await told(hub, driver, MISSED_SUBJECT)
    assert says in text
    assert booking["id"] in text


async def test_who_was_agreed_to_hears_that_the_deposit_was_not_held(
    hub: RunningHub, version: str
) -> None:
    """Hours lie between the asking and the owner's yes: nobody is looking."""
    owner, driver, place = await scene(hub, version, mode="request")
    broke = await hub.person("broke", pays="refuse")
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, 24 * HOUR, HOUR)}
    asked = await broke.post("/bookings", wanted)
    other = await driver.post("/bookings", {**wanted, "evse_id": place.evse_ids[1]})

    await owner.post(f"/bookings/{asked['id']}/approve", expect=200)
    await owner.post(f"/bookings/{other['id']}/decline", expect=200)
    await hub.settle()

    assert (await broke.get(f"/bookings/{asked['id']}"))["status"] == "declined"
    assert len(await told(hub, broke, UNPAID_SUBJECT)) == 1
    assert await told(hub, driver, UNPAID_SUBJECT) == []
