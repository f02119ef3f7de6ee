"""Where a place is, as told to people who have no business there: the middle of its H3 cell. Pure.

Distances, orders and files are made from that middle too, so that asking often tells no more.
"""

from dataclasses import dataclass

import h3

# Source: H3, table of cell statistics: a cell of resolution 9 has 0.105 km² and edges of 200 m.
RESOLUTION = 9
_DEGREE = 1_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A hexagon of the Earth by its H3 index, 15 hexadecimal digits, and its middle."""

    index: str
    latitude_e6: int
    longitude_e6: int


def cell_of(latitude_e6: int, longitude_e6: int) -> Cell:
    """The cell in which a place lies. Every place of a cell gives the same."""
    assert -90 * _DEGREE <= latitude_e6 <= 90 * _DEGREE, latitude_e6
    assert -180 * _DEGREE <= longitude_e6 <= 180 * _DEGREE, longitude_e6
    index = h3.latlng_to_cell(latitude_e6 / _DEGREE, longitude_e6 / _DEGREE, RESOLUTION)
    latitude, longitude = h3.cell_to_latlng(index)
    return Cell(index, round(latitude * _DEGREE), round(longitude * _DEGREE))


def coarser(number: int, resolution: int) -> Cell:
    """The cell of a coarser resolution in which the middle of this one, an index, lies."""
    index = h3.cell_to_parent(h3.int_to_str(number), resolution)
    latitude, longitude = h3.cell_to_latlng(index)
    return Cell(index, round(latitude * _DEGREE), round(longitude * _DEGREE))
