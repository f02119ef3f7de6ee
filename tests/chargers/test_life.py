"""Stations in real time: they stay, follow the hub, come back; a fleet ends when it has enough."""

import asyncio
import sys
from contextlib import asynccontextmanager

import pytest
from rich.console import Console

from chargers import drivers, fleet, life
from chargers.life import Life, Pace
from chargers.line import HandshakeRefused
from chargers.mix import VERSIONS, BadMix, divided, read_mix
from chargers.scenarios import SCENARIOS, Scenario
from chargers.station import StationSim
from tests.chargers.central import PASSWORD

QUICK = Pace(reading_s=0.01, speed=360_000)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(life, "FIRST_RETRY_S", 0.01)
    monkeypatch.setitem(SCENARIOS, "usual", Scenario("Quick.", idle_s=(0.0, 0.01)))
    monkeypatch.setattr(drivers, "LOOK_S", 0.005)


@asynccontextmanager
async def living(central, password: str = PASSWORD):
    sim = StationSim(central.version, "CS01", password, central.url)
    said: list[str] = []
    one = Life(sim, QUICK, said.append)
    task = asyncio.create_task(one.live())
    try:
        yield sim, one, said
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sim.close()


async def test_station_comes_back_when_the_line_is_lost(central):
    async with living(central) as (sim, _, _said):
        await sim.until(lambda: sim.is_connected)
        await central.hang_up(1012)
        await sim.closed()

        await sim.until(lambda: sim.is_connected)

    assert central.actions().count("BootNotification") == 2


async def test_car_comes_for_a_remote_start_and_charges(central):
    async with living(central) as (sim, _, _said):
        await sim.until(lambda: sim.is_connected)
        if central.version == "1.6":
            await central.ask("RemoteStartTransaction", {"idTag": "alice", "connectorId": 1})
        else:
            token = {"idToken": "alice", "type": "Central"}
            payload = {"remoteStartId": 1, "evseId": 1, "idToken": token}
            await central.ask("RequestStartTransaction", payload)

        await sim.until(lambda: bool(sim.sessions))
        await sim.until(lambda: sim.evses[1].register_wh > sim.sessions[0].start_wh)

    assert sim.sessions[0].id_token == "alice"


async def test_session_goes_on_offline_and_is_told_later(central):
    async with living(central) as (sim, one, _said):
        await sim.until(lambda: sim.is_connected)
        await one.go_offline()
        await sim.plug_in(1, "alice")
        await sim.until(lambda: sim.queue_length > 3)

        one.come_back()
        await sim.until(lambda: sim.sessions[0].verdict == "accepted")

    assert not any(action == "Authorize" for action in central.actions())


async def test_station_that_the_hub_will_not_have_gives_up(central):
    sim = StationSim(central.version, "CS01", "wrong", central.url)
    said: list[str] = []

    with pytest.raises(HandshakeRefused):
        await Life(sim, QUICK, said.append).live()

    assert "401" in said[0]


async def test_fleet_of_known_stations_ends_after_its_sessions(central):
    options = fleet.Options(
        hub=central.url,
        count=3,
        prefix="CS",
        password=PASSWORD,
        tokens=("alice", "bob"),
        mix=read_mix(central.version),
        sessions=4,
        pace=QUICK,
    )
    console = Console(quiet=True)

    status = await fleet.fleet(options, console)

    identities = {boot_of(payload) for payload in central.payloads("BootNotification")}
    assert status == 0
    assert len(identities) == 3


def boot_of(payload: dict) -> str:
    station = payload.get("chargingStation", payload)
    return str(station.get("serialNumber") or station.get("chargePointSerialNumber"))


@pytest.mark.parametrize(
    ("mix", "count"),
    [((1, 1), 5), ((3, 1), 7), ((1, 0), 10), ((0, 1), 0), ((1, 4), 2), ((2, 2, 1), 4)],
)
def test_mix_divides_the_stations(mix, count):
    versions = divided(10, mix)

    assert versions.count("1.6") == count
    assert set(versions) == {one for one, weight in zip(VERSIONS, mix, strict=False) if weight}


@pytest.mark.parametrize(
    ("text", "mix"),
    [("3:1", (3, 1)), ("1:0:2", (1, 0, 2)), ("2.1", (0, 0, 1)), ("1.6:2.0.1:2.1", (1, 1, 1))],
)
def test_mix_is_weights_or_versions(text, mix):
    assert read_mix(text) == mix


@pytest.mark.parametrize("text", ["", "1", "0:0", "1:1:1:1", "1.7", "1:x"])
def test_what_is_no_mix_is_refused(text):
    with pytest.raises(BadMix):
        read_mix(text)


async def test_command_line_says_why_it_was_refused(central):
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chargers", "run", "--identity", "CS01", "--password", "wrong"),
        *("--hub", central.url, "--version", central.version),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    out, _ = await command.communicate()

    assert command.returncode == 1
    assert "HTTP 401" in out.decode()


async def test_command_line_charges_and_obeys_what_is_typed(central):
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chargers", "run", "--identity", "CS01", "--password", PASSWORD),
        *("--hub", central.url, "--version", central.version, "--charge", "alice"),
        *("--reading-s", "0.1", "--speed", "1000"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    out, _ = await command.communicate(b"show\nstop\nunplug\nquit\n")

    assert command.returncode == 0
    assert "plugged in: accepted" in out.decode()
    assert "the car has left" in out.decode()
    ends = [
        payload
        for _, action, payload in central.calls
        if action == "StopTransaction" or payload.get("eventType") == "Ended"
    ]
    assert len(ends) == 1
