"""`chargehub bench pages` as somebody runs it who wants to know."""

from pathlib import Path

from tests.commands.test_commands import run


def test_the_bench_of_pages_prints_every_figure(tmp_path: Path) -> None:
    measured = run(
        *(tmp_path, "chargehub", "bench", "pages"),
        *("--stations", "5000", "--pages", "2", "--browsers", "5"),
    )

    assert measured.returncode == 0, measured.stdout + measured.stderr
    assert "all stations, in clusters" in measured.stdout
    assert "150 to 200 cards" in measured.stdout
    assert "5 browsers on live streams" in measured.stdout
