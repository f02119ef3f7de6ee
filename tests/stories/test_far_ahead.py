"""Slots that are days away: kept without a hold, whose deposit is asked for a day before."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import (
    audited,
    bills,
    book,
    charge,
    held,
    slot,
    transfers,
)
from tests.stories.test_guest import CARD, EMAIL, ask, link

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DEPOSIT = 600  # of an hour
MISSING, LAPSED = "could not be held", "does not stand any more"


async def market(hub: RunningHub, **policy: Any) -> tuple[Person, Person, Place]:
    """An owner with this policy, a driver, and a place."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, expect=200)
    return owner, driver, place


async def read(driver: Person, booking: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await driver.get(f"/bookings/{booking['id']}")
    return found


async def payments(driver: Person) -> list[tuple[str, int]]:
    """State and hold of all payments, the first one first."""
    items = reversed((await driver.get("/payments"))["items"])
    return [(one["state"], one["hold"]["amount_minor"]) for one in items]


async def pays_with(driver: Person, reference: str) -> None:
    await driver.post("/payment-methods", {"rail": "sandbox", "reference": reference})


async def told(hub: RunningHub, person: Person, words: str) -> list[str]:
    """The mails to somebody whose subject has these words."""
    sent = await hub.hub.store.read(mails)
    return [text for to, subject, text in sent if to == person.email and words in subject]


async def test_a_far_slot_is_ones_own_at_once_and_held_for_a_day_before(hub: RunningHub) -> None:
    """The driver reads when; a card's hold would be gone by then."""
    owner, driver, place = await market(hub)

    booking = await book(hub, driver, place, 9 * DAY, HOUR)
    (mail,) = await told(hub, driver, "Your booking stands")
    before = await payments(driver)
    await hub.advance(days=7, hours=23)
    nearly = await payments(driver)
    await hub.advance(hours=1)
    near = await read(driver, booking)
    standing = await payments(driver)
    await hub.advance(hours=24)
    await place.sim.receive("reserve")
    await charge(hub, place, await driver.app_token(), 4_000)

    assert (booking["deposit_state"], booking["deposit_at"]) == ("later", "2026-03-10T08:00:00Z")
    assert "6.00 EUR will be held at 2026-03-10 09:00" in mail
    assert before == nearly == []
    assert (near["status"], near["deposit_state"], near["deposit_at"]) == (
        *("confirmed", "held"),
        None,
    )
    assert standing == [("authorised", DEPOSIT)]
    assert await payments(driver) == [("captured", DEPOSIT)]
    assert [bill.cost_minor for bill in await bills(owner)] == [180]
    await audited(hub)


async def test_a_day_is_near_enough_to_hold_at_once(hub: RunningHub) -> None:
    _, driver, place = await market(hub)

    booking = await book(hub, driver, place, DAY, HOUR)

    assert (booking["deposit_state"], await payments(driver)) == ("held", [("authorised", DEPOSIT)])


async def test_what_is_refused_a_day_before_is_mended_with_another_card(hub: RunningHub) -> None:
    """It is asked for again as soon as the driver has another one, and once."""
    _, driver, place = await market(hub)
    booking = await book(hub, driver, place, 3 * DAY, HOUR)
    await pays_with(driver, "refuse")

    await hub.advance(days=2)
    missing = await read(driver, booking)
    asked = await driver.post(f"/bookings/{booking['id']}/deposit", expect=200)
    await hub.settle()
    await hub.advance(hours=20)
    await pays_with(driver, "ok")
    await hub.settle()
    await hub.advance(hours=3)

    assert (missing["status"], missing["deposit_state"]) == ("confirmed", "missing")
    assert missing["mend_by"] == "2026-03-05T06:00:00Z"
    sent = await told(hub, driver, MISSING)
    assert asked["deposit_state"] == "asked" and len(sent) == 2
    assert f"POST /api/v1/bookings/{booking['id']}/deposit" in sent[0]
    mended = await read(driver, booking)
    assert (mended["status"], mended["deposit_state"], mended["mend_by"]) == (
        *("confirmed", "held"),
        None,
    )
    assert [state for state, _ in await payments(driver)] == ["refused", "refused", "authorised"]


async def test_a_card_that_has_money_again_mends_it_when_its_driver_asks(hub: RunningHub) -> None:
    _, driver, place = await market(hub)
    booking = await book(hub, driver, place, 3 * DAY, HOUR)
    (method,) = (await driver.get("/payment-methods"))["items"]
    await pays_with(driver, "refuse")
    await hub.advance(days=2)
    (refusing,) = [m for m in (await driver.get("/payment-methods"))["items"] if m != method][:1]
    await driver.ask("DELETE", f"/payment-methods/{refusing['id']}", expect=204)

    for _ in range(2):
        await driver.post(f"/bookings/{booking['id']}/deposit", expect=200)
        await hub.settle()

    assert (await read(driver, booking))["deposit_state"] == "held"
    assert [state for state, _ in await payments(driver)] == ["refused", "authorised"]


async def test_what_nobody_mends_ends_two_hours_before_and_costs_nothing(hub: RunningHub) -> None:
    """The policy would keep all of the deposit of who cancels; the slot is anybody's again."""
    owner, driver, place = await market(hub, cancellation="strict")
    other = await hub.person("other")
    booking = await book(hub, driver, place, 3 * DAY, HOUR)
    await pays_with(driver, "refuse")
    await hub.advance(days=2)
    price = await driver.get(f"/bookings/{booking['id']}/cancellation")

    await hub.advance(hours=21, minutes=59)
    before = await read(driver, booking)
    await hub.advance(minutes=1)
    late = await driver.post(f"/bookings/{booking['id']}/deposit", expect=409)

    assert price["kept"]["amount_minor"] == 0
    assert before["status"] == "confirmed"
    gone = await read(driver, booking)
    assert (gone["status"], gone["fee"], late["code"]) == ("expired", None, "booking_over")
    assert len(await told(hub, owner, LAPSED)) == 1
    assert len(await told(hub, driver, "does not stand")) == 1
    assert (await book(hub, other, place, 2 * HOUR, HOUR))["status"] == "confirmed"
    assert lasting_fee(await transfers(hub)) == 0


def lasting_fee(moved: dict[str, dict[str, int]]) -> int:
    return sum(moved.get("fee", {}).values())


async def test_who_cancels_late_before_anything_is_held_pays_the_same(hub: RunningHub) -> None:
    """Two days before, the policy keeps half: it is taken of the card, and divided as ever."""
    _, driver, place = await market(hub, cancellation="strict")
    booking = await book(hub, driver, place, 4 * DAY, HOUR)
    await hub.advance(days=2)

    price = await driver.get(f"/bookings/{booking['id']}/cancellation")
    for _ in range(2):
        await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
        await hub.settle()

    assert price["kept"]["amount_minor"] == 300
    (payment,) = (await driver.get("/payments"))["items"]
    assert (payment["state"], payment["captured"]["amount_minor"]) == ("captured", 300)
    moved = await transfers(hub)
    assert moved == {
        "fee": {
            "psp:pending EUR": 300,
            "owner:accrued EUR": -240,
            "income:no_show_cancel EUR": -50,
            "vat:payable EUR": -10,
        }
    }
    books = (await (await hub.operator()).get("/sandbox/totals"))["items"][0]
    assert books["captured"]["amount_minor"] == 300
    await audited(hub)


async def test_a_far_booking_is_made_longer_and_its_greater_deposit_held_later(
    hub: RunningHub,
) -> None:
    """Nothing is held, so nothing has to be held first; a refused one is mended as any."""
    _, driver, place = await market(hub)
    booking = await book(hub, driver, place, 3 * DAY, HOUR)
    end = slot(hub, 3 * DAY, 2 * HOUR)["ends_at"]

    longer = await driver.ask("PUT", f"/bookings/{booking['id']}/end", {"ends_at": end}, 200)
    await hub.settle()
    before = await payments(driver)
    await hub.advance(days=2)

    assert (longer["deposit"]["amount_minor"], longer["deposit_state"]) == (1100, "later")
    assert (before, await payments(driver)) == ([], [("authorised", 1100)])
    assert (await read(driver, booking))["ends_at"] == "2026-03-05T10:00:00Z"


async def test_an_owner_agrees_to_a_far_slot_and_nothing_is_held_yet(hub: RunningHub) -> None:
    owner, driver, place = await market(hub, mode="request")
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, 3 * DAY, HOUR)}
    asked = await driver.post("/bookings", wanted)

    agreed = await owner.post(f"/bookings/{asked['id']}/approve", expect=200)
    await hub.settle()
    early = await payments(driver)
    await hub.advance(days=2)

    assert (asked["status"], agreed["status"]) == ("requested", "confirmed")
    assert (agreed["deposit_state"], early) == ("later", [])
    assert await payments(driver) == [("authorised", DEPOSIT)]


async def test_cancelled_in_time_it_has_never_cost_anything(hub: RunningHub) -> None:
    _, driver, place = await market(hub)
    booking = await book(hub, driver, place, 3 * DAY, HOUR)

    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.advance(days=3)

    assert (await payments(driver), await transfers(hub)) == ([], {})


async def test_a_rail_that_is_silent_costs_nobody_the_booking(hub: RunningHub) -> None:
    """The first answer is lost; whatever comes of it, the hold is made once."""
    _, driver, place = await market(hub)
    await pays_with(driver, "flaky")
    booking = await book(hub, driver, place, 3 * DAY, HOUR)

    await hub.advance(days=2)
    await hub.until(lambda: _is_held(driver, booking))
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)

    await hub.until(lambda: _moved(hub, held(DEPOSIT)))


async def _moved(hub: RunningHub, wanted: dict[str, Any]) -> bool:
    return await transfers(hub) == wanted


async def _is_held(driver: Person, booking: dict[str, Any]) -> bool:
    return bool((await read(driver, booking))["deposit_state"] == "held")


async def test_a_guest_mends_a_deposit_by_the_credential(hub: RunningHub) -> None:
    _, _, place = await market(hub)
    await ask(hub, place, start_in=3 * DAY)
    card = {"payment_method": {"rail": "sandbox", "reference": "refuse"}}
    made = await hub.ask("POST", f"/guest-bookings/{await link(hub)}/confirm", card, 201)
    guest = Person(hub, "", EMAIL, made["credential"])
    await hub.advance(days=2)
    missing = await guest.get("/guest-booking")

    await guest.post("/guest-booking/deposit", {}, expect=200)
    await hub.settle()
    still = await guest.get("/guest-booking")
    await guest.post("/guest-booking/deposit", CARD, expect=200)
    await hub.settle()

    assert [missing["deposit_state"], still["deposit_state"]] == ["missing", "missing"]
    (first, *_) = await told(hub, guest, MISSING)
    assert "POST /api/v1/guest-booking/deposit" in first
    assert (await guest.get("/guest-booking"))["deposit_state"] == "held"
