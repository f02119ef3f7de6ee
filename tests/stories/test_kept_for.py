"""While an EVSE is kept for a booked driver, no other token starts there: not one that the station
knows from its cache, nor one on its local list, nor by app; the owner's neither."""

from datetime import timedelta

import pytest

from chargers.habits import Habits
from tests.hub import Place, RunningHub
from tests.stories.steps import audited, bills, book, leave, only, sent_away

HOUR = timedelta(hours=1)
SWITCHES = {
    "cache": ("AuthorizationCacheEnabled", "AuthCacheCtrlr.Enabled"),
    "ahead": ("LocalPreAuthorize", "AuthCtrlr.LocalPreAuthorize"),
}


def starts_unasked(place: Place, *switches: str) -> None:
    """The station starts whom its cache or list knows without asking, and heeds no reservation."""
    place.sim.habits = Habits(honours_reservations=False)
    for switch in switches:
        old, new = SWITCHES[switch]
        name = old if place.sim.version == "1.6" else new
        assert place.sim.settings.write(name, "true") == "accepted"


async def test_a_token_from_the_cache_is_refused_and_the_booked_one_starts(
    hub: RunningHub, version: str
) -> None:
    """The station lets it start; the hub says no to the start, and the station ends it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    starts_unasked(place, "cache", "ahead")
    known = await place.sim.authorize(other.id_token)
    booking = await book(hub, driver, place, HOUR, 2 * HOUR)
    await hub.advance(minutes=55)

    refused = await place.sim.plug_in(1, other.id_token)
    await sent_away(hub, place)
    by_app = await other.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    of_owner = await place.sim.plug_in(1, owner.id_token, authorize=False)
    await sent_away(hub, place)
    started = await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    assert (known, place.sim.started_unasked) == ("accepted", 1)
    assert refused == of_owner == ("blocked" if version == "1.6" else "not_now")
    assert by_app["code"] == "may_not_start"
    assert started == "accepted"
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "active"
    await leave(hub, place)
    assert [bill.cost_minor for bill in await bills(owner)] == [None, None, 0]
    assert (await other.get("/payments"))["items"] == []
    await audited(hub)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_token_on_the_list_for_a_later_booking_is_refused_before_it(
    hub: RunningHub, version: str
) -> None:
    """A list cannot say from when on, so whoever has the next slot is on it. With a line the hub
    refuses the start; what flowed without one is kept, and uses nobody's booking up."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    later = await hub.person("later")
    place = await hub.station(owner, version)
    starts_unasked(place, "ahead")
    booking = await book(hub, driver, place, HOUR, HOUR)
    own = {"evse_id": place.evse_ids[0], "id_token": later.id_token}
    start = hub.clock.now() + 2 * HOUR + HOUR / 2
    times = {"starts_at": start.isoformat(), "ends_at": (start + HOUR).isoformat()}
    await later.post("/bookings", {**own, **times})
    await hub.advance(minutes=55)
    await owner.post(f"/stations/{place.station_id}/commands", {"kind": "sync_local_list"}, 202)
    await hub.until(lambda: place.sim.local_auth.verdict(later.id_token, hub.clock.now()))

    refused = await place.sim.plug_in(1, later.id_token)
    await sent_away(hub, place)
    await place.sim.go_offline()
    offline = await place.sim.plug_in(1, later.id_token)
    await place.sim.charge(1, 2_000)
    hub.clock.advance(timedelta(minutes=5))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await place.sim.reconnect()
    await hub.settle()

    assert place.sim.started_unasked == 1
    assert refused == ("blocked" if version == "1.6" else "not_now")
    assert offline is None
    assert [bill.energy_wh for bill in await bills(owner)] == [0, 2_000]
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "confirmed"
    assert (await only(later, "/bookings"))["status"] == "confirmed"
    await audited(hub)
