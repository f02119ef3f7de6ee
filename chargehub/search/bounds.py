"""Simple shapes about a stretch of a way, such as a database can hold rows against. Pure.

They contain all that lies within the width, and a little more: who needs it exactly measures again.
"""

from dataclasses import dataclass
from math import ceil, cos, hypot, radians, tan

from chargehub.search.rules import EARTH_RADIUS_M, Box, Place, boxes, distance_m

_DEGREE = 1_000_000
_STRAY_M = 100
_SLACK_M = 5  # for whole microdegrees and whole numbers
_FLAT_TO_E6 = 80 * _DEGREE  # nearer to a pole no map is flat
_RADIANS_E6 = radians(1) / _DEGREE
_METRE_E6 = _RADIANS_E6 * EARTH_RADIUS_M  # of a microdegree of latitude
_FINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Band:
    """Where `north` times the latitude and `east` times the longitude, in microdegrees, come to
    something from `low` to `high`: between two parallel lines on a flat map."""

    north: int
    east: int
    low: int
    high: int

    def has(self, place: Place) -> bool:
        come_to = self.north * place.latitude_e6 + self.east * place.longitude_e6
        return self.low <= come_to <= self.high


EVERYWHERE = Band(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """All of it lies in one of the boxes, and between both ends, and between both sides."""

    boxes: tuple[Box, ...]
    ends: Band = EVERYWHERE
    sides: Band = EVERYWHERE


def about(places: tuple[Place, Place, Place], width_m: int, beyond_m: tuple[int, int]) -> Bounds:
    """Bounds of what lies within the width of a straight stretch of some kilometres.

    `places`: its start, middle and end. `beyond_m`: so far before its start and behind its end
    something may lie. At the date line, near the poles and where the stretch has no length there
    are boxes alone.
    """
    start, _, end = places
    around = _boxes(places, width_m + _STRAY_M)
    reach_e6 = max(max(abs(box.south_e6), abs(box.north_e6)) for box in around)
    narrow = cos((start.latitude_e6 + end.latitude_e6) / 2 * _RADIANS_E6)
    up_m = (end.latitude_e6 - start.latitude_e6) * _METRE_E6
    side_m = (end.longitude_e6 - start.longitude_e6) * _METRE_E6 * narrow
    length_m = hypot(up_m, side_m)
    if len(around) > 1 or reach_e6 > _FLAT_TO_E6 or length_m < 1:
        return Bounds(around)
    # How far a flat map is wrong at most, at the far end of it: meridians run together.
    far_m = length_m + width_m + _STRAY_M
    slack_m = _SLACK_M + 2 * far_m**2 * tan(reach_e6 * _RADIANS_E6) / EARTH_RADIUS_M
    north, east = up_m / length_m, side_m / length_m
    along = (-beyond_m[0] - slack_m, length_m + beyond_m[1] + slack_m)
    across = (-width_m - slack_m, width_m + slack_m)
    return Bounds(
        around,
        _band(start, (north, east * narrow), along),
        _band(start, (east, -north * narrow), across),
    )


def _band(start: Place, direction: tuple[float, float], metres: tuple[float, float]) -> Band:
    north, east = (round(part * _METRE_E6 * _FINE) for part in direction)
    here = north * start.latitude_e6 + east * start.longitude_e6
    low, high = (here + round(each * _FINE) for each in metres)
    return Band(north, east, low, high)


def _boxes(places: tuple[Place, Place, Place], reach_m: int) -> tuple[Box, ...]:
    """One box about both ends; at the date line and the poles, those of a circle about both."""
    start, middle, end = places
    around = [box for place in (start, end) for box in boxes(place, reach_m)]
    crosses = abs(start.longitude_e6 - end.longitude_e6) > 180 * _DEGREE
    if len(around) > 2 or crosses or any(_is_round(box) for box in around):
        return boxes(middle, reach_m + ceil(distance_m(start, end) / 2))
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
