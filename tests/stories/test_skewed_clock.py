"""Stations whose clock is wrong by a constant, or that tell local time: billed by true times."""

from datetime import datetime, timedelta

import pytest

from tests.hub import Place, RunningHub
from tests.stories.steps import HALF_HOUR, NINE_EUROS, bills, charge, leave, only, passing

SKEWS = [timedelta(hours=-3), timedelta(hours=2), timedelta(minutes=-4)]


async def measure(hub: RunningHub, place: Place, skew: timedelta) -> None:
    """The station's clock is wrong from now on, and it says so in three statuses."""
    place.sim.now = lambda: hub.clock.now() + skew
    for _ in range(3):
        await place.sim.say_again(1)
        hub.clock.advance(timedelta(seconds=40))


@pytest.mark.parametrize("skew", SKEWS, ids=str)
async def test_times_are_those_of_the_hub_and_the_session_says_so(
    hub: RunningHub, version: str, skew: timedelta
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await measure(hub, place, skew)

    began_at = hub.clock.now()
    await charge(hub, place, driver.id_token)

    cdr = await only(owner, "/cdrs?role=owner")
    assert datetime.fromisoformat(cdr["started_at"]) == began_at
    assert datetime.fromisoformat(cdr["ended_at"]) == began_at + timedelta(hours=2)
    assert cdr["flags"] == ["clock_corrected"]
    assert cdr["cost"]["amount_minor"] == NINE_EUROS.cost_minor
    shown = await owner.get(f"/stations/{place.station_id}")
    assert shown["clock_ahead_s"] == skew.total_seconds()


@pytest.mark.parametrize("skew", SKEWS, ids=str)
async def test_a_clock_that_is_set_during_a_session_does_not_change_its_length(
    hub: RunningHub, version: str, skew: timedelta
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await measure(hub, place, skew)

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub))
    place.sim.now = hub.clock.now
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub))
    await leave(hub, place)

    (found,) = await bills(owner)
    assert (found.minutes, found.energy_wh) == (120, 20_000)


async def test_what_was_kept_offline_is_corrected_too(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await measure(hub, place, timedelta(hours=-3))

    began_at = hub.clock.now()
    await place.sim.disconnect()
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=5)
    await place.sim.connect()
    await place.sim.deliver_queue()
    await hub.settle()

    cdr = await only(owner, "/cdrs?role=owner")
    assert datetime.fromisoformat(cdr["started_at"]) == began_at
    assert "clock_corrected" in cdr["flags"]


async def test_a_clock_that_is_right_is_left_alone(hub: RunningHub, version: str) -> None:
    """Also where a queue of hours comes at once: its delays are not the same."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await measure(hub, place, timedelta())

    await place.sim.disconnect()
    for _ in range(2):
        await charge(hub, place, driver.id_token)
        hub.clock.advance(HALF_HOUR)
    await place.sim.connect()
    await place.sim.deliver_queue()
    await hub.settle()

    assert [bill.minutes for bill in await bills(owner)] == [120, 120]
    assert (await owner.get(f"/stations/{place.station_id}"))["clock_ahead_s"] == 0
    assert all("clock_corrected" not in bill.flags for bill in await bills(owner))
