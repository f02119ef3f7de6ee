"""Commands for who runs a hub: the first operator, a copy of the database, and back."""

import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chargehub.clock import HandClock
from tests.commands.test_commands import run
from tests.databases import PostgresServer
from tests.hub import Person
from tests.served import ServedHub

OPERATOR = ("--email", "op@example.org", "--name", "Op", "--password", "correct horse")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[ServedHub]:
    """A process that serves a file which is not there yet."""
    database = f"sqlite:///{tmp_path / 'chargehub.sqlite'}"
    served = ServedHub(database, HandClock(datetime.now(UTC)), tmp_path)
    try:
        await served.start()
        yield served
    finally:
        await served.close()


async def log_in(hub: ServedHub, email: str) -> Person:
    credentials = {"email": email, "password": "correct horse"}
    login = await hub.ask("POST", "/logins", credentials, 201)
    return Person(hub, "", email, login["token"])


async def test_the_first_operator_is_made_by_the_command_line(
    hub: ServedHub, tmp_path: Path
) -> None:
    """Also while the hub runs; nobody else is an operator, and an address is taken once."""
    stranger = await hub.person("stranger", pays=False)

    made, again = (run(tmp_path, "chargehub", "operator", "create", *OPERATOR) for _ in range(2))

    assert (made.returncode, made.stdout) == (0, "Operator op@example.org may log in now.\n")
    operator = await log_in(hub, "op@example.org")
    assert (await operator.get("/sandbox/totals"))["items"] == []
    assert (await stranger.get("/sandbox/totals", 403))["code"] == "forbidden"
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("There is an account with this e-mail address.")


def test_an_operator_on_an_empty_folder_makes_the_database(tmp_path: Path) -> None:
    weak = run(tmp_path, "chargehub", "operator", "create", *OPERATOR[:4], "--password", "short")
    made = run(tmp_path, "chargehub", "operator", "create", *OPERATOR)

    assert made.returncode == 0, made.stderr
    assert (tmp_path / "chargehub.sqlite").exists()
    assert (weak.returncode, weak.stdout) == (2, "")
    assert weak.stderr.startswith("A password has ")


@pytest.mark.parametrize("command", [("serve",), ("operator", "create", *OPERATOR)])
def test_a_postgresql_without_tables_is_told_in_a_sentence(
    postgres: PostgresServer, tmp_path: Path, command: tuple[str, ...]
) -> None:
    empty = postgres.create_database()
    nowhere = "postgresql://nobody@127.0.0.1:1/none"

    unmade = run(tmp_path, "chargehub", *command, "--database", empty)
    away = run(tmp_path, "chargehub", *command, "--database", nowhere)

    assert (unmade.returncode, unmade.stdout) == (2, "")
    assert unmade.stderr.endswith("Run `chargehub migrate` first.\n")
    assert (away.returncode, away.stdout) == (2, "")
    assert away.stderr.startswith("The database cannot be used: connection failed")
    assert "Traceback" not in unmade.stderr + away.stderr
    postgres.drop_database(empty)


async def test_a_copy_of_a_running_hub_brings_its_state_back(
    hub: ServedHub, tmp_path: Path
) -> None:
    """What came after the copy is gone, what was before is there; the hub serves it at once."""
    owner = await hub.person("owner")
    station = await hub.station(owner, "1.6")
    copied = run(tmp_path, "chargehub", "backup", "copy.sqlite")
    await hub.person("latecomer", pays=False)
    await hub.stop()

    refused = run(tmp_path, "chargehub", "restore", "copy.sqlite")
    restored = run(tmp_path, "chargehub", "restore", "copy.sqlite", "--force")
    await hub.start()

    assert copied.returncode == restored.returncode == 0, copied.stderr + restored.stderr
    assert stat.S_IMODE((tmp_path / "copy.sqlite").stat().st_mode) == 0o600
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (await owner.get(f"/stations/{station.station_id}"))["id"] == station.station_id
    await station.sim.reconnect()
    credentials = {"email": "latecomer@example.org", "password": "correct horse"}
    assert (await hub.ask("POST", "/logins", credentials, 401))["code"] == "wrong_login"


def test_copies_that_cannot_be_meant_are_refused_and_change_nothing(tmp_path: Path) -> None:
    nothing = run(tmp_path, "chargehub", "backup", "copy.sqlite")
    run(tmp_path, "chargehub", "migrate")
    database = (tmp_path / "chargehub.sqlite").read_bytes()
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 500)
    (tmp_path / "cut.sqlite").write_bytes(database[: len(database) // 2])
    refused = [
        run(tmp_path, "chargehub", "backup", "letter.txt"),
        run(tmp_path, "chargehub", "restore", "missing.sqlite"),
        *(run(tmp_path, "chargehub", "restore", name, "--force") for name in DAMAGED),
        run(tmp_path, "chargehub", "backup", "copy.sqlite", "--database", "postgresql:///hub"),
    ]

    assert (nothing.returncode, "There is no database" in nothing.stderr) == (2, True)
    assert [one.returncode for one in refused] == [2] * len(refused)
    assert [one.stderr for one in refused if "Traceback" in one.stderr] == []
    assert (tmp_path / "chargehub.sqlite").read_bytes() == database


DAMAGED = ("letter.txt", "cut.sqlite")
