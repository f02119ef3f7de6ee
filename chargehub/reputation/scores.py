"""Rates and ratings from what was counted. Exact fractions, no floats. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from chargehub.reputation.uptime import PPM, Measured, in_ppm


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


MEAN = Fraction(43, 10)  # what somebody is taken for of whom nobody has said anything
WEIGHT = 8  # as if so many reviews had said so
HALF_LIFE_DAYS = 365
_DAY = timedelta(days=1)


def weight(age: timedelta) -> Fraction:
    """What a review still counts for after this time: 1 when it is new, 1/2 after a year.

    2 ** -(days / 365), rounded to parts per million within a year; by whole days.
    """
    years, days = divmod(max(age // _DAY, 0), HALF_LIFE_DAYS)
    within = Decimal(2) ** (Decimal(-days) / HALF_LIFE_DAYS)
    halvings: int = 2**years
    return Fraction(int((within * PPM).to_integral_value(ROUND_HALF_UP)), PPM * halvings)


def rating(reviews: Iterable[tuple[int, timedelta]]) -> Fraction:
    """The Bayesian mean (C m + sum) / (C + n) of stars and their ages, between 1 and 5.

    Each review counts by its weight, in any order. Source: design page of the market, section 1.5.
    """
    total, count = WEIGHT * MEAN, Fraction(WEIGHT)
    for stars, age in reviews:
        assert 1 <= stars <= 5, stars
        counted = weight(age)
        total += counted * stars
        count += counted
    return total / count


def thousandths(value: Fraction) -> int:
    """Whole thousandths, half up."""
    return int(value * 1_000 + Fraction(1, 2))
