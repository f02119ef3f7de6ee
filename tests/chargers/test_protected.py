"""TLS and certificates from the command line, and a living station whose line is changed."""

import asyncio
import sys
from pathlib import Path

import pytest
from rich.console import Console

from chargers import drivers, fleet, life, protected
from chargers.life import Life, Pace
from chargers.mix import read_mix
from chargers.protection import BadProtection, Protection
from chargers.scenarios import SCENARIOS, Scenario
from chargers.station import StationSim
from tests.chargers.asking import Secure, raise_to
from tests.chargers.central import PASSWORD
from tests.pki import new_key, request, write_key

QUICK = Pace(reading_s=0.01, speed=360_000)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(life, "FIRST_RETRY_S", 0.01)
    monkeypatch.setitem(SCENARIOS, "usual", Scenario("Quick.", idle_s=(0.0, 0.01)))
    monkeypatch.setattr(drivers, "LOOK_S", 0.005)


def certified(secure: Secure, folder: Path, identity: str) -> Path:
    """A folder with a key and a certificate of this station."""
    key = new_key()
    folder.mkdir(parents=True)
    write_key(folder / "station.key", key)
    (folder / "station.pem").write_text(secure.authority.sign(request(key, identity)))
    return folder


async def test_a_station_shows_its_certificate_from_the_command_line(version, tmp_path):
    secure = await Secure(version, tmp_path).open(wants=True)
    own = certified(secure, tmp_path / "own", "CS01")
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chargers", "run", "--identity", "CS01", "--password", ""),
        *("--hub", secure.central.url, "--version", version, "--profile", "3"),
        *("--ca", str(secure.certificate), "--client-cert", str(own / "station.pem")),
        *("--client-key", str(own / "station.key")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    out, _ = await command.communicate(b"quit\n")

    assert command.returncode == 0, out.decode()
    assert secure.central.entries == ["CS01"]
    assert secure.central.actions()[0] == "BootNotification"
    await secure.central.close()


async def test_a_fleet_finds_a_folder_for_each_station(version, tmp_path):
    secure = await Secure(version, tmp_path).open(wants=True)
    keys = tmp_path / "keys"
    for number in (1, 2):
        certified(secure, keys / f"CS00{number}", f"CS00{number}")
    options = fleet.Options(
        hub=secure.central.url,
        count=2,
        prefix="CS",
        mix=read_mix(version),
        sessions=2,
        pace=QUICK,
        protection=protected.read(secure.central.url, 3, secure.certificate),
        keys=keys,
    )

    status = await fleet.fleet(options, Console(quiet=True))

    assert status == 0
    assert sorted(secure.central.entries) == ["CS001", "CS002"]
    await secure.central.close()


async def test_a_living_station_has_one_line_after_its_profile_was_raised(central, tmp_path):
    """The change of line and the search for a lost one must not both open one."""
    secure = await Secure(central.version, tmp_path).open()
    given = Protection(ca=secure.certificate.read_text(), folder=tmp_path / "keys")
    sim = StationSim(central.version, "CS01", PASSWORD, central.url, protection=given)
    living = asyncio.create_task(Life(sim, QUICK, lambda text: None).live())
    await central.until(lambda: "BootNotification" in central.actions())

    assert await raise_to(central, 2, secure.central.url) == "Accepted"
    if central.version != "1.6":
        await central.ask("Reset", {"type": "OnIdle"})
    await secure.central.until(lambda: bool(secure.central.calls))

    assert sim.security.profile == 2
    assert secure.central.lines == 1
    assert not living.done()
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    await sim.close()
    await secure.central.close()


def test_profiles_with_tls_need_an_address_with_tls():
    with pytest.raises(BadProtection, match="wss"):
        protected.read("ws://hub/ocpp", 2)


def test_a_folder_is_called_as_its_station():
    given = protected.of_station(Protection(), Path("keys"), "a/b")

    assert given.folder == Path("keys/a%2Fb")
