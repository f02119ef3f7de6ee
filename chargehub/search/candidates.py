"""Which EVSEs lie there and have what is asked of them: one look at the narrow rows of offers.

Nothing here knows calendars or prices, and nothing reads where a place is exactly.
"""

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from math import ceil, sqrt
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, bindparam, or_, select
from sqlmodel import col

from chargehub.errors import Invalid
from chargehub.listings.schema import OfferRow
from chargehub.listings.traits import amenities_mask, plugs_mask, strip_of
from chargehub.search import rules
from chargehub.search.bounds import Bounds
from chargehub.search.rules import Box, Filters, Place, Wanted
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads

FIRST_REACH_M = 1_000  # in a town that is enough for a page, and the box holds few EVSEs
REACH_GROWS, MOST_GROWS = 2, 3  # from one circle to the next, and where little stands
ENOUGH = 150  # EVSEs that fit, for a page of those that can be had
CANDIDATES = 5_000  # EVSEs of one box; reading them takes some 15 ms

_WIDE = BigInteger()
_plugs, _amenities = bindparam("plugs", type_=_WIDE), bindparam("amenities", type_=_WIDE)
_FITS = (
    col(OfferRow.power_w) >= bindparam("power_w"),
    or_(_plugs == 0, col(OfferRow.plugs).bitwise_and(_plugs) != 0),
    col(OfferRow.amenities).bitwise_and(_amenities) == _amenities,
    or_(col(OfferRow.is_public), bindparam("with_members", type_=Boolean())),
    or_(bindparam("with_public", type_=Boolean()), ~col(OfferRow.is_public)),
)
_OFFERS = select(
    col(OfferRow.evse_id),
    col(OfferRow.station_id),
    col(OfferRow.latitude_e6),
    col(OfferRow.longitude_e6),
    col(OfferRow.power_w),
    col(OfferRow.time_zone),
    col(OfferRow.amenities),
)
_ONE = Hot(_OFFERS.where(col(OfferRow.evse_id) == bindparam("evse_id")))
_SOME = _OFFERS.where(col(OfferRow.evse_id).in_(bindparam("evse_ids", expanding=True)))
_FITTING = Hot(_OFFERS.where(any_of(col(OfferRow.evse_id), "evse_ids"), *_FITS))
IN_BOX = (
    any_of(col(OfferRow.strip), "strips"),
    col(OfferRow.longitude_e6).between(bindparam("west"), bindparam("east")),
    col(OfferRow.latitude_e6).between(bindparam("south"), bindparam("north")),
    *_FITS,
)
_BETWEEN = (
    (
        bindparam(f"{band}_north", type_=_WIDE) * col(OfferRow.latitude_e6)
        + bindparam(f"{band}_east", type_=_WIDE) * col(OfferRow.longitude_e6)
    ).between(bindparam(f"{band}_low", type_=_WIDE), bindparam(f"{band}_high", type_=_WIDE))
    for band in ("ends", "sides")
)
_BESIDE = Hot(_OFFERS.where(*IN_BOX, *_BETWEEN).limit(bindparam("most")))
# No ORDER BY: distance is none of the database's business, and a page is cut later.
_IN_BOX = Hot(_OFFERS.where(*IN_BOX).limit(CANDIDATES))


_TOO_MANY = "Too many EVSEs lie there. Make the area smaller, or name a connector or power."


class TooManyFound(Invalid):
    """More EVSEs lie in the area than one search looks at."""

    code = "too_many_found"


class Spot(NamedTuple):
    """Where a published EVSE stands, and how far from the place somebody looks around.

    Both by the middle of its cell: whoever searches from three sides learns no more than from
    one. Spots sort by distance, then by id.
    """

    distance_m: int
    evse_id: str
    station_id: str
    latitude_e6: int
    longitude_e6: int
    power_w: int
    time_zone: str
    amenities: int

    @property
    def id(self) -> str:
        return self.evse_id

    @property
    def place(self) -> Place:
        return Place(self.latitude_e6, self.longitude_e6)


def one(reads: Reads, evse_id: str) -> Spot | None:
    """A published EVSE, at no distance; None: there is none of this id."""
    row = reads.one(_ONE, evse_id=evse_id)
    return None if row is None else Spot(0, *row)


def some(reads: Reads, evse_ids: Sequence[str]) -> list[Spot]:
    """Those of these EVSEs that are published, at no distance, by their ids."""
    return sorted(Spot(0, *row) for row in reads.all(_SOME, evse_ids=evse_ids))


def fitting(reads: Reads, filters: Filters, evse_ids: Sequence[str]) -> list[Spot]:
    """Those of these EVSEs that are published and fit, at no distance, by their ids."""
    rows = reads.all(_FITTING, evse_ids=evse_ids, **_traits(filters))
    return sorted(Spot(0, *row) for row in rows)


def within(reads: Reads, wanted: Wanted, reach_m: int) -> list[Spot]:
    """All EVSEs within reach that fit, in no order. Raises TooManyFound."""
    distance_m = rules.distances_from(wanted.around)
    rows = (
        (distance_m(row[2], row[3]), *row)
        for box in rules.boxes(wanted.around, reach_m)
        for row in in_box(reads, wanted.filters, box)
    )
    return [Spot._make(row) for row in rows if row[0] <= reach_m]


def nearest(reads: Reads, wanted: Wanted, count: int) -> list[Spot]:
    """The nearest EVSEs within the radius that fit, at most `count`, in order.

    Where more lie at once than a search looks at, those of the circle before are all there is to
    choose from. Raises TooManyFound if that holds none.
    """
    reach, found = min(FIRST_REACH_M, wanted.radius_m), list[Spot]()
    last = 0
    while True:
        try:
            last, found = _wider(reads, wanted, last, reach)
        except TooManyFound:
            if not found:
                raise
            return nsmallest(count, found)
        if len(found) >= count or last == wanted.radius_m:
            return nsmallest(count, found)
        reach = min(_next_reach(last, len(found), count), wanted.radius_m)


def outwards(reads: Reads, wanted: Wanted, after: tuple[int, str] | None) -> Iterator[list[Spot]]:
    """All EVSEs within the radius that fit, ring by ring, each ring in order.

    `after`: the distance and the id of the last one that is known. Raises TooManyFound.
    """
    reach = min(max(FIRST_REACH_M, after[0] if after else 0), wanted.radius_m)
    last = 0
    while True:
        last, spots = _wider(reads, wanted, last, reach)
        yield sorted(spot for spot in spots if after is None or spot[:2] > after)
        if last == wanted.radius_m:
            return
        after = (last, _LAST_ID)
        # Of those that fit many may be taken: the next circle holds some times as many.
        further = max(_next_reach(last, len(spots), ENOUGH), last * REACH_GROWS)
        reach = min(further, wanted.radius_m)


def _wider(reads: Reads, wanted: Wanted, last: int, reach: int) -> tuple[int, list[Spot]]:
    """What lies within reach, or, if that is too much, within a shorter one beyond the last; and
    which it was. Raises TooManyFound."""
    try:
        return reach, within(reads, wanted, reach)
    except TooManyFound:
        shorter = last * REACH_GROWS
        if not 0 < shorter < reach:
            raise
        return shorter, within(reads, wanted, shorter)


def _next_reach(reach: int, found: int, count: int) -> int:
    """Where so many can be expected that lie as densely as those found, and some more: every
    circle reads again what lies in the one before."""
    if not found:
        return reach * MOST_GROWS
    return ceil(reach * min(sqrt(1.5 * count / found), MOST_GROWS))


_LAST_ID = "\U0010ffff"


def in_box(reads: Reads, filters: Filters, box: Box) -> Sequence[Any]:
    """Rows of a spot without its distance, in no order. Raises TooManyFound."""
    rows = reads.all(_IN_BOX, **asked(filters, box))
    if len(rows) == CANDIDATES:
        raise TooManyFound(_TOO_MANY)
    return rows


def beside(reads: Reads, filters: Filters, bounds: Bounds, most: int) -> list[Any]:
    """Rows of a spot without its distance within some bounds, in no order.

    At most so many of each box. Raises TooManyFound where one holds more than a search looks at.
    """
    bands = {
        f"{name}_{part}": getattr(band, part)
        for name, band in (("ends", bounds.ends), ("sides", bounds.sides))
        for part in ("north", "east", "low", "high")
    }
    found: list[Any] = []
    for box in bounds.boxes:
        rows = reads.all(_BESIDE, **asked(filters, box), **bands, most=most)
        if len(rows) >= CANDIDATES:
            raise TooManyFound(_TOO_MANY)
        found += rows
    return found


def asked(filters: Filters, box: Box) -> dict[str, Any]:
    """The values that IN_BOX asks for."""
    return {
        "strips": list(range(strip_of(box.south_e6), strip_of(box.north_e6) + 1)),
        "south": box.south_e6,
        "north": box.north_e6,
        "west": box.west_e6,
        "east": box.east_e6,
        **_traits(filters),
    }


def _traits(filters: Filters) -> dict[str, Any]:
    """The values that _FITS asks for."""
    return {
        "power_w": filters.min_power_w,
        "plugs": plugs_mask(filters.connector_types),
        "amenities": amenities_mask(filters.amenities),
        "with_members": filters.viewer_id != "" and filters.access != "public",
        "with_public": filters.access != "members",
    }
