"""What a death leaves at each point of a life: the file as it lies there, and the twin.

Whoever comes next sees nothing else. So all deaths at points between which neither changes are
one death, and to go on from it once is to go on from each of them.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_WAL, _INDEX = "-wal", "-shm"
_COMMITTED = 48  # bytes of the index: how many frames of the log count, their checksum, its salt


@dataclass(frozen=True)
class Left:
    """A file nobody has open, its log of what was not yet moved into it beside it, and the twin.

    `points`: where a death leaves just this.
    """

    path: Path
    twin: bytes  # pickled
    points: range


class Keeper:
    """Copies what a life has written, whenever that is not what it was at the point before.

    Frames of a log count once a commit has written so in its index, to its first bytes; whoever
    recovers a log ignores those after them. So while these bytes stay, what a death leaves stays.

    Source: SQLite, "WAL-mode File Format", on the header of the WAL-index.
    """

    def __init__(self, path: Path, twin: Callable[[], bytes]) -> None:
        self.left: list[Left] = []
        self._path = path
        self._twin = twin
        self._seen: tuple[bytes, bytes] | None = None

    def note(self, number: int) -> None:
        """A life is at this point. Nobody may write to the file meanwhile."""
        twin, index = self._twin(), _beside(self._path, _INDEX)
        committed = b""
        if index.exists():
            with index.open("rb") as opened:
                committed = opened.read(_COMMITTED)
        seen = (committed, twin)
        if seen == self._seen:
            last = self.left[-1]
            self.left[-1] = Left(last.path, twin, range(last.points.start, number + 1))
            return
        self._seen = seen
        copy = self._path.with_name(f"{self._path.stem}-{number}.sqlite")
        copied(self._path, copy)
        self.left.append(Left(copy, twin, range(number, number + 1)))


def copied(path: Path, to: Path) -> Path:
    """A copy of a file and of its log; what is in the log alone is part of it."""
    shutil.copy(path, to)
    if _beside(path).exists():
        shutil.copy(_beside(path), _beside(to))
    return to


def thrown_away(left: Iterable[Left]) -> None:
    """Remove the files."""
    for one in left:
        one.path.unlink()
        _beside(one.path).unlink(missing_ok=True)


def _beside(path: Path, ending: str = _WAL) -> Path:
    return path.with_name(path.name + ending)
