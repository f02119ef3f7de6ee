"""From registers to usage: order, gaps, resets. Pure; energy in whole Wh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehub.sessions.rules import Life

REGISTER_RESET = "register_reset"
REGISTER_BACKWARDS = "register_backwards"
ESTIMATED = "estimated"
START_UNKNOWN = "start_unknown"


@dataclass(frozen=True, slots=True)
class Point:
    """A register at an instant."""

    at: datetime
    register_wh: int


@dataclass(frozen=True, slots=True)
class Metered:
    """What a session took: registers that only rise, from its start to its end.

    `points` holds at least two. `flags` says what had to be repaired.
    """

    points: tuple[Point, ...]
    flags: tuple[str, ...]

    @property
    def energy_wh(self) -> int:
        """Last register less first; never negative."""
        return self.points[-1].register_wh - self.points[0].register_wh


def meter(life: Life, readings: Sequence[Point], closed_at: datetime) -> Metered:
    """The session's registers in order of time.

    `readings` in any order, may repeat and contradict. Where the end was never reported the last
    known register stands: nothing is billed beyond it. A register that falls is left out; an end
    below the start (a reset meter) counts up to the highest register seen before it.
    """
    flags: set[str] = set()
    ordered = sorted(readings, key=lambda point: (point.at, point.register_wh))
    start = _start(life, ordered, closed_at, flags)
    end = _end(life, ordered, start, flags)
    kept = [start]
    for point in ordered:
        if not start.at < point.at < end.at:
            continue
        if kept[-1].register_wh <= point.register_wh <= end.register_wh:
            kept.append(point)
        else:
            flags.add(REGISTER_BACKWARDS)
    return Metered((*kept, end), tuple(sorted(flags)))


def _start(life: Life, ordered: Sequence[Point], closed_at: datetime, flags: set[str]) -> Point:
    at = life.started_at or (ordered[0].at if ordered else life.ended_at or closed_at)
    if life.start_wh is not None:
        return Point(at, life.start_wh)
    if ordered:
        return Point(at, ordered[0].register_wh)
    flags.add(START_UNKNOWN)
    return Point(at, life.end_wh or 0)


def _end(life: Life, ordered: Sequence[Point], start: Point, flags: set[str]) -> Point:
    highest = max((point.register_wh for point in ordered), default=start.register_wh)
    at = max(life.ended_at or (ordered[-1].at if ordered else start.at), start.at)
    if life.ended_at is None or life.end_wh is None:
        flags.add(ESTIMATED)
        return Point(at, max(highest, start.register_wh))
    if life.end_wh < start.register_wh:
        flags.add(REGISTER_RESET)
        return Point(at, max(highest, start.register_wh))
    return Point(at, life.end_wh)
