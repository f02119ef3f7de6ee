"""Where things are: distances and the boxes that a search looks into."""

from datetime import UTC, datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.search import rules
from chargehub.search.rules import EARTH_RADIUS_M, Box, Place

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OSLO = Place(59_913_900, 10_752_200)
BERGEN = Place(60_392_900, 5_324_200)

places = st.builds(
    Place, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)
)


def away(start: Place, metres: float, bearing: float) -> Place:
    """The place so far away in that direction (radians from north), on the sphere."""
    south, angle = radians(start.latitude_e6 / 1e6), metres / EARTH_RADIUS_M
    north = asin(sin(south) * cos(angle) + cos(south) * sin(angle) * cos(bearing))
    east = atan2(sin(bearing) * sin(angle) * cos(south), cos(angle) - sin(south) * sin(north))
    longitude = (start.longitude_e6 / 1e6 + degrees(east) + 540) % 360 - 180
    return Place(round(degrees(north) * 1e6), round(longitude * 1e6))


def is_in(box: Box, place: Place) -> bool:
    return (
        box.south_e6 <= place.latitude_e6 <= box.north_e6
        and box.west_e6 <= place.longitude_e6 <= box.east_e6
    )


def test_distances_are_those_of_the_sphere() -> None:
    """Oslo to Bergen, and a degree of latitude: 111,195 m on the mean sphere."""
    assert rules.distance_m(OSLO, BERGEN) == 304_977
    assert rules.distance_m(Place(0, 0), Place(1_000_000, 0)) == 111_195
    assert rules.distance_m(OSLO, OSLO) == 0


def test_the_other_side_of_the_earth_is_half_its_girth_away() -> None:
    assert rules.distance_m(Place(0, 0), Place(0, 180_000_000)) == 20_015_115
    assert rules.distance_m(Place(90_000_000, 5), Place(-90_000_000, 7)) == 20_015_115


@given(one=places, other=places)
def test_distance_is_the_same_both_ways(one: Place, other: Place) -> None:
    assert rules.distance_m(one, other) == rules.distance_m(other, one)


@given(
    around=places,
    radius=st.integers(1, rules.MAX_RADIUS_M),
    share=st.floats(0, 1),
    bearing=st.floats(0, 6.29),
)
@example(around=Place(0, 180_000_000), radius=100_000, share=1.0, bearing=1.5)
@example(around=Place(59_000_000, -179_999_999), radius=100_000, share=1.0, bearing=4.7)
@example(around=Place(89_500_000, 0), radius=100_000, share=1.0, bearing=0.1)
def test_every_place_within_the_radius_lies_in_a_box(
    around: Place, radius: int, share: float, bearing: float
) -> None:
    place = away(around, radius * share, bearing)

    boxes = rules.boxes(around, radius)

    assert rules.distance_m(around, place) <= radius + 1
    assert any(is_in(box, place) for box in boxes)


@given(around=places, radius=st.integers(1, rules.MAX_RADIUS_M))
def test_boxes_stay_on_the_map_and_do_not_overlap(around: Place, radius: int) -> None:
    boxes = rules.boxes(around, radius)

    for box in boxes:
        assert -90_000_000 <= box.south_e6 <= box.north_e6 <= 90_000_000
        assert -180_000_000 <= box.west_e6 <= box.east_e6 <= 180_000_000
    if len(boxes) == 2:
        assert boxes[0].west_e6 > boxes[1].east_e6


def test_a_box_is_not_much_larger_than_its_circle() -> None:
    """A box that is too large costs time at every search."""
    (box,) = rules.boxes(OSLO, 10_000)

    assert rules.distance_m(OSLO, Place(box.north_e6, OSLO.longitude_e6)) < 10_010
    assert rules.distance_m(OSLO, Place(OSLO.latitude_e6, box.east_e6)) < 10_010


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (NOW, None, "both ends"),
        (None, NOW, "both ends"),
        (NOW, NOW, "end after it starts"),
        (NOW, NOW + timedelta(days=31), "30 days at most"),
    ],
)
def test_half_a_range_of_time_is_refused(
    start: datetime | None, end: datetime | None, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        rules.during(start, end)


def test_no_range_of_time_means_any() -> None:
    assert rules.during(None, None) is None
