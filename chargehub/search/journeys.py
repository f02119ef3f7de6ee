"""What lies along a way, in the order in which one drives past it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargehub.search import candidates
from chargehub.search.candidates import Spot, TooManyFound
from chargehub.search.corridor import Corridor
from chargehub.search.judging import Judge, Offer
from chargehub.search.rules import Box, Filters, Place
from chargehub.search.tables import Found, shown
from chargehub.store.work import Reads

HALVINGS = 3  # of the box about a piece, where it lies in the middle of a large town
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
    for spots in _in_parts(_piece_by_piece(reads, corridor, filters, after)):
        along_m |= {spot.evse_id: metres for metres, spot in spots}
        offers += judge.suitable([spot for _, spot in spots])
        if len(offers) >= limit:
            break
    return tuple(
        FoundAlong(found, along_m[found.evse.id]) for found in shown(reads, judge, offers[:limit])
    )


def _in_parts(pieces: Iterable[list[Passing]]) -> Iterator[list[Passing]]:
    """Neither a few of a lonely road nor all of a town at a time."""
    waiting: list[Passing] = []
    for spots in pieces:
        waiting += spots
        while len(waiting) >= AT_ONCE:
            yield waiting[:AT_ONCE]
            waiting = waiting[AT_ONCE:]
    yield waiting


def _piece_by_piece(
    reads: Reads, corridor: Corridor, filters: Filters, after: tuple[int, str] | None
) -> Iterator[list[Passing]]:
    """Of each piece of the way, in order: how far along, and the spot."""
    for piece in range(corridor.first_from(after[0]) if after else 0, len(corridor)):
        passed = {
            (at.along_m, evse_id): Spot(at.off_m, evse_id, *rest)
            for box in corridor.boxes(piece)
            for evse_id, *rest in _in_box(reads, filters, box)
            if (at := corridor.passes(piece, Place(rest[1], rest[2])))
        }
        yield [(key[0], passed[key]) for key in sorted(passed) if after is None or key > after]


def _in_box(reads: Reads, filters: Filters, box: Box, halvings: int = HALVINGS) -> Sequence[Any]:
    """Rows of a spot without its distance. Raises TooManyFound."""
    try:
        return candidates.in_box(reads, filters, box)
    except TooManyFound:
        if not halvings:
            raise
    middle = (box.south_e6 + box.north_e6) // 2
    south, north = replace(box, north_e6=middle), replace(box, south_e6=middle + 1)
    halves = (_in_box(reads, filters, half, halvings - 1) for half in (south, north))
    return [row for half in halves for row in half]
