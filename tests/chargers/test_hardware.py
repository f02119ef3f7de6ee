"""Stations built and set up from the command line, and what the report tells of them."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from subprocess import run as command

import orjson
import pytest
from rich.console import Console

from chargers import drivers, fleet, life
from chargers.habits import Habits
from chargers.hardware import PARTS, BadHardware, built, read_hardware, read_settings, set_up
from chargers.life import Pace
from chargers.mix import read_mix
from chargers.scenarios import SCENARIOS
from chargers.settings import Setting, Settings
from tests.chargers.central import PASSWORD
from tests.chargers.test_metering import signed

DOCS = Path(__file__).parents[2] / "docs" / "chargers.md"


def test_hardware_is_read_into_habits(tmp_path):
    maker = tmp_path / "maker.pem"
    maker.write_bytes(b"-----BEGIN")

    parts = read_hardware(
        f"phases=1, least_current_a=8,signs=secp256k1,install_s=2.5,maker={maker},obeys_limits=no"
    )
    habits = built(Habits(), parts, 7)

    assert (habits.phases, habits.least_current_a, habits.signs) == (1, 8, "secp256k1")
    assert habits.install_time == timedelta(seconds=2.5)
    assert (habits.manufacturer_roots, habits.obeys_limits) == (b"-----BEGIN", False)
    assert habits.seed == "7"
    assert built(Habits(), read_hardware("install_s=never"), 7).install_time is None
    assert read_hardware("") == {}


@pytest.mark.parametrize(
    "text",
    ["wings=2", "phases=4", "phases=x", "signs=rsa", "obeys_limits=1", "phases", "maker=/no"],
)
def test_hardware_that_is_none_is_refused(text):
    with pytest.raises(BadHardware):
        read_hardware(text)


def test_settings_are_written_where_there_are_any():
    settings = Settings({"Beat": Setting("60"), "Fixed": Setting("1", "read_only")}, "")

    set_up(settings, read_settings(["Beat=30", "Other=yes"]))

    assert settings["Beat"] == "30"
    for wrong in ("Beat=often", "Fixed=2"):
        with pytest.raises(BadHardware):
            set_up(settings, read_settings([wrong]))


def test_every_part_and_scenario_stands_in_the_docs():
    rows = DOCS.read_text().splitlines()

    for name, part in PARTS.items():
        assert f"| `{name}` | {part.sentence} |" in rows
    for name, scenario in SCENARIOS.items():
        assert f"| `{name}` | {scenario.sentence} |" in rows


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_built_of_what_there_is(name):
    scenario = SCENARIOS[name]

    assert built(Habits(), read_hardware(scenario.hardware), 0)
    assert len(read_settings(scenario.settings)) == len(scenario.settings)


async def test_fleet_of_signing_meters_proves_its_report(central, tmp_path, monkeypatch):
    monkeypatch.setattr(life, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(drivers, "LOOK_S", 0.005)
    monkeypatch.setattr("chargers.drivers.ENERGY_WH", (500, 600))
    path = tmp_path / "report.json"
    options = fleet.Options(
        hub=central.url,
        count=2,
        prefix="CS",
        password=PASSWORD,
        tokens=("alice",),
        mix=read_mix(central.version),
        sessions=3,
        pace=Pace(reading_s=0.01, speed=360_000),
        scenario="signed_meters",
        settings=read_settings(["LocalPreAuthorize=true", "AuthCtrlr.LocalPreAuthorize=true"]),
        report=path,
    )
    monkeypatch.setitem(SCENARIOS, "signed_meters", _quick("signed_meters"))

    status = await fleet.fleet(options, Console(quiet=True))

    told = orjson.loads(path.read_bytes())
    keys = {one["identity"]: one["public_key"] for one in told["stations"]}
    assert status == 0
    # What was under way when the fleet ended is sent again, with the same record.
    assert told["totals"]["readings_signed"] == len({text for _, text, _ in signed(central)}) >= 6
    assert len(set(keys.values())) == 2
    assert {one["signing_method"] for one in told["stations"]} == {"ECDSA-secp256r1-SHA256"}
    record = tmp_path / "record.ocmf"
    record.write_text(signed(central)[0][1])
    found = [proof(record, key).returncode for key in keys.values()]
    assert sorted(found) == [0, 1]


def proof(record: Path, key: str):
    return command(
        [sys.executable, "-m", "chargers", "verify", str(record), "--key", key],
        capture_output=True,
    )


def _quick(name: str):
    return replace(SCENARIOS[name], idle_s=(0.0, 0.01))


@pytest.mark.parametrize("arguments", [["--hardware", "wings=2"], ["--setting", "no value"]])
def test_command_line_says_what_it_does_not_understand(arguments):
    done = command(
        [
            *(sys.executable, "-m", "chargers", "fleet", "--identity-prefix", "CS"),
            *("--password", "secret", *arguments),
        ],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "wings" in done.stderr or "NAME=VALUE" in done.stderr
