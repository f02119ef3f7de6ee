"""Stations that do what real models do get on with their quirk profile, and not without it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from chargehub.clock import HandClock
from chargers import faulty_line
from chargers.faults import Faults
from chargers.line import ConnectionLost
from chargers.station import Habits, StationSim
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import bills, charge

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FAST_S = 0.15
PING_S = 0.2
PROFILE = """
title = "Hasty wallbox"
[[stations]]
vendor = "Hasty"
{treatment}
[[quirks]]
name = "odd"
what = "It does what its fault says."
state = "done"
how = "By the treatment of this test."
sources = ["https://github.com/hasty/wall/issues/1"]
"""
MEASURANDS = {
    "1.6": "MeterValuesSampledData",
    "2.0.1": "SampledDataCtrlr.TxUpdatedMeasurands",
    "2.1": "SampledDataCtrlr.TxUpdatedMeasurands",
}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty_line, "FAST_S", FAST_S)


class Yard:
    """A hub, an owner, a driver, and a station with a fault."""

    def __init__(self, hub: RunningHub, owner: Person, driver: Person, place: Place) -> None:
        self.hub = hub
        self.owner = owner
        self.driver = driver
        self.place = place

    async def ask(self, command: dict[str, object]) -> str:
        path = f"/stations/{self.place.station_id}/commands"
        return str((await self.owner.post(path, command, 202))["id"])

    async def outcome(self, command_id: str) -> tuple[str, str]:
        """How a command ended: its state, and why it was not sent."""

        async def ended() -> object:
            found = await self.owner.get(f"/commands/{command_id}")
            return found if found["finished_at"] else None

        found = await self.hub.until(ended)
        return found["state"], found["outcome"]["details"].get("reason", "")


@asynccontextmanager
async def yard(
    database: str, clock: HandClock, folder: Path, version: str, fault: str, treatment: str
) -> AsyncIterator[Yard]:
    if treatment:
        (folder / "hasty.toml").write_text(PROFILE.format(treatment=treatment))
    hub = RunningHub(database, clock, chargers=str(folder), ocpp_ping_interval_s=PING_S)
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.disconnect()
    place.sim = StationSim(
        *(version, place.identity, place.password, hub.url, 1, hub.clock.now),
        habits=Habits(vendor="Hasty", model="Wall"),
        faults=Faults({fault: 1.0}, Random(1)),
    )
    try:
        yield Yard(hub, owner, driver, place)
    finally:
        await place.sim.close()
        await hub.close()


async def boot(scene: Yard) -> None:
    await scene.place.sim.connect()
    await scene.place.sim.boot()


# --- what the station goes through; True: it got on ----------------------------------------


async def charges(scene: Yard) -> bool:
    with suppress(ConnectionLost):
        await boot(scene)
        await charge(scene.hub, scene.place, scene.driver.id_token, 2_000)
    return [bill.energy_wh for bill in await bills(scene.owner)] == [2_000]


async def stays(scene: Yard) -> bool:
    sim = scene.place.sim
    await boot(scene)
    with suppress(TimeoutError):
        await sim.closed(limit_s=10 * PING_S)
    return sim.is_connected


async def is_asked_after_a_pause(scene: Yard) -> bool:
    with suppress(ConnectionLost):
        sim = scene.place.sim
        await boot(scene)
        await sim.disconnect()
        is_connected = scene.hub.hub.switchboard.is_connected
        await scene.hub.until(lambda: not is_connected(scene.place.station_id))
        asked = await scene.ask({"kind": "read_settings"})
        await sim.connect()
        with suppress(TimeoutError):  # it takes its time to boot
            await sim.closed(limit_s=0.3)
        if not sim.is_connected:
            return False
        await sim.boot()
        return (await scene.outcome(asked))[0] == "answered"
    return False


async def is_asked_for_too_much(scene: Yard) -> bool:
    with suppress(ConnectionLost):
        await boot(scene)
        name = MEASURANDS[scene.place.sim.version]
        await scene.outcome(
            await scene.ask({"kind": "write_settings", "settings": {name: "Voltage,SoC"}})
        )
    return scene.place.sim.is_connected


async def is_triggered(scene: Yard) -> bool:
    await boot(scene)
    state, why = await scene.outcome(
        await scene.ask({"kind": "trigger_report", "report": "status"})
    )
    return (state, why) == ("failed", "Not for a Hasty wallbox: it refuses all of them.")


Through = Callable[[Yard], Awaitable[bool]]
CASES: dict[str, tuple[str, Through]] = {
    "hangs_up_on_fast_answers": (
        '[treatment]\nreply_delay_s = { "*" = 0.2 }',
        charges,
    ),
    "deaf_to_pings": ("[treatment]\nanswers_pings = false", stays),
    "hangs_up_when_asked_early": ("[treatment]\nboot_wait_s = 5", is_asked_after_a_pause),
    "hangs_up_on_measurands": (
        '[treatment]\nmeasurands = ["Energy.Active.Import.Register", "Voltage"]',
        is_asked_for_too_much,
    ),
    "refuses_trigger": (
        '[[treatment.never]]\naction = "TriggerMessage"\nbecause = "it refuses all of them."',
        is_triggered,
    ),
}


@pytest.mark.parametrize("fault", CASES)
async def test_with_its_profile_a_station_gets_on(
    database: str, clock: HandClock, tmp_path: Path, version: str, fault: str
) -> None:
    treatment, through = CASES[fault]

    async with yard(database, clock, tmp_path, version, fault, treatment) as scene:
        assert await through(scene)
        shown = await scene.owner.get(f"/stations/{scene.place.station_id}")

    assert shown["quirk_profile"]["name"] == "hasty"
    assert shown["quirk_choice"] == "auto"


@pytest.mark.parametrize("fault", CASES)
async def test_without_it_does_not(
    database: str, clock: HandClock, tmp_path: Path, version: str, fault: str
) -> None:
    _, through = CASES[fault]

    async with yard(database, clock, tmp_path, version, fault, "") as scene:
        assert not await through(scene)
        shown = await scene.owner.get(f"/stations/{scene.place.station_id}")

    assert shown["quirk_profile"] is None


async def test_a_restarted_hub_knows_the_station_before_it_boots(
    database: str, clock: HandClock, tmp_path: Path, version: str
) -> None:
    """It comes back without a boot, and is not pinged to death."""
    treatment, _ = CASES["deaf_to_pings"]

    async with yard(database, clock, tmp_path, version, "deaf_to_pings", treatment) as scene:
        await boot(scene)
        await scene.place.sim.disconnect()
        await scene.hub.restart()
        scene.place.sim.url = scene.hub.url
        await scene.place.sim.connect()
        with suppress(TimeoutError):
            await scene.place.sim.closed(limit_s=10 * PING_S)

        assert scene.place.sim.is_connected


async def test_an_operator_switches_a_profile_off_and_on(
    database: str, clock: HandClock, tmp_path: Path, version: str
) -> None:
    treatment, _ = CASES["hangs_up_on_fast_answers"]

    async with yard(database, clock, tmp_path, version, "celcius", treatment) as scene:
        operator, sim = await scene.hub.operator(), scene.place.sim
        path = f"/stations/{scene.place.station_id}/quirk-profile"
        shown = {}
        for choice in ("off", "auto", "wallbox"):
            await boot(scene)
            shown[choice] = await operator.ask("PUT", path, {"choice": choice}, 200)
            await sim.closed()
        unknown = await operator.ask("PUT", path, {"choice": "roof"}, 422)
        await scene.owner.ask("PUT", path, {"choice": "auto"}, 403)

    assert shown["off"]["quirk_profile"] is None
    assert shown["auto"]["quirk_profile"]["treatment"] == [
        "Answers to everything are held back by 0.2 s."
    ]
    assert shown["wallbox"]["quirk_profile"]["name"] == "wallbox"
    assert [one["quirk_choice"] for one in shown.values()] == list(shown)
    assert unknown["code"] == "unknown_quirk_profile"
