"""Rectangles of a map and ways across it, on a sphere."""

from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.search import areas
from chargehub.search.corridor import Corridor, Passed, Stretch
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
    passed = [at for each in _stretches(corridor, 4_000) if (at := corridor.passes(each, OSLO))]

    assert passed == [Passed(0, 0)]


@given(
    start=points,
    steps=st.lists(st.tuples(*[st.integers(-400_000, 400_000)] * 2), min_size=1, max_size=4),
    length_m=st.integers(250, 8_000),
    share=st.floats(0, 1),
    aside=st.tuples(*[st.integers(-40_000, 40_000)] * 2),
)
def test_all_that_lies_within_the_width_is_passed_once_and_in_its_bounds(
    start: Place,
    steps: list[tuple[int, int]],
    length_m: int,
    share: float,
    aside: tuple[int, int],
) -> None:
    """Anywhere on the Earth, the date line and the neighbourhood of the poles with it; held against
    the distance to places on the way that lie 100 m apart."""
    way = [start]
    for step in steps:
        way.append(_moved(way[-1], step))
    corridor = Corridor(way, WIDTH_M)
    stretches = _stretches(corridor, length_m)
    place = _moved(stretches[min(int(share * len(stretches)), len(stretches) - 1)].start, aside)
    near = min(distance_m(place, each.start) for each in _stretches(corridor, 100))

    passed = [(each, at) for each in stretches if (at := corridor.passes(each, place))]

    assert len(passed) <= 1
    if near <= WIDTH_M:
        assert passed
    if near > WIDTH_M + 51:
        assert not passed
    for stretch, at in passed:
        bounds = stretch.bounds
        assert at.off_m <= WIDTH_M
        assert 0 <= at.along_m <= corridor.length_m
        assert any(_is_in(box, place) for box in bounds.boxes)
        assert bounds.ends.has(place)
        assert bounds.sides.has(place)


def test_bounds_hold_little_that_lies_beside_the_way() -> None:
    """Of a square of 20 km about 1 km of a way to the north-east a twentieth is as near as 2 km."""
    corridor = Corridor([Place(59_000_000, 10_000_000), Place(59_100_000, 10_194_000)], 2_000)
    stretch = corridor.next(corridor.first(0, 5_000), 1_000)
    assert stretch is not None
    square = [
        Place(stretch.start.latitude_e6 + north * 900, stretch.start.longitude_e6 + east * 1_747)
        for north in range(-100, 100)
        for east in range(-100, 100)
    ]

    held = [
        each for each in square if stretch.bounds.ends.has(each) and stretch.bounds.sides.has(each)
    ]

    assert len(held) == pytest.approx(len(square) / 100, rel=0.1)


def test_where_one_is_passed_is_told_from_the_start() -> None:
    """Half way between two points of the equator, and 1 km north of it."""
    corridor = Corridor([Place(0, 179_500_000), Place(0, -179_500_000)], WIDTH_M)
    place = Place(8_993, 180_000_000)
    passed = [at for each in _stretches(corridor, 4_000) if (at := corridor.passes(each, place))]

    assert [at.off_m for at in passed] == [1_000]
    assert passed[0].along_m == pytest.approx(55_597, abs=5)


def test_a_bend_is_passed_where_the_way_comes_nearest() -> None:
    """Inside a right angle, nearer to the leg behind the bend: the one before comes near first."""
    corner = Place(200_000, 0)
    corridor = Corridor([Place(0, 0), corner, Place(200_000, 200_000)], WIDTH_M)
    inside = Place(200_000 - 9_000, 18_000)
    outside = Place(200_000 + 9_000, -9_000)
    stretches = _stretches(corridor, 4_000)

    passed = [
        [at for each in stretches if (at := corridor.passes(each, place))]
        for place in (inside, outside)
    ]

    assert [[(at.along_m, at.off_m) for at in each] for each in passed] == [
        [(pytest.approx(21_238, abs=2), pytest.approx(2_001, abs=2))],
        [(pytest.approx(22_239, abs=2), pytest.approx(1_415, abs=2))],
    ]


def _stretches(corridor: Corridor, length_m: int) -> list[Stretch]:
    """All of a way, one after the other."""
    found = [corridor.first(0, length_m)]
    while following := corridor.next(found[-1], length_m):
        found.append(following)
    return found


def _moved(start: Place, step: tuple[int, int]) -> Place:
    """So many microdegrees to the north, and as far to the east as so many of latitude are."""
    north = max(-89_900_000, min(89_900_000, start.latitude_e6 + step[0]))
    narrow = max(cos(radians(start.latitude_e6 / 1_000_000)), 0.05)
    longitude = start.longitude_e6 + round(step[1] / narrow)
    return Place(north, (longitude + 180_000_000) % 360_000_000 - 180_000_000)


def _is_in(box: Box, place: Place) -> bool:
    return (
        box.south_e6 <= place.latitude_e6 <= box.north_e6
        and box.west_e6 <= place.longitude_e6 <= box.east_e6
    )
