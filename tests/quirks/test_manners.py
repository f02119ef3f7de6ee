"""What each treatment changes on the wire, for a model that an operator describes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub
from tests.quirks.playing import Player
from tests.stories.test_quirks import PROFILE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "HASTY ", "chargePointModel": "Wall"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "HASTY ", "model": "Wall"}},
}
OTHER = {"chargePointVendor": "Patient", "chargePointModel": "Wall"}
ACCEPTED = {"status": "Accepted", "currentTime": "*", "interval": "*"}


@asynccontextmanager
async def played(
    database: str, clock: HandClock, folder: Path, treatment: str, version: str = "1.6", **more: Any
) -> AsyncIterator[Player]:
    """A station of that vendor, which has not booted yet."""
    (folder / "hasty.toml").write_text(PROFILE.format(treatment=treatment))
    hub = RunningHub(database, clock, chargers=str(folder), **more)
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.disconnect()
    is_connected = hub.hub.switchboard.is_connected
    await hub.until(lambda: not is_connected(place.station_id))
    player = Player(hub, owner, driver, place, version)
    await player.open([f"ocpp{version}"])
    try:
        yield player
    finally:
        await player.close()
        await hub.close()


async def boots(player: Player, payload: dict[str, Any] | None = None, id: str = "1") -> None:
    await player._station([2, id, "BootNotification", payload or BOOT[player.ocpp]])
    await player._hub([3, id, ACCEPTED])


SETTINGS = {
    "1.6": [
        ("MeterValuesSampledData", "Voltage"),
        ("MeterValueSampleInterval", "60"),
        ("ClockAlignedDataInterval", "900"),
        ("WebSocketPingInterval", "30"),
        ("Zulu", "1"),
        ("Alpha", "2"),
    ],
    "2.0.1": [
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "Voltage"),
        ("SampledDataCtrlr", "TxUpdatedInterval", "60"),
        ("AlignedDataCtrlr", "Interval", "900"),
        ("OCPPCommCtrlr", "WebSocketPingInterval", "30"),
        ("TxCtrlr", "EVConnectionTimeOut", "90"),
    ],
}
WRITES = """
[treatment]
measurands = ["Voltage"]
station_ping_interval_s = 30
clock_aligned_interval_s = 900
sampling_interval_s = 60
[treatment.settings."1.6"]
Zulu = "1"
Alpha = "2"
[treatment.settings."2.0.1"]
"TxCtrlr.EVConnectionTimeOut" = "90"
"""


async def test_settings_are_written_in_order_after_the_boot_once_a_day(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    async with played(database, clock, tmp_path, WRITES) as player:
        for day in range(2):
            await boots(player, id=f"first-{day}")
            for key, value in SETTINGS["1.6"]:
                await player._hub([2, "*", "ChangeConfiguration", {"key": key, "value": value}])
                await player._station([3, "@asked", {"status": "Accepted"}])
            await boots(player, id=f"second-{day}")
            await player._silence_s(0.3)
            player.hub.clock.advance(timedelta(hours=25))


async def test_in_2_0_1_they_are_written_in_one_message(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    async with played(database, clock, tmp_path, WRITES, "2.0.1") as player:
        await boots(player)
        wanted = [
            {"attributeValue": value, "component": {"name": where}, "variable": {"name": name}}
            for where, name, value in SETTINGS["2.0.1"]
        ]
        await player._hub([2, "*", "SetVariables", {"setVariableData": wanted}])


@pytest.mark.parametrize(("style", "changed"), [("lower", str.lower), ("upper", str.upper)])
async def test_id_tokens_are_written_as_the_model_wants_them(
    database: str, clock: HandClock, tmp_path: Path, style: str, changed: Any
) -> None:
    treatment = f'[treatment]\nid_tokens = "{style}"'
    async with played(database, clock, tmp_path, treatment) as player:
        await boots(player)
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await player._station([2, "2", "StatusNotification", status])
        await player._hub([3, "2", {}])
        token = await player.driver.app_token()
        await player._driver_starts(1)
        start = {"connectorId": 1, "idTag": changed(token)}
        await player._hub([2, "*", "RemoteStartTransaction", start])
        await player._station([3, "@asked", {"status": "Rejected"}])
        await player._owner({"kind": "sync_local_list"})
        await player._hub([2, "*", "GetLocalListVersion", {}])
        await player._station([3, "@asked", {"listVersion": 0}])
        told = await player._receive(3)
        assert told is not None
        listed = [one["idTag"] for one in told[3]["localAuthorizationList"]]
        assert changed(player.owner.id_token) in listed


async def test_calls_are_apart(database: str, clock: HandClock, tmp_path: Path) -> None:
    """Also those that were wanted at the same time."""
    async with played(database, clock, tmp_path, "[treatment]\npause_s = 0.4") as player:
        await boots(player)
        for _ in range(3):
            await player._owner({"kind": "clear_cache"})
        answered_s = 0.0
        for _ in range(3):
            await player._hub([2, "*", "ClearCache", {}])
            assert time.monotonic() - answered_s > 0.4
            await player._station([3, "@asked", {"status": "Accepted"}])
            answered_s = time.monotonic()


async def test_a_model_that_is_never_pinged(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    """It would be cut off; a station that boots as something else is pinged again."""
    never = "[treatment]\nping_interval_s = 0"
    async with played(database, clock, tmp_path, never, ocpp_ping_interval_s=0.2) as player:
        await player._deaf(True)
        await boots(player)
        await player._silence_s(0.8)
        await boots(player, OTHER, "2")
        await player._closes(1011)


async def test_a_version_that_is_not_offered_is_not_insisted_on(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    old_alone = '[treatment]\nversions = ["1.6"]'
    async with played(database, clock, tmp_path, old_alone, "2.0.1") as player:
        await boots(player)
        await player._silence_s(0.8)
        await player._offers(["ocpp2.0.1"], "2.0.1")
        await player._offers(["ocpp2.0.1", "ocpp1.6"], "1.6")


async def test_a_station_without_quirks_is_asked_at_once(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    """Treatments of others cost it nothing."""
    slow = '[treatment]\nreply_delay_s = { "*" = 3 }\npause_s = 3\nquiet_after_boot_s = 3'
    async with played(database, clock, tmp_path, slow) as player:
        await boots(player, OTHER)
        began_s = time.monotonic()
        for _ in range(2):
            await player._owner({"kind": "clear_cache"})
            await player._hub([2, "*", "ClearCache", {}])
            await player._station([3, "@asked", {"status": "Accepted"}])
        assert time.monotonic() - began_s < 3
