"""How stations stand, as search shows and ranks them: one query for a page of stations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from chargehub.bookings.policies import POLICY
from chargehub.bookings.rules import DEFAULTS
from chargehub.reputation import tiers
from chargehub.reputation.tables import STANDING
from chargehub.reputation.tiers import Badge, Tier
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads

_IDS_AT_ONCE = 500  # in one IN list


@dataclass(frozen=True, slots=True)
class Standing:
    """How a station stands. Rates are parts per million; None: nothing to reckon them from.

    `rating_thousandths`: of a star, from `reviews`. `sessions`: of others than its owner.
    """

    station_id: str
    rating_thousandths: int
    reviews: int
    uptime_ppm: int | None
    start_ppm: int | None
    cancel_ppm: int | None
    answer_s: int | None
    sessions: int
    tier: Tier
    badges: tuple[Badge, ...]


_FIGURES = (
    *("station_id", "rating_thousandths", "reviews", "uptime_ppm", "start_ppm", "cancel_ppm"),
    *("answer_s", "sessions", "tier"),
)
_newest = POLICY.alias("newest")
_NEWEST = (
    select(func.max(_newest.c.version))
    .where(_newest.c.station_id == STANDING.c.station_id)
    .correlate(STANDING)
    .scalar_subquery()
)
_STANDINGS = Hot(
    select(
        STANDING.c.is_reliable,
        STANDING.c.keeps_bookings,
        POLICY.c.terms,
        *(STANDING.c[name] for name in _FIGURES),
    )
    .select_from(STANDING)
    .outerjoin(
        POLICY, (POLICY.c.station_id == STANDING.c.station_id) & (POLICY.c.version == _NEWEST)
    )
    .where(any_of(STANDING.c.station_id, "station_ids"))
)


def standings(reads: Reads, station_ids: Sequence[str]) -> Mapping[str, Standing]:
    """How stations stand, by id; those that never had a line are left out."""
    found: dict[str, Standing] = {}
    for start in range(0, len(station_ids), _IDS_AT_ONCE):
        some = list(station_ids[start : start + _IDS_AT_ONCE])
        for row in reads.all(_STANDINGS, station_ids=some):
            found[row.station_id] = _standing(row)
    return found


def _standing(row: Any) -> Standing:
    is_instant = (row.terms["mode"] if row.terms else DEFAULTS.mode) == "instant"
    figures = {name: getattr(row, name) for name in _FIGURES}
    earned = tiers.badges(row.is_reliable, row.keeps_bookings, is_instant)
    return Standing(**figures, badges=earned)
