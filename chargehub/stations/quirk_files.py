"""Reads quirk profiles: those that come with the hub, and an operator's own. Strict, at the start.

In a checkout they lie in `docs/chargers/`, in an installed hub beside this file.
"""

import re
import tomllib
from pathlib import Path
from typing import Final

import orjson
from pydantic import ValidationError

from chargehub.stations.quirks import AUTO, OFF, QuirkBook, QuirkProfile

INSTALLED: Final = Path(__file__).with_name("chargers")
CHECKOUT: Final = Path(__file__).parents[2] / "docs" / "chargers"


class BrokenProfile(ValueError):
    """A file of quirk profiles cannot be used; the text names the file, the line and the key."""


def load(own: Path | None = None) -> QuirkBook:
    """All profiles. One of the operator's own takes the place of the hub's of the same name.

    Raises BrokenProfile.
    """
    if own is not None and not own.is_dir():
        raise BrokenProfile(f"{own}: there is no such folder with quirk profiles.")
    folders = [shipped(), *([own] if own is not None else [])]
    profiles = {
        path.stem: read(path) for folder in folders for path in sorted(folder.glob("*.toml"))
    }
    return QuirkBook(profiles.values())


def shipped() -> Path:
    """The folder of the profiles that come with the hub. Raises BrokenProfile."""
    for folder in (INSTALLED, CHECKOUT):
        if folder.is_dir():
            return folder
    raise BrokenProfile(f"{INSTALLED}: the hub's own quirk profiles are missing. Install it anew.")


def read(path: Path) -> QuirkProfile:
    """One file. Its name, without the ending, is the profile's. Raises BrokenProfile."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenProfile(f"{path}: {error}") from error
    if path.stem in (AUTO, OFF):
        raise BrokenProfile(f"{path}: no profile may be called {path.stem}.")
    try:
        return QuirkProfile.model_validate_json(
            orjson.dumps({**content, "name": path.stem}, default=str)
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        key = ".".join(str(step) for step in wrong["loc"]) or "the whole file"
        line = _line_of(text, wrong["loc"])
        raise BrokenProfile(f"{path}, line {line}: {key}: {wrong['msg']}") from error


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a key, or of the nearest table that holds it; lines count from 1."""
    lines, at = text.splitlines(), 0
    for step, follower in zip(location, (*location[1:], ""), strict=True):
        if isinstance(step, int):
            continue
        head = re.compile(rf"\s*\[\[?\s*([\w.\"]+\.)?\"?{re.escape(step)}\"?\s*\]\]?|{_key(step)}")
        found = [number for number in range(at, len(lines)) if head.match(lines[number])]
        if not found:
            break
        nth = follower if isinstance(follower, int) else 0
        at = found[min(nth, len(found) - 1)]
    return at + 1


def _key(step: str) -> str:
    return rf"\s*\"?{re.escape(step)}\"?\s*="
