"""What lies along a way, in the order in which one drives past it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargehub.search import candidates
from chargehub.search.bounds import Bounds
from chargehub.search.candidates import Spot, TooManyFound
from chargehub.search.corridor import Corridor, Stretch
from chargehub.search.judging import Judge, Offer
from chargehub.search.rules import Box, Filters, Place
from chargehub.search.tables import Found, shown
from chargehub.store.work import Reads

FIRST_STRETCH_M = 1_000
SHORTEST_STRETCH_M, LONGEST_STRETCH_M = 250, 8_000  # the box about one holds much beside the way
STRETCH_SHRINKS = 4  # times, where too much lies beside it
HALVINGS = 3  # of the box about the shortest, where it lies in the middle of a large town
ENOUGH = 400  # rows of a stretch
AT_ONCE = 150  # spots that are judged at a time

Passing = tuple[int, Spot]  # how far along the way it stands


@dataclass(frozen=True, slots=True)
class FoundAlong:
    """An EVSE beside a way. Its distance is that from the way; `along_m` is from the start."""

    found: Found
    along_m: int


def along(
    reads: Reads,
    corridor: Corridor,
    filters: Filters,
    now: datetime,
    page: tuple[tuple[int, str] | None, int],
) -> tuple[FoundAlong, ...]:
    """Published EVSEs within the corridor, in the order of the way.

    `page`: the distance along the way and the id of the last one of the page before, or None;
    and how many at most. Raises TooManyFound.
    """
    after, limit = page
    judge = Judge(reads, filters, now)
    offers: list[Offer] = []
    along_m: dict[str, int] = {}
    for spots in _in_parts(_stretch_by_stretch(reads, corridor, filters, after)):
        along_m |= {spot.evse_id: metres for metres, spot in spots}
        offers += judge.suitable([spot for _, spot in spots])
        if len(offers) >= limit:
            break
    return tuple(
        FoundAlong(found, along_m[found.evse.id]) for found in shown(reads, judge, offers[:limit])
    )


def _in_parts(stretches: Iterable[list[Passing]]) -> Iterator[list[Passing]]:
    """Neither a few of a lonely road nor all of a town at a time."""
    waiting: list[Passing] = []
    for spots in stretches:
        waiting += spots
        while len(waiting) >= AT_ONCE:
            yield waiting[:AT_ONCE]
            waiting = waiting[AT_ONCE:]
    yield waiting


def _stretch_by_stretch(
    reads: Reads, corridor: Corridor, filters: Filters, after: tuple[int, str] | None
) -> Iterator[list[Passing]]:
    """Of each stretch of the way, in order: how far along, and the spot."""
    waiting: dict[tuple[int, str], Spot] = {}
    following: Stretch | None = corridor.first(after[0] if after else 0, FIRST_STRETCH_M)
    while following is not None:
        stretch, rows = _rows(reads, corridor, filters, following)
        for evse_id, *rest in rows:
            at = corridor.passes(stretch, Place(rest[1], rest[2]))
            if at and (after is None or (at.along_m, evse_id) > after):
                waiting[at.along_m, evse_id] = Spot(at.off_m, evse_id, *rest)
        following = corridor.next(stretch, _next_length(stretch, len(rows)))
        # What the next stretch passes may be told at the same whole metre as the last of this one.
        known = [key for key in waiting if following is None or key[0] < round(stretch.end_m)]
        yield [(key[0], waiting.pop(key)) for key in sorted(known)]


def _rows(
    reads: Reads, corridor: Corridor, filters: Filters, stretch: Stretch
) -> tuple[Stretch, list[Any]]:
    """What may lie beside a stretch; or, where that is much, beside the beginning of it."""
    while True:
        length_m = stretch.end_m - stretch.start_m
        if length_m <= SHORTEST_STRETCH_M:
            return stretch, _in_halves(reads, filters, stretch.bounds)
        rows = candidates.beside(reads, filters, stretch.bounds, ENOUGH)
        if len(rows) < ENOUGH:
            return stretch, rows
        shorter_m = max(SHORTEST_STRETCH_M, int(length_m) // STRETCH_SHRINKS)
        stretch = corridor.shorter(stretch, shorter_m)


def _in_halves(
    reads: Reads, filters: Filters, bounds: Bounds, halvings: int = HALVINGS
) -> list[Any]:
    """All rows within some bounds, by boxes that each hold few enough. Raises TooManyFound."""
    try:
        return candidates.beside(reads, filters, bounds, candidates.CANDIDATES)
    except TooManyFound:
        if not halvings:
            raise
    halves = [half for box in bounds.boxes for half in _halves(box)]
    return [
        row
        for half in halves
        for row in _in_halves(reads, filters, replace(bounds, boxes=(half,)), halvings - 1)
    ]


def _halves(box: Box) -> tuple[Box, Box]:
    middle = (box.south_e6 + box.north_e6) // 2
    return replace(box, north_e6=middle), replace(box, south_e6=middle + 1)


def _next_length(stretch: Stretch, found: int) -> int:
    """Longer where little was found, shorter where much."""
    length_m = max(round(stretch.end_m - stretch.start_m), SHORTEST_STRETCH_M)
    if found > ENOUGH // 2:
        return max(length_m // 2, SHORTEST_STRETCH_M)
    return min(length_m * 2, LONGEST_STRETCH_M) if found < ENOUGH // 8 else length_m
