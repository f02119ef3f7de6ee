"""`chargehub doctor`: what is broken for real is found, nothing else is, and nothing changes."""

import asyncio
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from chargehub.clock import HandClock, RealClock
from chargehub.commands import serve
from chargehub.commands.doctor import database, running, store_rules
from chargehub.commands.doctor.checks import CHECKS, examine
from chargehub.commands.doctor.facts import Configured, Database, Facts, Files, Machine, Running
from chargehub.commands.doctor.run import Wanted
from chargehub.commands.doctor.run import run as run_doctor
from chargehub.rails import registry
from chargehub.settings import Settings
from tests.commands.ailments import AILMENTS, Ailment, account, delivery, sealed_by
from tests.commands.ground import SECRET, Ground, ground
from tests.commands.test_commands import LIMIT_S
from tests.databases import PostgresServer
from tests.schema import prepare
from tests.secure import secure_hub
from tests.served import ServedHub

__all__ = ["ground"]  # a fixture
NOBODY = 65_534
ELSEWHERE = ("writable", "open_files")  # brought about by tests of their own


@pytest.mark.parametrize("ailment", AILMENTS, ids=lambda one: f"{one.check}: {one.word}")
def test_what_is_wrong_is_found(ground: Ground, ailment: Ailment) -> None:
    ailment.brought_about(ground)

    found = ground.look()[ailment.check]

    assert (found.colour, ailment.word in found.seen) == (ailment.colour, True), found
    assert found.advice
    assert "hidden-w" not in found.seen + found.advice


def test_every_colour_of_every_check_was_brought_about() -> None:
    """A check that cannot become red for real is no check."""
    wanted = {
        (one.name, colour) for one in CHECKS for colour in ("yellow", "red") if getattr(one, colour)
    }
    shown = {(one.check, one.colour) for one in AILMENTS}
    judged = {("disk", "yellow"), ("storage", "red")}  # below, by their facts alone

    assert {each for each in wanted - shown if each[0] not in ELSEWHERE} == judged
    assert shown <= wanted


def test_a_whole_installation_has_nothing_red(ground: Ground) -> None:
    account(ground, is_operator=True)
    sealed_by(ground, SECRET)
    delivery(ground, "pending", tries=3)  # it is tried again by itself
    ground.certificate("chargehub-ca")
    ground.with_tls(host="*.hub.example")
    ground.settings |= {
        "public_url": "https://hub.example",
        "ocpps_public_url": "wss://ocpp.hub.example/ocpp",
        "smtp_url": "smtp://mail.example",
        "mail_from": "Hub <hub@hub.example>",
    }

    found = ground.look()

    unkept = {"clock"} if found["clock"].seen.startswith("No time service") else set()
    not_green = {name: one for name, one in found.items() if one.colour != "green"}
    assert set(not_green) == {"rails", "jobs"} | unkept, not_green
    assert found["jobs"].colour == "skipped"
    assert found["secret"].seen == "It opens what was sealed with it."


def test_what_waits_behind_a_parked_delivery_is_not_stuck(ground: Ground) -> None:
    delivery(ground, "parked", "a:1")
    delivery(ground, "pending", "a:1")

    assert ground.look()["deliveries"].seen == "1 wait for a person, 1 go on by themselves."


def test_looking_changes_nothing(ground: Ground) -> None:
    """Not even a log beside the database: one of another user would keep the hub from writing."""
    account(ground)
    ground.with_tls()

    before = _state_of(ground.folder)
    ground.look()

    assert _state_of(ground.folder) == before


def _state_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {each.name: each.stat() for each in folder.iterdir()}
    return {
        name: (one.st_mode, one.st_mtime_ns, (folder / name).read_bytes())
        for name, one in found.items()
    }


def test_a_database_that_this_user_may_not_write_to_is_red(ground: Ground) -> None:
    """Asked as another user, as who forgets `sudo -u`; root may write everywhere."""
    with TemporaryDirectory() as folder:
        moved = Path(shutil.copy(ground.database, folder))
        Path(folder).chmod(0o755)
        moved.chmod(0o444)
        assert _told_by_nobody(f"sqlite:///{moved}") == "red"
        Path(folder).chmod(0o700)
        if os.geteuid() == 0:
            assert _told_by_nobody(f"sqlite:///{moved}") == "skipped"


def _told_by_nobody(url: str) -> str:
    """The colour of `writable`, as another user than root sees it: in a process of its own."""
    _facts(database.look(url, SECRET))  # who is nobody may not read what is imported on the way
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of pytest may run on here
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(NOBODY)
            os.write(tell, _colour(_facts(database.look(url, SECRET)), "writable").encode())
        finally:
            os._exit(0)
    os.close(tell)
    os.waitpid(child, 0)
    with os.fdopen(told) as answer:
        return answer.read()


def test_a_server_that_takes_no_writing_is_red(postgres: PostgresServer) -> None:
    url = postgres.create_database()
    prepare(url)
    name = url.rpartition("/")[2].partition("?")[0]

    whole = database.look(url, SECRET)
    postgres._execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    locked = database.look(url, SECRET)
    postgres.drop_database(url)
    gone = database.look(url, SECRET)

    assert (whole.state, whole.is_current, whole.read_only) == ("open", True, "")
    assert whole.contents is not None and whole.contents.sums == {}
    assert store_rules.storage(_facts(whole)).colour == "green"
    assert store_rules.writable(_facts(locked)).colour == "red"
    assert store_rules.database(_facts(gone)).colour == "red"


def _facts(found: Database) -> Facts:
    return Facts(
        now=datetime.now(UTC),
        configured=Configured(),
        database=found,
        files=Files(),
        machine=Machine("/", free_bytes=10**12),
        ports=(),
        running=Running({}),
    )


def test_what_no_test_can_bring_about_is_judged_by_its_facts() -> None:
    """A database over a network, an old one, and a disk with room for less than a copy."""
    whole = Database("SQLite", "hub.sqlite", "open", version=(3, 45, 0), journal="wal")
    facts = _facts(whole)

    over_network = replace(facts, database=replace(whole, file_system="nfs4"))
    old = replace(facts, database=replace(whole, version=(3, 34, 1)))
    old_server = replace(facts, database=replace(whole, kind="PostgreSQL", version=(12, 1)))
    skewed = replace(facts, database=replace(whole, clock_ahead=timedelta(minutes=-2)))
    large = replace(facts, database=replace(whole, size_bytes=2 * 10**12))

    for broken in (over_network, old, old_server):
        assert _colour(broken, "storage") == "red"
    assert _colour(skewed, "clock") == "red"
    assert _colour(large, "disk") == "yellow"
    assert database.file_system_of(Path("/proc/self")) == "proc"


def _colour(facts: Facts, name: str) -> str:
    return next(one.colour for one in examine(facts) if one.name == name)


def test_settings_that_cannot_be_read_keep_all_else_from_being_looked_at(ground: Ground) -> None:
    ground.settings["secret"] = "hidden-word"

    found = ground.look()

    settings = found.pop("settings")
    assert settings.colour == "red"
    assert "CHARGEHUB_SECRET" in settings.seen
    assert "hidden-word" not in settings.seen
    assert {one.colour for one in found.values()} == {"skipped"}


def test_what_the_doctor_says_of_a_country_the_hub_says_too(ground: Ground) -> None:
    ground.settings["country"] = "QQ"
    with ground.alone(), pytest.raises(SystemExit) as ended:
        serve.run("127.0.0.1:0", "127.0.0.1:0", None)

    assert ended.value.code == 2


def test_yellow_fails_where_it_is_asked_for_strictly(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    with ground.alone():
        easy, strict = (run_doctor(Wanted(strict=strict)) for strict in (False, True))
        told = capsys.readouterr().out
        ground.database.write_text("no SQLite" * 99)
        broken = run_doctor(Wanted(as_json=True))

    assert (easy, strict, broken) == (0, 1, 1)
    assert "Run `chargehub operator create`" in told
    assert json.loads(capsys.readouterr().out)["colour"] == "red"


def test_too_few_files_for_the_stations_are_red(tmp_path: Path) -> None:
    """The limit is that of the process that asks."""
    asked = [sys.executable, "-m", "chargehub", "doctor", "--json"]
    told = subprocess.run(
        ["sh", "-c", f"ulimit -n 200; exec {shlex.join(asked)}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    checks = {one["name"]: one for one in json.loads(told.stdout)["checks"]}
    assert checks["open_files"]["colour"] == "red"
    assert "200" in checks["open_files"]["seen"]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[ServedHub]:
    served = ServedHub(
        f"sqlite:///{tmp_path / 'chargehub.sqlite'}", HandClock(datetime.now(UTC)), tmp_path
    )
    try:
        await served.start()
        yield served
    finally:
        await served.close()


async def test_a_running_hub_is_recognised_and_left_alone(hub: ServedHub, tmp_path: Path) -> None:
    """By its ports and by what it tells of its jobs; also after it was killed."""
    ground = Ground(tmp_path)
    ground.settings = {"http": hub.http, "ocpp": hub.ocpp}

    running = ground.look()
    await hub.kill()
    killed = ground.look()

    assert {running[name].colour for name in ("database", "ports", "jobs", "storage")} == {"green"}
    assert running["ports"].seen.endswith("a hub answers.")
    assert killed["database"].colour == "green"
    assert killed["ports"].seen.endswith("free, no hub runs here.")
    assert killed["jobs"].colour == "skipped"


async def test_a_hub_is_recognised_at_its_port_with_tls(tmp_path: Path) -> None:
    """Whatever its certificate is: that is another check's."""
    database = f"sqlite:///{tmp_path / 'chargehub.sqlite'}"
    prepare(database)
    async with secure_hub(database, tmp_path) as hub:
        taken = f"127.0.0.1:{hub.hub.ocpps_port}"
        settings = Settings(http="127.0.0.1:0", ocpp="127.0.0.1:0", ocpps=taken)
        ports, _ = await asyncio.to_thread(running.look, settings)

    assert [(one.setting, one.state) for one in ports][-1] == ("ocpps", "hub")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(), {"sandbox", "prepaid", "token"}),
        (Settings(stripe_key="sk_test_1"), {"stripe", "prepaid", "token"}),
        (
            Settings(stripe_key="sk_test_1", sandbox_beside_stripe=True),
            {"stripe", "sandbox", "prepaid", "token"},
        ),
    ],
)
def test_the_rails_that_are_named_are_those_that_are_built(
    settings: Settings, named: set[str]
) -> None:
    store: Any = None

    built = registry.build(store, RealClock(), settings)

    assert {*built.collecting, *built.paying_out} == set(registry.names(settings)) == named
