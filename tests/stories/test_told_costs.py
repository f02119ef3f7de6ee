"""A station with a display tells its driver what charging costs by now, as the app does."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from chargehub.sessions.schema import ToldCost
from chargehub.sessions.telling import FORGOTTEN_AFTER, SHOWS_COST
from chargehub.stations import actions as stations
from chargehub.store.work import Reads
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import leave, passing

MINUTE = timedelta(minutes=1)


async def told(owner: Person, place: Place) -> list[Any]:
    page = await owner.get(f"/stations/{place.station_id}/commands")
    return [each for each in page["items"] if each["kind"] == "tell_cost"]


def looked_at(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(ToldCost)))


async def test_a_station_shows_what_the_app_shows(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    shows = {SHOWS_COST: "True"}
    await hub.hub.store.do(stations.store_settings, place.station_id, shows, hub.clock.now())

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 5_000, readings=2, before_each=passing(hub, MINUTE))
    await hub.settle()
    first = await told(owner, place)
    await hub.advance(minutes=5)
    same = await told(owner, place)
    await place.sim.charge(1, 5_000, readings=2, before_each=passing(hub, MINUTE))
    await hub.advance(minutes=1)
    (session,) = (await driver.get("/sessions"))["items"]
    last = await told(owner, place)
    await leave(hub, place)
    await hub.advance(minutes=FORGOTTEN_AFTER + 1)

    assert await hub.hub.store.read(looked_at) == 0
    if version == "1.6":  # it has no message for this
        assert first == same == last == []
        return
    assert [each["state"] for each in (*first, *last)] == ["answered"] * 2
    assert same == first
    shown = [each["fields"]["cost_minor"] for each in (*first, *last)]
    assert 0 < shown[0] < shown[1] == session["cost"]["amount_minor"]


async def test_a_station_without_a_display_is_told_nothing(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 5_000, readings=2, before_each=passing(hub, MINUTE))
    await hub.advance(minutes=5)

    assert await told(owner, place) == []
    assert await hub.hub.store.read(looked_at) == 0
