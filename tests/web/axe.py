"""axe-core, which looks for what keeps people with disabilities from using a page.

It is no part of the repository (MPL-2.0, and nobody else needs it): npm packs it into a folder
outside, once. `CHARGEHUB_TEST_CACHE` says where; usually `~/.cache/chargehub-tests`.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page

VERSION: Final = "4.14.1"
_SHA256: Final = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
_LIMIT_S: Final = 120
_GRAVE: Final = ("serious", "critical")
# All rules, and the one of WCAG 2.2 that axe-core has switched off: targets of 24 pixels.
_RUN: Final = """async () => {
  const rules = {"target-size": {enabled: true}};
  const found = await axe.run({resultTypes: ["violations"], rules});
  return found.violations.map(({id, impact, nodes}) =>
    ({id, impact, nodes: nodes.map(({html, failureSummary}) => `${html}: ${failureSummary}`)}));
}"""


class Absent(Exception):
    """axe-core is not here and could not be fetched; the text says what to do."""


def needed() -> None:
    """axe-core is here from now on; else the test is skipped, or fails where CI=true."""
    try:
        script()
    except Absent as absent:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(absent))


@cache
def script() -> str:
    """The source of axe-core, fetched once. Raises Absent."""
    path = _folder() / f"axe-core-{VERSION}.js"
    if not path.exists():
        _fetch(path)
    return path.read_text()


async def grave(page: Page) -> list[str]:
    """What is wrong with a page, seriously or worse, as sentences."""
    await page.evaluate(script())  # by the debugger: our policy lets no page load it
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    return [
        f"{each['id']} ({each['impact']}): {node}"
        for each in found
        if each["impact"] in _GRAVE
        for node in each["nodes"]
    ]


async def in_both_colours(page: Page) -> list[str]:
    """What is wrong with a page by day, and by night."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [f"{scheme}: {one}" for one in await grave(page)]
    return found


def _folder() -> Path:
    usual = Path.home() / ".cache" / "chargehub-tests"
    return Path(os.environ.get("CHARGEHUB_TEST_CACHE") or usual)


def _fetch(path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Absent("Pages are not tested for accessibility: install npm, which gets axe-core.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        try:
            subprocess.run(command, cwd=scratch, check=True, capture_output=True, timeout=_LIMIT_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
            raise Absent(f"Pages are not tested for accessibility: npm failed, {failed}") from None
        archive = Path(scratch) / f"axe-core-{VERSION}.tgz"
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == _SHA256
        with tarfile.open(archive) as packed:
            packed.extract("package/axe.min.js", scratch, filter="data")
        (Path(scratch) / "package" / "axe.min.js").replace(path)
