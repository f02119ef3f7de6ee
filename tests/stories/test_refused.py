"""Tokens the hub will not take: nobody charges live; energy that flowed offline is kept."""

from datetime import timedelta

import pytest

from tests.hub import Person, RunningHub
from tests.stories.steps import (
    Bill,
    audited,
    bills,
    charge,
    energy,
    lasting,
    leave,
    only,
    passing,
    sent_away,
    settled,
    transfers,
)

OWES = "driver:receivable"
VERDICTS = {"unknown": "invalid", "blocked": "blocked", "expired": "expired"}


async def token(kind: str, driver: Person, hub: RunningHub) -> str:
    """A token of this driver that is not good, or nobody's."""
    if kind == "unknown":
        return "STRANGER"
    expires_at = (hub.clock.now() + timedelta(minutes=30)).isoformat()
    made = await driver.post("/id-tokens", {"value": "card-1", "expires_at": expires_at})
    if kind == "blocked":
        await driver.ask("PATCH", "/id-tokens/card-1", {"status": "blocked"}, 200)
    else:
        hub.clock.advance(timedelta(hours=1))
    value: str = made["value"]
    return value


@pytest.mark.parametrize("kind", VERDICTS)
async def test_a_bad_token_starts_nothing_and_its_offline_energy_is_kept(
    hub: RunningHub, version: str, kind: str
) -> None:
    """Refused when it asks and when it starts. A station without a line let it charge: that
    energy is somebody's debt, so it is kept, unbilled, with the reason."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    card = await token(kind, driver, hub)

    asked = await place.sim.authorize(card)
    started = await place.sim.plug_in(1, card, authorize=False)
    await sent_away(hub, place)
    await place.sim.go_offline()
    await charge(hub, place, card, 7_000)
    await place.sim.reconnect()
    await hub.settle()

    assert (asked, started) == (VERDICTS[kind], VERDICTS[kind])
    reason = f"{kind}_token"
    assert await bills(owner) == [
        Bill(minutes=0, energy_wh=0, unbilled_reason=reason),
        Bill(minutes=120, energy_wh=7_000, unbilled_wh=7_000, unbilled_reason=reason),
    ]
    assert await transfers(hub) == energy(7_000, "unbilled")
    assert (await driver.get("/payments"))["items"] == []
    seen = [session["status"] for session in (await driver.get("/sessions"))["items"]]
    assert seen == ([] if kind == "unknown" else ["closed", "closed"])
    assert (await audited(hub))["unbilled_wh"] == 7_000


async def test_a_driver_without_means_is_refused_live_and_owes_what_flowed_offline(
    hub: RunningHub, version: str
) -> None:
    """The token is good, so what it took without a line is billed, and is a receivable."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays=False)
    place = await hub.station(owner, version)
    no_credit = "blocked" if version == "1.6" else "no_credit"

    asked = await place.sim.authorize(driver.id_token)
    started = await place.sim.plug_in(1, driver.id_token, authorize=False)
    await sent_away(hub, place)
    remote = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    await place.sim.go_offline()
    await charge(hub, place, driver.id_token, 20_000)
    await place.sim.reconnect()
    await hub.settle()

    assert (asked, started) == (no_credit, no_credit)
    assert remote["code"] == "may_not_start"
    refused, owed = await bills(owner)
    assert refused == Bill(minutes=0, energy_wh=0, unbilled_reason="no_credit", cost_minor=None)
    assert (owed.billed_wh, owed.cost_minor) == (20_000, 900)
    assert lasting(await transfers(hub)) == settled(900, 810, 14, OWES) | energy(20_000, "billed")
    await audited(hub)


async def test_a_session_whose_hold_is_refused_is_stopped_and_owed(
    hub: RunningHub, version: str
) -> None:
    """No rail is asked while the start is answered; the refusal stops the session."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays="refuse")
    place = await hub.station(owner, version)

    verdict = await place.sim.plug_in(1, driver.id_token)
    hub.clock.advance(timedelta(seconds=30))
    place.sim.evses[1].meter.add(60)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert verdict == "accepted"
    (owed,) = await bills(owner)
    assert (owed.billed_wh, owed.cost_minor, owed.flags) == (60, 3, ("hold_refused",))
    assert await transfers(hub) == settled(3, 3, 0, OWES) | energy(60, "billed")
    session = await only(driver, "/sessions")
    assert (session["status"], session["stop_reason"]) == ("closed", "remote")
    states = {one["state"] for one in (await driver.get("/payments"))["items"]}
    assert states == {"refused", "failed"}
    await audited(hub)


async def test_what_a_station_learns_of_an_app_opens_nothing_afterwards(
    hub: RunningHub, version: str
) -> None:
    """A remote start tells the app's token to the station, and so to whoever owns it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    learned = await driver.app_token()
    await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await place.sim.charge(1, 1_000, before_each=passing(hub))
    await leave(hub, place)
    await hub.advance(hours=2)

    again = await place.sim.plug_in(1, learned)
    await sent_away(hub, place)
    await place.sim.disconnect()
    await place.sim.plug_in(1, learned)
    await place.sim.charge(1, 9_000, before_each=passing(hub))
    await place.sim.stop(1)
    hub.clock.advance(timedelta(hours=1))
    await place.sim.connect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert again == "invalid"
    billed = [(bill.billed_wh, bill.unbilled_reason) for bill in await bills(owner)]
    assert billed == [(1_000, None), (0, "unknown_token"), (0, "unknown_token")]


async def test_a_station_that_is_closed_or_not_published_admits_its_owner_alone(
    hub: RunningHub, version: str
) -> None:
    """Hours are the station's own: at 08:00 UTC it is nine in Oslo."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    hours = [{"weekdays": [0], "from": "07:00", "to": "09:00"}]
    place = await hub.station(owner, version, hours=hours)

    refused = await place.sim.plug_in(1, driver.id_token)
    await sent_away(hub, place)
    own = await place.sim.plug_in(1, owner.id_token)
    await place.sim.charge(1, 500, before_each=passing(hub))
    await leave(hub, place)
    await owner.ask("DELETE", f"/stations/{place.station_id}/listing", expect=204)
    unlisted = await driver.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)

    assert refused == "blocked" if version == "1.6" else "not_now"
    assert own == "accepted"
    assert unlisted["code"] == "may_not_start"
    assert [bill.unbilled_reason for bill in await bills(owner)] == ["not_admitted", None]
    assert await transfers(hub) == energy(500, "free")
