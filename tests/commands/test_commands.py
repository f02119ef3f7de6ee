"""The commands as a user runs them: real processes, real output, real status."""

import os
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


def test_the_bench_prints_every_figure(tmp_path: Path) -> None:
    measured = run(
        tmp_path,
        *("chargehub", "bench", "ocpp", "--stations", "3", "--seconds", "0.3", "--idle", "5"),
    )

    assert measured.returncode == 0, measured.stdout + measured.stderr
    for figure in ("echo", "MeterValues", "priced and posted", "memory of an idle line"):
        assert figure in measured.stdout


def test_a_wrong_setting_is_told_in_a_sentence(tmp_path: Path) -> None:
    refused = run(tmp_path, "chargehub", "serve", "--http", "nowhere")

    assert refused.returncode == 2
    assert "HOST:PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_migrating_says_what_it_did(tmp_path: Path) -> None:
    first, second = (run(tmp_path, "chargehub", "migrate") for _ in range(2))

    assert "empty -> " in first.stdout
    assert "up to date" in second.stdout
