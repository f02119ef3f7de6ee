"""What lies in a rectangle of a map: the EVSEs themselves, or how many where they are many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select
from sqlmodel import col

from chargehub.listings.schema import OfferCount, OfferRow
from chargehub.listings.traits import COUNTED
from chargehub.search import areas, candidates
from chargehub.search.candidates import Spot, TooManyFound
from chargehub.search.judging import Judge
from chargehub.search.rules import Box, Filters
from chargehub.search.tables import Found, shown
from chargehub.stations.cells import coarser
from chargehub.store.work import Reads

PINS = 200  # EVSEs that are shown one by one
LOOKED_AT = 2_000  # EVSEs that are looked through for the pins
SCANNED = 100_000  # EVSEs that are counted by what is asked of them

_DIGITS = 15  # of an H3 index, three bits each


def _prefix(cell: Any, resolution: int) -> Any:
    """What all cells within one of this resolution have in common."""
    return cell.bitwise_rshift(literal_column(str(3 * (_DIGITS - resolution))))


_COUNTS = select(func.sum(col(OfferCount.evses))).where(
    col(OfferCount.resolution) == bindparam("counted"),
    col(OfferCount.latitude_e6).between(bindparam("south"), bindparam("north")),
    col(OfferCount.longitude_e6).between(bindparam("west"), bindparam("east")),
    col(OfferCount.evses) > 0,
)
_COUNTED_BY = {
    resolution: _COUNTS.with_only_columns(
        func.min(col(OfferCount.cell)), func.sum(col(OfferCount.evses))
    ).group_by(_prefix(col(OfferCount.cell), resolution))
    for resolution in range(max(COUNTED) + 1)
}
_SCANNED_BY = {
    resolution: select(func.min(col(OfferRow.cell)), func.count())
    .where(*candidates.IN_BOX, col(OfferRow.is_public))
    .group_by(_prefix(col(OfferRow.cell), resolution))
    for resolution in range(areas.FINEST + 1)
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """How many EVSEs are offered in an H3 cell; its index, and its middle in microdegrees."""

    cell: str
    latitude_e6: int
    longitude_e6: int
    evses: int


@dataclass(frozen=True, slots=True)
class Map:
    """Either EVSEs or clusters of them; in an empty area neither."""

    evses: tuple[Found, ...] = ()
    clusters: tuple[Cluster, ...] = ()


def map_of(reads: Reads, boxes: Sequence[Box], filters: Filters, now: datetime) -> Map:
    """What lies in an area and fits.

    Up to PINS that fit are shown one by one, and those among them that cannot be had at the time
    and price asked for are left out. More are counted, whether they can be had or not, in cells
    that are the larger the larger the area is; without those for members alone: who asks for
    those makes the area smaller. Raises TooManyFound.
    """
    resolution = areas.resolution_of(boxes)
    spots = _few(reads, boxes, filters, resolution)
    if spots is not None:
        judge = Judge(reads, filters, now)
        found = shown(reads, judge, judge.suitable(spots))
        return Map(evses=tuple(replace(each, distance_m=None) for each in found))
    if filters.access == "members":
        raise TooManyFound("The area is too large to look for members' EVSEs. Make it smaller.")
    return Map(clusters=_clusters(reads, boxes, filters, resolution))


def _few(
    reads: Reads, boxes: Sequence[Box], filters: Filters, resolution: int
) -> list[Spot] | None:
    """The spots, if they are few enough to be shown; by their ids."""
    if resolution < areas.FINEST and _total(reads, boxes, resolution) > LOOKED_AT:
        return None
    try:
        rows = [row for box in boxes for row in candidates.in_box(reads, filters, box)]
    except TooManyFound:
        return None
    # At the date line both boxes hold what lies on it.
    spots = sorted({Spot(0, *row) for row in rows})
    return spots if len(spots) <= PINS else None


def _clusters(
    reads: Reads, boxes: Sequence[Box], filters: Filters, resolution: int
) -> tuple[Cluster, ...]:
    """Largest first."""
    has_filters = filters.connector_types or filters.amenities or filters.min_power_w
    if not has_filters and resolution <= max(COUNTED):
        statement, asked = _COUNTED_BY[resolution], {"counted": _counted(resolution)}
        parts = [reads.all(statement, **asked, **_sides(box)) for box in boxes]
    else:
        if resolution < areas.FINEST and _total(reads, boxes, resolution) > SCANNED:
            raise TooManyFound(
                "Too many EVSEs lie there to count those that fit. Make the area smaller, or ask"
                " for no connector, power or amenity."
            )
        statement = _SCANNED_BY[resolution]
        parts = [reads.all(statement, **candidates.asked(filters, box)) for box in boxes]
    evses: dict[Any, int] = {}
    for number, count in (row for rows in parts for row in rows):
        cell = coarser(number, resolution)
        evses[cell] = evses.get(cell, 0) + count
    found = (
        Cluster(cell.index, cell.latitude_e6, cell.longitude_e6, count)
        for cell, count in evses.items()
    )
    return tuple(sorted(found, key=lambda cluster: (-cluster.evses, cluster.cell)))


def _total(reads: Reads, boxes: Sequence[Box], resolution: int) -> int:
    counted = _counted(resolution)
    return sum(reads.value(_COUNTS, counted=counted, **_sides(box)) or 0 for box in boxes)


def _counted(resolution: int) -> int:
    """The coarsest resolution that offers are counted in and that is fine enough."""
    return next((one for one in COUNTED if one >= resolution), max(COUNTED))


def _sides(box: Box) -> dict[str, int]:
    return {
        "south": box.south_e6,
        "north": box.north_e6,
        "west": box.west_e6,
        "east": box.east_e6,
    }
