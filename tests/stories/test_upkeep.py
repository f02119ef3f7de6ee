"""What owners ask of their stations, and stations that really do it."""

from datetime import timedelta
from typing import Any

import pytest

from chargers import upkeep
from chargers.vehicle import Vehicle
from tests.hub import Person, Place, RunningHub
from tests.shelf import Shelf

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)
CAR = Vehicle(100_000, 10_000)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LOOK_S", 0.005)


async def ask(hub: RunningHub, owner: Person, place: Place, **wish: Any) -> dict[str, Any]:
    """A command and what came of it."""
    made = await owner.post(f"/stations/{place.station_id}/commands", wish, 202)
    await hub.settle()
    await place.sim.settled()
    found: dict[str, Any] = await owner.get(f"/commands/{made['id']}")
    assert found["outcome"]["fate"] == "accepted", found
    return found


async def test_a_car_follows_the_limit_that_its_owner_set(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, driver.id_token, vehicle=CAR)
    await hub.settle()

    await ask(
        *(hub, owner, place),
        kind="set_charging_profile",
        profile_id=7,
        purpose="session_default",
        evse=1,
        unit="A",
        periods=[{"start_s": 0, "limit": 10}, {"start_s": 1_800, "limit": 0}],
        starts_at=hub.clock.now().isoformat(),
    )
    told = await ask(hub, owner, place, kind="read_composite_schedule", evse=1, duration_s=3_600)
    hub.clock.advance(HOUR)
    gained = await place.sim.tick(1, HOUR)
    held = place.sim.evses[1].charging
    await ask(hub, owner, place, kind="clear_charging_profiles", profile_id=7)

    periods = told["outcome"]["details"]["schedule"]["periods"]
    assert [(one["start_s"], one["limit"]) for one in periods] == [(0, 10), (1_800, 0)]
    assert (gained, held) == (3_450, "suspended_evse")
    assert place.sim.evses[1].charging == "charging"


async def test_listed_owner_charges_while_the_line_is_down(hub: RunningHub, version: str) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    old = version == "1.6"
    unknown = "AllowOfflineTxForUnknownId" if old else "AuthCtrlr.OfflineTxForUnknownIdEnabled"
    place.sim.settings.write(unknown, "false")

    await ask(hub, owner, place, kind="sync_local_list")
    listed = place.sim.local_auth.list_length
    await place.sim.go_offline()
    known = await place.sim.plug_in(1, owner.id_token)
    await place.sim.unplug(1)
    stranger = await place.sim.plug_in(1, "STRANGER")

    assert listed > 0
    assert (known, stranger) == (None, "unknown_offline")


async def test_firmware_is_installed_and_a_log_is_fetched(
    hub: RunningHub, version: str, shelf: Shelf
) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    now = hub.clock.now().isoformat()

    asked = await ask(
        *(hub, owner, place),
        kind="update_firmware",
        location=shelf.url("station-3.1.bin"),
        retrieve_at=now,
    )
    await place.sim.upkeep.done()
    log = await ask(hub, owner, place, kind="get_log", log="diagnostics", location=shelf.url("l/"))
    await place.sim.upkeep.done()
    await hub.settle()

    done = [await owner.get(f"/commands/{one['id']}") for one in (asked, log)]
    station = await owner.get(f"/stations/{place.station_id}")
    assert [one["progress"]["status"].lower() for one in done] == ["installed", "uploaded"]
    assert "3.1" in str(station)
    assert len(shelf.taken) == 1
