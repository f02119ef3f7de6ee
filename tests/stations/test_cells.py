"""What everybody may know of where a place is."""

from hypothesis import given
from hypothesis import strategies as st

from chargehub.search.rules import Place, distance_m
from chargehub.stations.cells import cell_of

degrees_e6 = st.tuples(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))


@given(place=degrees_e6)
def test_the_middle_of_a_cell_is_near_and_lies_in_the_cell(place: tuple[int, int]) -> None:
    """So a second look, at what was told, tells nothing more."""
    cell = cell_of(*place)

    middle = (cell.latitude_e6, cell.longitude_e6)
    assert distance_m(Place(*place), Place(*middle)) < 300
    assert cell_of(*middle) == cell


def test_neighbours_of_one_cell_cannot_be_told_apart() -> None:
    """Two houses in Oslo, 60 m apart."""
    assert cell_of(59_913_900, 10_752_200) == cell_of(59_914_200, 10_753_000)


def test_the_index_is_one_of_resolution_nine() -> None:
    """Source: H3, bit layout of an index: mode 1 from bit 59, resolution from bit 52."""
    index = cell_of(59_913_900, 10_752_200).index

    assert int(index, 16) >> 59 == 1
    assert int(index, 16) >> 52 & 0xF == 9
