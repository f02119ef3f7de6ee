"""The commands as a user runs them: real processes, real output, real status."""

import os
import stat
import subprocess
import sys
from pathlib import Path

LIMIT_S = 110


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m …` in an empty folder, with nothing of this environment's settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARGEHUB_")}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**environment, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_the_demo_tells_its_story_and_every_check_holds(tmp_path: Path) -> None:
    """It is the first thing a newcomer runs, and it says itself what must be true."""
    told = run(tmp_path, "chargehub", "demo", "--exit")

    assert told.returncode == 0, told.stdout + told.stderr
    assert "✗" not in told.stdout
    assert "kWh metered = billed + free + unbilled" in told.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_by_card_reconciles_every_line_of_stripes_books(tmp_path: Path) -> None:
    told = run(tmp_path, "chargehub", "demo", "--stripe-twin", "--exit")

    assert told.returncode == 0, told.stdout + told.stderr
    assert "✗" not in told.stdout
    for claim in (
        *("Visa •••• 4242", "Stripe pays Anna from now on", "every line of Stripe's books"),
        *("Stripe's balance is what the ledger says", "`chargehub audit` finds no law broken"),
    ):
        assert claim in told.stdout


def test_the_demo_by_card_says_where_its_stand_in_is(tmp_path: Path) -> None:
    """An installed hub has no tests: here others' take their name."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").touch()

    told = run(tmp_path, "chargehub", "demo", "--stripe-twin", "--exit")

    assert (told.returncode, told.stdout) == (2, "")
    assert "In a checkout" in told.stderr and "Traceback" not in told.stderr


def test_the_bench_prints_every_figure(tmp_path: Path) -> None:
    measured = run(
        tmp_path,
        *("chargehub", "bench", "ocpp", "--stations", "3", "--seconds", "0.3", "--idle", "5"),
        *("--storm", "20", "--flood", "small,pings"),
    )

    assert measured.returncode == 0, measured.stdout + measured.stderr
    for figure in (
        *("echo", "MeterValues", "priced and posted", "memory of an idle line"),
        *("line with TLS", "beside a flood 'small'", "beside a flood 'pings'", "storm of 20"),
    ):
        assert figure in measured.stdout


def test_the_bench_of_searches_fills_a_market_once(tmp_path: Path) -> None:
    asked = ("chargehub", "bench", "search", "--evses", "400", "--queries", "3")
    database = ("--database", f"sqlite:///{tmp_path / 'market.sqlite'}")
    first = run(tmp_path, *asked, *database)
    second = run(tmp_path, *asked, *database)

    assert first.returncode == 0, first.stdout + first.stderr
    assert "writing 400 EVSEs" in first.stdout
    assert "filled already, with 400 EVSEs" in second.stdout
    for told in (first, second):
        assert "CPU p99" in told.stdout
        assert "99 of 100 searches" in told.stdout
        assert "the cheapest" in told.stdout


def test_a_flood_that_is_unknown_is_told_with_those_there_are(tmp_path: Path) -> None:
    refused = run(tmp_path, "chargehub", "bench", "ocpp", "--flood", "biblical")

    assert refused.returncode == 2
    assert "pings" in refused.stderr


def test_a_hub_lives_through_broken_frames_of_every_version(tmp_path: Path) -> None:
    """The short run; `--frames 100000` is the long one."""
    told = run(tmp_path, "chargehub", "bench", "fuzz", "--frames", "900")

    assert told.returncode == 0, told.stdout + told.stderr
    for part in ("1.6", "2.0.1", "2.1", "FormatViolation", "heartbeats of another station"):
        assert part in told.stdout


def test_a_wrong_setting_is_told_in_a_sentence(tmp_path: Path) -> None:
    refused = run(tmp_path, "chargehub", "serve", "--http", "nowhere")

    assert refused.returncode == 2
    assert "HOST:PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_secret_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    """It keys the digests of all stations' passwords."""
    with_secret = {**os.environ, "CHARGEHUB_SECRET": "hunter2"}
    refused = subprocess.run(
        [sys.executable, "-m", "chargehub", "serve"],
        cwd=tmp_path,
        env=with_secret,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert refused.returncode == 2
    assert "CHARGEHUB_SECRET" in refused.stderr
    assert "hunter2" not in refused.stderr


def test_migrating_says_what_it_did(tmp_path: Path) -> None:
    first, second = (run(tmp_path, "chargehub", "migrate") for _ in range(2))

    assert "empty -> " in first.stdout
    assert "up to date" in second.stdout


def test_a_database_is_for_its_user_alone(tmp_path: Path) -> None:
    """Whatever the umask: addresses, id tokens and hashes stand in it, and in its copies."""
    before = os.umask(0o000)
    try:
        run(tmp_path, "chargehub", "migrate")
        run(tmp_path, "chargehub", "backup", "copy.sqlite")
        restored = run(tmp_path, "chargehub", "restore", "copy.sqlite", "--force")
    finally:
        os.umask(before)

    assert restored.returncode == 0, restored.stderr
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"chargehub.sqlite": 0o600, "copy.sqlite": 0o600}


def test_an_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    made = run(tmp_path, "chargehub", "ca", "create")
    again = run(tmp_path, "chargehub", "ca", "create")

    assert made.returncode == 0, made.stdout + made.stderr
    assert stat.S_IMODE((tmp_path / "chargehub-ca.key").stat().st_mode) == 0o600
    assert again.returncode == 2
    assert "chargehub-ca.key" in again.stderr
    assert "PRIVATE" not in made.stdout + again.stderr


def test_a_key_that_others_may_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    """The authority's key: who has it can be any station."""
    run(tmp_path, "chargehub", "ca", "create")
    (tmp_path / "chargehub-ca.key").chmod(0o644)

    refused = run(tmp_path, "chargehub", "serve")

    assert refused.returncode == 2
    assert "chmod 600" in refused.stderr
    assert "Traceback" not in refused.stderr
