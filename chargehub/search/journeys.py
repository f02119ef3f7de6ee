"""What lies along a way, in the order in which one drives past it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chargehub.search import candidates
from chargehub.search.candidates import Spot
from chargehub.search.corridor import Corridor
from chargehub.search.judging import Judge, Offer
from chargehub.search.rules import Filters, Place
from chargehub.search.tables import Found, shown
from chargehub.store.work import Reads


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
    for spots in _piece_by_piece(reads, corridor, filters, after):
        along_m |= {spot.evse_id: metres for metres, spot in spots}
        offers += judge.suitable([spot for _, spot in spots])
        if len(offers) >= limit:
            break
    return tuple(
        FoundAlong(found, along_m[found.evse.id]) for found in shown(reads, judge, offers[:limit])
    )


def _piece_by_piece(
    reads: Reads, corridor: Corridor, filters: Filters, after: tuple[int, str] | None
) -> Iterator[list[tuple[int, Spot]]]:
    """Of each piece of the way, in order: how far along, and the spot."""
    for piece in range(corridor.first_from(after[0]) if after else 0, len(corridor)):
        passed = {
            (at.along_m, evse_id): Spot(at.off_m, evse_id, *rest)
            for box in corridor.boxes(piece)
            for evse_id, *rest in candidates.in_box(reads, filters, box)
            if (at := corridor.passes(piece, Place(rest[1], rest[2])))
        }
        yield [(key[0], passed[key]) for key in sorted(passed) if after is None or key > after]
