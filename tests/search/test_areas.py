"""Rectangles of a map and ways across it, on a sphere."""

from math import cos, radians

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.search import areas
from chargehub.search.corridor import Corridor
from chargehub.search.rules import Box, Place, distance_m

OSLO, BERGEN = Place(59_913_900, 10_752_200), Place(60_392_000, 5_322_000)
WIDTH_M = 3_000
points = st.builds(
    Place, st.integers(-89_000_000, 89_000_000), st.integers(-180_000_000, 180_000_000)
)


def test_an_area_across_the_date_line_is_two_boxes() -> None:
    assert areas.area(-20, 170, 20, -170) == (
        Box(-20, 20, 170, 180_000_000),
        Box(-20, 20, -180_000_000, -170),
    )


@pytest.mark.parametrize("sides", [(5, 0, 5, 9), (6, 0, 5, 9), (0, 7, 5, 7)])
def test_an_area_without_height_or_width_is_refused(sides: tuple[int, int, int, int]) -> None:
    with pytest.raises(Invalid):
        areas.area(*sides)


def test_the_size_of_an_area_is_that_on_the_sphere() -> None:
    """The whole Earth has 510 million km², and an octant an eighth of it."""
    whole = areas.size_km2(areas.area(-90_000_000, -180_000_000, 90_000_000, 180_000_000))

    assert round(whole / 1_000_000) == 510
    assert areas.size_km2(areas.area(0, 0, 90_000_000, 90_000_000)) * 8 == pytest.approx(whole)


@pytest.mark.parametrize(("half_e6", "resolution"), [(1_000, 8), (200_000, 6), (80_000_000, 0)])
def test_larger_areas_are_counted_in_larger_cells(half_e6: int, resolution: int) -> None:
    assert areas.resolution_of((Box(-half_e6, half_e6, -half_e6, half_e6),)) == resolution


def test_a_way_has_points_and_an_end() -> None:
    with pytest.raises(Invalid, match="2 to 50 points"):
        Corridor([OSLO], WIDTH_M)
    with pytest.raises(Invalid, match="2 to 50 points"):
        Corridor([OSLO] * 51, WIDTH_M)
    with pytest.raises(Invalid, match="1000 km"):
        Corridor([OSLO, Place(40_000_000, 10_000_000)], WIDTH_M)


def test_a_way_is_as_long_as_its_legs() -> None:
    there_and_back = Corridor([OSLO, BERGEN, OSLO], WIDTH_M)

    assert there_and_back.length_m == pytest.approx(2 * distance_m(OSLO, BERGEN), abs=3)


def test_what_is_passed_twice_belongs_to_the_first_time() -> None:
    corridor = Corridor([OSLO, BERGEN, OSLO], WIDTH_M)
    passed = [piece for piece in range(len(corridor)) if corridor.passes(piece, OSLO)]

    assert passed == [0]


@given(
    start=points,
    north=st.integers(-900_000, 900_000),
    east=st.integers(-900_000, 900_000),
    share=st.floats(0, 1),
    aside=st.integers(-2_500, 2_500),
)
def test_all_that_lies_within_the_width_is_passed_once_and_in_a_box(
    start: Place, north: int, east: int, share: float, aside: int
) -> None:
    """Anywhere on the Earth, the date line and the neighbourhood of the poles with it."""
    end = Place(max(-89_500_000, min(89_500_000, start.latitude_e6 + north)), _round(start, east))
    assume(distance_m(start, end) > 10)
    corridor = Corridor([start, end], WIDTH_M)
    piece = min(int(share * len(corridor)), len(corridor) - 1)
    ends = corridor.ends(piece)
    middle = Place(
        (ends[0].latitude_e6 + ends[1].latitude_e6) // 2 + round(aside * 9),
        _between(ends[0].longitude_e6, ends[1].longitude_e6),
    )
    assume(abs(middle.latitude_e6) < 89_900_000)
    near = min(distance_m(middle, each) for each in ends)

    passed = [
        (number, at) for number in range(len(corridor)) if (at := corridor.passes(number, middle))
    ]

    assert len(passed) <= 1
    if near <= WIDTH_M:
        assert passed
    for number, at in passed:
        assert at.off_m <= WIDTH_M
        assert at.off_m <= near + 1
        assert 0 <= at.along_m <= corridor.length_m
        assert any(_is_in(box, middle) for box in corridor.boxes(number))


def test_where_one_is_passed_is_told_from_the_start() -> None:
    """Half way between two points of the equator, and 1 km north of it."""
    corridor = Corridor([Place(0, 179_500_000), Place(0, -179_500_000)], WIDTH_M)
    place = Place(8_993, 180_000_000)
    passed = [at for piece in range(len(corridor)) if (at := corridor.passes(piece, place))]

    assert [at.off_m for at in passed] == [1_000]
    assert passed[0].along_m == pytest.approx(55_597, abs=5)


def _round(start: Place, east: int) -> int:
    narrow = max(cos(radians(start.latitude_e6 / 1_000_000)), 0.05)
    longitude = start.longitude_e6 + round(east / narrow / 2)
    return (longitude + 180_000_000) % 360_000_000 - 180_000_000


def _between(west: int, east: int) -> int:
    if abs(west - east) > 180_000_000:
        east += 360_000_000 if east < west else -360_000_000
    middle = (west + east) // 2
    return (middle + 180_000_000) % 360_000_000 - 180_000_000


def _is_in(box: Box, place: Place) -> bool:
    return (
        box.south_e6 <= place.latitude_e6 <= box.north_e6
        and box.west_e6 <= place.longitude_e6 <= box.east_e6
    )
