"""What happens to a whole fleet, and the numbers it ends with."""

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from chargers import drivers, faulty_line, fleet, life
from chargers.__main__ import app
from chargers.fleet import Options
from chargers.life import Pace
from chargers.machine import utc_now
from chargers.mix import read_mix
from chargers.scenarios import SCENARIOS, Cut, LateClock, Scenario
from tests.chargers.central import PASSWORD

QUICK = Pace(reading_s=0.01, speed=360_000)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(life, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(drivers, "LOOK_S", 0.005)
    for name in ("SLOW_S", "SILENCE_S"):
        monkeypatch.setattr(faulty_line, name, 0.01)


@pytest.fixture
def run(central, tmp_path: Path, monkeypatch):
    """Runs a fleet through a scenario; returns its exit status and its report."""

    async def play(scenario: Scenario, console: Console | None = None, **more):
        monkeypatch.setitem(SCENARIOS, "usual", scenario)
        options = Options(
            hub=central.url,
            count=3,
            prefix="CS",
            password=PASSWORD,
            tokens=("alice", "bob"),
            mix=read_mix(central.version),
            sessions=6,
            pace=QUICK,
            report=tmp_path / "report.json",
            **more,
        )
        status = await fleet.fleet(options, console or Console(quiet=True))
        return status, orjson.loads((tmp_path / "report.json").read_bytes())

    return play


async def test_report_says_what_was_told_and_how_it_was_answered(run):
    status, told = await run(Scenario("Quick.", idle_s=(0.0, 0.01)))

    totals = told["totals"]
    assert status == 0
    assert totals["sessions"] >= 6
    assert totals["energy_told_wh"] == totals["energy_measured_wh"] > 0
    assert told["rules_broken"] == {"unanswered": 0, "misfits": 0, "cut": 0}
    assert told["latency_ms"]["p50"] <= told["latency_ms"]["p99"]
    assert [one["identity"] for one in told["stations"]] == ["CS001", "CS002", "CS003"]


async def test_hub_that_answers_nonsense_is_found_out(central, run):
    central.nonsense = {"Authorize"}

    status, told = await run(
        Scenario("Quick.", idle_s=(0.0, 0.01)),
    )

    assert status == fleet.RULES_BROKEN
    assert told["rules_broken"]["misfits"] > 0


@pytest.mark.parametrize("power", [False, True])
async def test_all_come_back_after_a_cut(central, run, power):
    cut = Cut(after_s=0.05, lasts_s=0.05, power=power)

    status, told = await run(Scenario("Cut.", idle_s=(0.0, 0.01), cut=cut))

    assert status == 0
    assert central.actions().count("BootNotification") >= 6
    assert told["totals"]["energy_told_wh"] == told["totals"]["energy_measured_wh"]


async def test_what_was_charged_without_a_line_is_told_with_its_own_times(central, run):
    late = Scenario(
        "Late.",
        idle_s=(0.0, 0.01),
        late=timedelta(days=1),
        late_played_in=timedelta(seconds=0.3),
    )
    before = utc_now() - timedelta(days=1)

    status, _ = await run(late)

    assert status == 0
    ends = ("StartTransaction", "TransactionEvent")
    times = [payload["timestamp"] for _, name, payload in central.calls if name in ends]
    assert before.isoformat() < min(times) < max(times) <= utc_now().isoformat()


async def test_faults_that_were_played_stand_in_the_report(central, run):
    central.is_lenient = True
    quick = Scenario("Quick.", faults="extra_fields:1,doubled_queue:0.5", idle_s=(0.0, 0.01))

    status, told = await run(quick, faults={"doubled_queue": 1.0})

    played = [one["faults"] for one in told["stations"]]
    assert status == 0
    assert all({"extra_fields", "doubled_queue"} <= one.keys() for one in played if one)
    assert told["totals"]["energy_told_wh"] > 0


async def test_told_to_end_it_leaves_in_good_order_and_says_what_it_did(central, tmp_path):
    path = tmp_path / "report.json"
    options = Options(
        hub=central.url,
        count=2,
        prefix="CS",
        password=PASSWORD,
        mix=read_mix(central.version),
        pace=QUICK,
        report=path,
    )
    running = asyncio.create_task(fleet.fleet(options, Console(quiet=True)))
    await central.until(lambda: central.actions().count("BootNotification") == 2)

    running.cancel()
    status = await running

    assert status == fleet.INTERRUPTED
    assert [one["queued"] for one in orjson.loads(path.read_bytes())["stations"]] == [0, 0]


async def test_a_setting_that_no_station_has_is_said_and_left_out(central, run, capsys):
    typed = {"HartbeatInterval": "9", "HeartbeatInterval": "9"}

    status, _ = await run(Scenario("Quick.", idle_s=(0.0, 0.01)), settings=typed, console=Console())

    told = capsys.readouterr().out
    assert status == 0
    assert "HartbeatInterval: left out" in told
    assert ("setting HeartbeatInterval" in told) == (central.version != "1.6")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--identity", "CS01", "--password", "x", "--hub", "http://127.0.0.1"], "--hub"),
        (["fleet", "--hub", "127.0.0.1:9000"], "--hub"),
        (["fleet", "--api", "http://127.0.0.1", "--report", "/no/such/report"], "/no/such"),
        (["verify", __file__, "--key", "no key"], "hexadecimal"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said_before_anything_begins(words, told):
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 2
    assert told in result.output


def test_a_late_clock_catches_up_and_is_never_ahead():
    clock = LateClock(timedelta(days=1), timedelta(minutes=1))

    at = clock()

    assert timedelta(hours=23) < utc_now() - at <= timedelta(days=1)
    assert clock.speed == 1 + 24 * 60


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_names_faults_there_are(name):
    assert fleet.read_faults(SCENARIOS[name].faults) is not None
