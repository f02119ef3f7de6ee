"""What a station writes down for its logs. Tokens, keys and passwords never stand in it."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

LINES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    text: str
    is_security: bool = False


class Journal:
    """The newest lines, the oldest first."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=LINES_KEPT)

    def note(self, at: datetime, text: str, *, is_security: bool = False) -> None:
        """Write a line."""
        self._lines.append(Line(at, text, is_security))

    def text(
        self,
        is_security: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """The lines of a time as a file; `is_security`: only those of the security log."""
        return "".join(
            f"{line.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {line.text}\n"
            for line in self._lines
            if line.is_security >= is_security
            and (since is None or line.at >= since)
            and (until is None or line.at <= until)
        )
