"""Rectangles on a map, and how finely to count in them. Pure; in microdegrees."""

from collections.abc import Iterable
from math import radians, sin

from chargehub.errors import Invalid
from chargehub.search.rules import EARTH_RADIUS_M, Box

MOST_CELLS = 200  # that fill an area: more are no help on a screen
FINEST = 8
# Source: H3, table of cell statistics: the average area of a hexagon in km², by resolution.
_CELL_KM2 = (4_357_449.4, 609_788.4, 86_801.8, 12_393.4, 1_770.3, 252.9, 36.13, 5.161, 0.7373)
_DATE_LINE = 180_000_000
_DEGREE = 1_000_000


def area(south_e6: int, west_e6: int, north_e6: int, east_e6: int) -> tuple[Box, ...]:
    """One box, or two where the area lies across the date line: `west` is then east of `east`.

    Raises Invalid for an area without height or width.
    """
    if south_e6 >= north_e6:
        raise Invalid("The north of the area lies north of its south. Swap the two.")
    if west_e6 == east_e6:
        raise Invalid("The area has no width. For all around the Earth, ask from -180 to 180.")
    if west_e6 < east_e6:
        return (Box(south_e6, north_e6, west_e6, east_e6),)
    return (
        Box(south_e6, north_e6, west_e6, _DATE_LINE),
        Box(south_e6, north_e6, -_DATE_LINE, east_e6),
    )


def size_km2(boxes: Iterable[Box]) -> float:
    """How large the area is on a sphere."""
    radius_km = EARTH_RADIUS_M / 1000
    return sum(
        radius_km**2
        * radians((box.east_e6 - box.west_e6) / _DEGREE)
        * (sin(radians(box.north_e6 / _DEGREE)) - sin(radians(box.south_e6 / _DEGREE)))
        for box in boxes
    )


def resolution_of(boxes: Iterable[Box]) -> int:
    """The finest resolution of H3 whose cells fill the area with some two hundred at most."""
    size = size_km2(boxes)
    fitting = [
        resolution for resolution, cell_km2 in enumerate(_CELL_KM2) if size / cell_km2 <= MOST_CELLS
    ]
    return min(fitting[-1], FINEST)
