"""Rates and ratings from what was counted. Exact fractions, no floats. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from chargehub.reputation.uptime import Measured, in_ppm


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int = 0
    of: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.count <= self.of, (self.count, self.of)

    @property
    def ppm(self) -> int | None:
        """Parts per million, rounded down; None: there were none at all."""
        return in_ppm(Fraction(self.count, self.of)) if self.of else None

    def is_above(self, percent: int) -> bool:
        """Whether more than so many of a hundred; none of none is not."""
        return self.count * 100 > percent * self.of


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What was measured at a station. Nobody can set any of it.

    `uptime`: of all its EVSEs, of the last days. `starts`: that gave energy, of those tried.
    `cancelled`: bookings that the owner cancelled, of those that came to an end. `answer_s`: the
    median time to answer a request; `answers` requests were counted. `sessions`: of others than
    the owner, that gave energy, whenever they were.
    """

    uptime: Measured
    starts: Rate
    cancelled: Rate
    answer_s: int | None
    answers: int
    sessions: int


@dataclass(frozen=True, slots=True)
class DriverFacts:
    """What was counted of a driver: bookings without coming, of those that came to their slot."""

    no_shows: Rate
    sessions: int


def median(values: Sequence[int]) -> int | None:
    """The middle one; of an even number the lower of the two. None: there are none."""
    return sorted(values)[(len(values) - 1) // 2] if values else None
