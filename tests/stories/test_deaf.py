"""Stations that say yes to a stop and go on charging: people see it, and may ask again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.hub import RunningHub
from tests.stories.steps import audited, bills, leave, only, passing


async def deaf(*_: Any, **__: Any) -> None:
    """What a station does that says yes and goes on."""


async def test_a_stop_that_is_not_done_is_shown_and_can_be_asked_for_again(
    hub: RunningHub, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    session = await only(driver, "/sessions")

    with monkeypatch.context() as patched:
        patched.setattr(place.sim, "stop", deaf)
        await driver.post(f"/sessions/{session['id']}/stop", expect=202)
        await place.sim.receive("stop_session")
        await hub.advance(minutes=1)
        patient = await only(driver, "/sessions")
        await hub.advance(minutes=2)
    ignored = await only(driver, "/sessions")
    await hub.advance(hours=1)
    asked = await driver.post(f"/sessions/{session['id']}/stop", expect=202)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert (patient["stop_requested_at"], patient["flags"]) == (session["started_at"], [])
    assert (ignored["stop_requested_at"], ignored["flags"]) == (None, ["stop_ignored"])
    assert asked["stop_requested_at"] is not None
    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert len(place.sim.commands) == 2


async def test_what_the_hub_wants_stopped_it_asks_for_until_it_is_done(
    hub: RunningHub, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session whose hold was refused goes on at the owner's cost."""
    owner, driver = await hub.person("owner"), await hub.person("driver", pays="refuse")
    place = await hub.station(owner, version)

    with monkeypatch.context() as patched:
        patched.setattr(place.sim, "stop", deaf)
        await place.sim.plug_in(1, driver.id_token)
        await hub.settle()
        for _ in range(2):
            await place.sim.receive("stop_session")
            await hub.advance(minutes=2)
    await place.sim.receive("stop_session")
    await hub.advance(minutes=2)
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    (bill,) = await bills(owner)
    assert bill.flags == ("hold_refused", "stop_ignored")
    await audited(hub)


async def test_a_stop_that_waits_for_a_line_is_not_called_ignored(
    hub: RunningHub, version: str
) -> None:
    """Nobody has heard of it yet; it is sent when the station returns."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.go_offline()
    await hub.until(lambda: not hub.hub.switchboard.is_connected(place.station_id))
    session = await only(driver, "/sessions")

    asked = await driver.post(f"/sessions/{session['id']}/stop", expect=202)
    await hub.advance(hours=25)

    waiting = await only(driver, "/sessions")
    assert waiting["stop_requested_at"] == asked["stop_requested_at"] is not None
    assert waiting["flags"] == ["suspect"]
    await place.sim.charge(1, 1_000, before_each=passing(hub, timedelta(minutes=1)))
    await leave(hub, place)
