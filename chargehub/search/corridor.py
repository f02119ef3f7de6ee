"""What lies along a way: a line of points with a width. Pure geometry on a sphere, in metres.

Between two points the way is a leg, a great circle. A stretch is as much of a leg as is looked at
at once. A place belongs to where the way first comes nearest to it within the width: whoever drives
in circles is told of it once, as early as can be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, atan2, cos, degrees, hypot, radians, sin

from chargehub.errors import Invalid
from chargehub.search import bounds
from chargehub.search.bounds import Bounds
from chargehub.search.rules import EARTH_RADIUS_M, Place

MOST_POINTS = 50
MAX_WIDTH_M = 20_000
MAX_LENGTH_M = 1_000_000
_DEGREE = 1_000_000
_STRAY_M = 10

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Passed:
    """Where a way passes a place: `along_m` from its start, `off_m` beside it."""

    along_m: int
    off_m: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a leg, from and to so many metres from the start of the way.

    `start`: the place where it begins. `bounds` contain all that it passes; `before`: the legs
    before that could pass it first.
    """

    leg: int
    start: Place
    start_m: float
    end_m: float
    bounds: Bounds
    before: tuple[int, ...]


class _Leg:
    """A great circle between two places, `start_m` from where the way begins."""

    def __init__(self, ends: tuple[Place, Place], start_m: float) -> None:
        self._ends = ends
        self._from, self._to = (_vector(end) for end in ends)
        crossed = _cross(self._from, self._to)
        size = hypot(*crossed)
        self._across = (crossed[0] / size, crossed[1] / size, crossed[2] / size) if size else None
        self._angle = _angle(self._from, self._to)
        self.start_m, self.length_m = start_m, self._angle * EARTH_RADIUS_M
        self.end_m = self.start_m + self.length_m

    def passes(self, place: Vector) -> tuple[float, float]:
        """How far along this leg it comes nearest, and how near, in metres."""
        if self._across is not None:
            forward = _dot(_cross(self._from, place), self._across)
            along = atan2(forward, _dot(self._from, place))
            if 0 <= along < self._angle:
                off = abs(asin(max(-1.0, min(1.0, _dot(self._across, place)))))
                return along * EARTH_RADIUS_M, off * EARTH_RADIUS_M
        here, there = _angle(self._from, place), _angle(self._to, place)
        if here < there:
            return 0.0, here * EARTH_RADIUS_M
        return self.length_m, there * EARTH_RADIUS_M

    def at(self, along_m: float) -> Place:
        """The place so far from its start."""
        if not 0 < along_m < self.length_m:
            return self._ends[along_m > 0]
        part = along_m / self.length_m
        one, other = (sin(angle * self._angle) / sin(self._angle) for angle in (1 - part, part))
        x, y, z = (one * a + other * b for a, b in zip(self._from, self._to, strict=True))
        latitude, longitude = degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))
        return Place(round(latitude * _DEGREE), round(longitude * _DEGREE))


class Corridor:
    """A way of 2 to 50 points, some metres wide to either side. Raises Invalid."""

    def __init__(self, points: Sequence[Place], width_m: int) -> None:
        if not 2 <= len(points) <= MOST_POINTS:
            raise Invalid(f"A way has 2 to {MOST_POINTS} points.")
        self._width_m = width_m
        self._legs = tuple(_legs(points))
        self.length_m = round(self._legs[-1].end_m)

    def first(self, along_m: int, length_m: int) -> Stretch:
        """The first stretch with something at or beyond that whole distance from the start."""
        reached = (number for number, leg in enumerate(self._legs) if leg.end_m >= along_m - 1)
        return self._stretch(next(reached, len(self._legs) - 1), along_m - 1, length_m)

    def next(self, last: Stretch, length_m: int) -> Stretch | None:
        """The stretch after another, so long or to the end of its leg; None: the way has ended."""
        if last.end_m < self._legs[last.leg].end_m:
            return self._stretch(last.leg, last.end_m, length_m)
        if last.leg + 1 == len(self._legs):
            return None
        return self._stretch(last.leg + 1, last.end_m, length_m)

    def shorter(self, stretch: Stretch, length_m: int) -> Stretch:
        """The beginning of a stretch."""
        return self._stretch(stretch.leg, stretch.start_m, length_m)

    def passes(self, stretch: Stretch, place: Place) -> Passed | None:
        """Where the way passes a place; None: not within the width, or not first in this stretch.

        Of stretches that follow one another from the start to the end of a way one passes it.
        """
        vector, leg = _vector(place), self._legs[stretch.leg]
        along_m, off_m = leg.passes(vector)
        at_m = leg.start_m + along_m
        is_last = stretch.end_m == leg.end_m
        if off_m > self._width_m or not stretch.start_m <= at_m <= stretch.end_m:
            return None
        if at_m == stretch.end_m and not is_last:
            return None
        is_simple = not stretch.before and along_m < leg.length_m
        if not is_simple and self._first(vector, stretch) != stretch.leg:
            return None
        return Passed(round(at_m), round(off_m))

    def _first(self, place: Vector, stretch: Stretch) -> int | None:
        """The leg on which the way first comes nearest to a place, of those that count."""
        for number in (*stretch.before, stretch.leg):
            off_m = self._legs[number].passes(place)[1]
            if off_m <= self._width_m:
                return self._nearest_from(number, place)
        return None

    def _nearest_from(self, number: int, place: Vector) -> int:
        """Who is nearest at the end of a leg may come nearer still on the next."""
        along_m, off_m = self._legs[number].passes(place)
        while along_m == self._legs[number].length_m and number + 1 < len(self._legs):
            along_m, next_m = self._legs[number + 1].passes(place)
            if next_m >= off_m:
                break
            number, off_m = number + 1, next_m
        return number

    def _stretch(self, number: int, start_m: float, length_m: int) -> Stretch:
        leg = self._legs[number]
        start_m = min(max(start_m, leg.start_m), leg.end_m)
        end_m = min(start_m + length_m, leg.end_m)
        middle_m = (start_m + end_m) / 2
        start, middle, end = (leg.at(each - leg.start_m) for each in (start_m, middle_m, end_m))
        # What has an end of a leg nearest may lie beyond it; before all legs but the first one
        # that belongs to the leg before.
        is_first, is_last = number == 0 and start_m == leg.start_m, end_m == leg.end_m
        beyond = self._width_m * is_first, self._width_m * is_last
        far_m = 2 * self._width_m + (end_m - start_m) / 2 + _STRAY_M
        there = _vector(middle)
        before = (at for at in range(number) if self._legs[at].passes(there)[1] <= far_m)
        return Stretch(
            number,
            start,
            start_m,
            end_m,
            bounds.about((start, middle, end), self._width_m, beyond),
            tuple(before),
        )


def _legs(points: Sequence[Place]) -> Iterator[_Leg]:
    start_m = 0.0
    for ends in pairwise(points):
        leg = _Leg(ends, start_m)
        if leg.end_m > MAX_LENGTH_M:
            raise Invalid(f"A way is {MAX_LENGTH_M // 1000} km long at most. Ask for a part of it.")
        yield leg
        start_m = leg.end_m


def _vector(place: Place) -> Vector:
    north = radians(place.latitude_e6 / _DEGREE)
    east = radians(place.longitude_e6 / _DEGREE)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _cross(one: Vector, other: Vector) -> Vector:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def _angle(one: Vector, other: Vector) -> float:
    return atan2(hypot(*_cross(one, other)), _dot(one, other))
