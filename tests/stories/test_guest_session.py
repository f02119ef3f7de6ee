"""A guest has of the session what a driver with an account has: it runs before their eyes, the
slot is made longer, and the bill can be proved."""

from datetime import datetime, timedelta

import pytest

from chargehub.receipts.checking import check
from tests.hub import RunningHub
from tests.stories.steps import QUARTER, audited, leave, only, passing
from tests.stories.test_guest import guest_of
from tests.stories.test_receipts import known
from tests.stories.test_told_ended import scene

HOUR = timedelta(hours=1)
pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def test_a_guest_watches_prolongs_and_proves(hub: RunningHub, version: str) -> None:
    _, _, place = await scene(hub, version)
    guest = await guest_of(hub, place)
    before = await guest.get("/guest-booking")
    until = (datetime.fromisoformat(before["ends_at"]) + HOUR).isoformat()
    none_yet = await guest.get("/guest-booking/session", expect=404)
    asked = await guest.get(f"/guest-booking/end?ends_at={until.replace('+', '%2B')}")
    await guest.ask("PUT", "/guest-booking/end", {"ends_at": until}, 200)
    await hub.settle()
    longer = await guest.get("/guest-booking")
    (other,) = (await guest.get("/guest-booking/alternatives"))["items"]
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    await guest.post("/guest-booking/start", expect=201)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await hub.settle()
    running = await guest.get("/guest-booking/session")
    await leave(hub, place)
    over = await guest.get("/guest-booking/session")

    assert none_yet["code"] == "not_found" and "no session yet" in none_yet["detail"]
    assert asked["deposit_change"]["amount_minor"] > 0
    assert longer["ends_at"] == asked["ends_at"]
    assert longer["deposit"] == asked["deposit"]
    assert other["id"] == place.evse_ids[1]
    assert (running["status"], running["energy_wh"]) == ("active", 10_000)
    assert running["cost"]["amount_minor"] == 450
    bill = await only(guest, "/guest-booking/receipts")
    assert over["status"] == "closed"
    assert bill["cost"]["amount_minor"] == 450
    assert (await guest.get("/guest-booking/signed-readings"))["items"] == []
    gone = await guest.get("/guest-booking/transparency.xml", expect=404)
    assert "signed" in gone["detail"]
    receipt = await hub.api.get(
        "/api/v1/guest-booking/receipt", headers={"Authorization": f"Bearer {guest.token}"}
    )
    assert receipt.status_code == 200
    checked = check(receipt.content, await known(hub))
    assert checked.holds and "4.50 EUR" in checked.title
    assert f'"receipt-{over["id"]}.json"' in receipt.headers["content-disposition"]
    await audited(hub)
