"""What lies along a way: a line of points with a width. Pure geometry on a sphere, in metres.

The way is cut into short pieces of great circles. A place belongs to where the way first comes
nearest to it within the width: whoever drives in circles is told of it once, as early as can be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, atan2, ceil, cos, degrees, hypot, radians, sin

from chargehub.errors import Invalid
from chargehub.search.rules import EARTH_RADIUS_M, Box, Place, boxes

MOST_POINTS = 50
MAX_WIDTH_M = 20_000
MAX_LENGTH_M = 1_000_000
PIECE_M = 4_000  # the box about a piece holds little that lies beside the way
_DEGREE = 1_000_000
_STRAY_M = 100

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Passed:
    """Where a way passes a place: `along_m` from its start, `off_m` beside it."""

    along_m: int
    off_m: int


class _Piece:
    """A great circle between two places, `start_m` from where the way begins."""

    def __init__(self, ends: tuple[Place, Place], start_m: float, width_m: int) -> None:
        self.ends = ends
        self._from, self._to = (_vector(end) for end in ends)
        crossed = _cross(self._from, self._to)
        size = hypot(*crossed)
        self._across = (crossed[0] / size, crossed[1] / size, crossed[2] / size) if size else None
        self._angle = _angle(self._from, self._to)
        self.start_m, self.length_m = start_m, self._angle * EARTH_RADIUS_M
        self.boxes = _boxes(ends, width_m, self.length_m)

    def passes(self, place: Vector) -> tuple[float, float]:
        """How far along this piece it comes nearest, and how near, in metres."""
        if self._across is not None:
            forward = _dot(_cross(self._from, place), self._across)
            along = atan2(forward, _dot(self._from, place))
            if 0 <= along <= self._angle:
                off = abs(asin(max(-1.0, min(1.0, _dot(self._across, place)))))
                return along * EARTH_RADIUS_M, off * EARTH_RADIUS_M
        here, there = _angle(self._from, place), _angle(self._to, place)
        if here <= there:
            return 0.0, here * EARTH_RADIUS_M
        return self.length_m, there * EARTH_RADIUS_M


class Corridor:
    """A way of 2 to 50 points, some metres wide to either side. Raises Invalid."""

    def __init__(self, points: Sequence[Place], width_m: int) -> None:
        if not 2 <= len(points) <= MOST_POINTS:
            raise Invalid(f"A way has 2 to {MOST_POINTS} points.")
        self._width_m = width_m
        self._pieces = tuple(_cut(points, width_m))
        self._beside = tuple(self._reaching(piece) for piece in range(len(self._pieces)))
        last = self._pieces[-1]
        self.length_m = round(last.start_m + last.length_m)

    def __len__(self) -> int:
        return len(self._pieces)

    def boxes(self, piece: int) -> tuple[Box, ...]:
        """Boxes that contain all that a piece passes."""
        return self._pieces[piece].boxes

    def ends(self, piece: int) -> tuple[Place, Place]:
        """Where a piece begins and ends."""
        return self._pieces[piece].ends

    def first_from(self, along_m: int) -> int:
        """The first piece with something at or beyond that distance from the start."""
        for number, piece in enumerate(self._pieces):
            if piece.start_m + piece.length_m >= along_m - 1:
                return number
        return len(self._pieces)

    def passes(self, piece: int, place: Place) -> Passed | None:
        """Where the way passes a place; None: not within the width, or not first in this piece."""
        vector = _vector(place)
        if self._pieces[piece].passes(vector)[1] > self._width_m:
            return None
        best = None
        for number in self._beside[piece]:
            each = self._pieces[number]
            if best is None and not _is_in(each.boxes, place):
                continue
            along, off = each.passes(vector)
            if best is None and off > self._width_m:
                continue
            # A piece that was skipped since is farther than the width, so nearer is none.
            if best is not None and (number != best[0] + 1 or off >= best[1]):
                break
            best = number, off, each.start_m + along
        if best is None or best[0] != piece:
            return None
        return Passed(round(best[2]), round(best[1]))

    def _reaching(self, piece: int) -> tuple[int, ...]:
        """The pieces before whose boxes meet those of a piece, itself and the one after, in order:
        no other decides whether a place is first passed there."""
        mine = self._pieces[piece].boxes
        before = (
            number
            for number, each in enumerate(self._pieces[:piece])
            if any(_meet(one, other) for one in each.boxes for other in mine)
        )
        return (*before, *range(piece, min(piece + 2, len(self._pieces))))


def _cut(points: Sequence[Place], width_m: int) -> Iterator[_Piece]:
    start_m = 0.0
    for leg in pairwise(points):
        length_m = _angle(*map(_vector, leg)) * EARTH_RADIUS_M
        if start_m + length_m > MAX_LENGTH_M:
            raise Invalid(f"A way is {MAX_LENGTH_M // 1000} km long at most. Ask for a part of it.")
        count = max(1, ceil(length_m / PIECE_M))
        stops = [leg[0], *(_between(leg, part / count) for part in range(1, count)), leg[1]]
        for ends in pairwise(stops):
            piece = _Piece(ends, start_m, width_m)
            yield piece
            start_m += piece.length_m


def _between(leg: tuple[Place, Place], part: float) -> Place:
    """A place on the great circle between two."""
    one, other = map(_vector, leg)
    angle = _angle(one, other)
    weights = sin((1 - part) * angle) / sin(angle), sin(part * angle) / sin(angle)
    x, y, z = (weights[0] * a + weights[1] * b for a, b in zip(one, other, strict=True))
    latitude, longitude = degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))
    return Place(round(latitude * _DEGREE), round(longitude * _DEGREE))


def _boxes(ends: tuple[Place, Place], width_m: int, length_m: float) -> tuple[Box, ...]:
    """One box about both ends; at the date line and the poles, those of a circle about both."""
    reach_m = width_m + _STRAY_M
    around = [box for end in ends for box in boxes(end, reach_m)]
    crosses = abs(ends[0].longitude_e6 - ends[1].longitude_e6) > 180 * _DEGREE
    if len(around) > 2 or crosses or any(_is_round(box) for box in around):
        return boxes(_between(ends, 0.5), reach_m + ceil(length_m / 2))
    return (
        Box(
            min(box.south_e6 for box in around),
            max(box.north_e6 for box in around),
            min(box.west_e6 for box in around),
            max(box.east_e6 for box in around),
        ),
    )


def _is_round(box: Box) -> bool:
    """It holds every longitude: a pole is in it."""
    return box.east_e6 - box.west_e6 >= 360 * _DEGREE


def _meet(one: Box, other: Box) -> bool:
    return (
        one.south_e6 <= other.north_e6
        and other.south_e6 <= one.north_e6
        and one.west_e6 <= other.east_e6
        and other.west_e6 <= one.east_e6
    )


def _is_in(among: Sequence[Box], place: Place) -> bool:
    return any(
        box.south_e6 <= place.latitude_e6 <= box.north_e6
        and box.west_e6 <= place.longitude_e6 <= box.east_e6
        for box in among
    )


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
