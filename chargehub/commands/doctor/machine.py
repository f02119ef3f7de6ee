"""Looks at the machine: room on its disk, its clock, and how many files may be open."""

import ctypes
import os
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx2

from chargehub.commands.doctor.facts import Machine
from chargehub.commands.open_files import most_files

LIMIT_S: Final = 5.0
TIMEX_BYTES: Final = 512  # struct timex has 208; all zero asks and sets nothing
NOT_KEPT: Final = 5  # TIME_ERROR. Source: adjtimex(2)


def look(folder: Path, web: str | None) -> Machine:
    """`folder`: where the database is. `web`: a URL whose server tells the time; None: none."""
    room = os.statvfs(_nearest(folder))
    ahead, problem = _web_clock(web) if web else (None, "")
    return Machine(
        folder=str(folder.resolve()),
        free_bytes=room.f_bavail * room.f_frsize,
        free_files=room.f_favail if room.f_files else None,  # some file systems count none
        is_disciplined=_is_disciplined(),
        web_ahead=ahead,
        web_problem=problem,
        most_files=most_files(),
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there and may be entered."""
    return next(each for each in (folder, *folder.parents) if os.access(each, os.X_OK))


def _is_disciplined() -> bool | None:
    """Does a time service keep the clock of this machine? None: it does not tell (not Linux)."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != NOT_KEPT


def _web_clock(url: str) -> tuple[timedelta | None, str]:
    """How far the server is ahead, to a second; or why it is not known."""
    try:
        with httpx2.Client(timeout=LIMIT_S, trust_env=False) as client:
            before = datetime.now(UTC)
            told = parsedate_to_datetime(client.head(url).headers["date"])
            after = datetime.now(UTC)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return None, type(error).__name__
    except (KeyError, ValueError):
        return None, "it sends no Date"
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    until = told + timedelta(seconds=1)  # it means the whole second
    if until < before:
        return until - before, ""
    return (told - after if told > after else timedelta()), ""
