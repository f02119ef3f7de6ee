"""A guest disputes by the credential of the booking, under the rules of every driver."""

from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import QUARTER, audited, leave, only, passing
from tests.stories.test_guest import EMAIL, guest_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ROUTE = "/guest-booking/disputes"


def claim(kind: str, amount_minor: int) -> dict[str, Any]:
    amount = {"amount_minor": amount_minor, "currency": "EUR"}
    return {"kind": kind, "amount": amount, "statement": "That is too much."}


async def charged(hub: RunningHub, place: Place) -> Person:
    """A guest whose 10 kWh were paid for: 4.50."""
    guest = await guest_of(hub, place)
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    await guest.post("/guest-booking/start", expect=201)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)
    return guest


async def test_a_guest_disputes_a_session_and_has_the_money_back(hub: RunningHub) -> None:
    """The owner answers as to anybody; the mails say where a guest reads on."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    guest = await charged(hub, place)

    too_much = await guest.post(ROUTE, claim("energy", 451), expect=422)
    made = await guest.post(ROUTE, claim("energy", 450))
    again = await guest.post(ROUTE, claim("energy", 450), expect=409)
    path = f"{ROUTE}/{made['id']}"
    pack = await guest.get(f"{path}/evidence")
    await guest.post(f"{path}/messages", {"text": "The meter ran backwards."})
    await owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
    await hub.settle()

    assert (too_much["code"], again["code"]) == ("bad_amount", "already_disputed")
    assert pack["dispute_id"] == made["id"]
    closed = await guest.get(path)
    assert (closed["status"], closed["refunded"]["amount_minor"]) == ("closed", 450)
    assert (await only(guest, ROUTE))["id"] == made["id"]
    assert (await only(owner, f"/disputes/{made['id']}/messages"))["author"] == "driver"
    sent = [text for to, _, text in await hub.hub.store.read(mails) if to == EMAIL]
    assert f"GET /api/v1{path}." in sent[-1]
    assert (await driver.get(path, expect=403))["code"] == "for_guests_alone"
    await audited(hub)


async def test_a_guest_disputes_a_late_cancellation_and_withdraws(
    hub: RunningHub,
) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "2.0.1")
    strict = {"cancellation": "strict"}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", strict, expect=200)
    guest = await guest_of(hub, place)
    await hub.advance(minutes=50)
    await guest.post("/guest-booking/cancel", expect=200)
    await hub.settle()
    fee = (await guest.get("/guest-booking"))["fee"]["amount_minor"]

    made = await guest.post(ROUTE, claim("fraud", fee))
    back = await guest.post(f"{ROUTE}/{made['id']}/withdrawal", expect=200)

    assert made["booking_id"] is not None
    assert (back["status"], back["how"]) == ("closed", "withdrawn")
    await audited(hub)


async def test_a_guest_sees_no_dispute_of_others(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "2.0.1")
    guest = await charged(hub, place)
    made = await guest.post(ROUTE, claim("energy", 450))

    other = await guest_of(hub, place)

    assert (await other.get(ROUTE))["items"] == []
    for path in ("", "/evidence", "/messages"):
        await other.get(f"{ROUTE}/{made['id']}{path}", expect=404)
    await other.post(f"{ROUTE}/{made['id']}/withdrawal", expect=404)
