"""What stations around a place had of a month, so told that nobody's own figures come out. Pure.

At least five stations of three owners, none of whom is more than half of it; a mean of them,
rounded to steps of a fifth. Whoever asks for two areas that differ by one station, or knows all
others, learns of that one, at most half of the whole, no better than to about a fifth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import h3

from chargehub.stations.cells import RESOLUTION as FINE
from chargehub.units import Span, round_half_up

RESOLUTION = 7  # some 5 km²: a part of a town
RINGS = 4  # cells around a place's own, at most
ABOUT_KM = (1, 4, 6, 8, 11)  # how far that reaches, by rings. Source: H3, edges of 1.4 km
LEAST_STATIONS, LEAST_OWNERS = 5, 3
SETTLING = timedelta(days=3)  # after a month's end: stations tell late, and cards are slow
MOST_MONTHS = 24  # back from now
_STEPS = (10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82, 100)  # Source: IEC 60063, series E12
_COUNTS = (100, 50, 20, 10, 5, 3)


@dataclass(frozen=True, slots=True)
class StationMonth:
    """What a station had of a month in one currency: paid sessions, Wh, minor units."""

    station_id: str
    owner_id: str
    sessions: int
    energy_wh: int
    gross_minor: int
    earned_minor: int


@dataclass(frozen=True, slots=True)
class Around:
    """The mean of the stations around, rounded. `stations` and `owners` are at least so many."""

    rings: int
    stations: int
    owners: int
    sessions: int
    energy_wh: int
    gross_minor: int
    earned_minor: int


def month_span(year: int, number: int) -> Span:
    """A calendar month in UTC."""
    start = datetime(year, number, 1, tzinfo=UTC)
    return Span(start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))


def months_known(now: datetime) -> tuple[str, str]:
    """The first and the last month that can be asked for, as 2026-03: over and settled."""
    newest = (now - SETTLING).replace(day=1) - timedelta(days=1)
    count = newest.year * 12 + newest.month - MOST_MONTHS
    return f"{count // 12:04d}-{count % 12 + 1:02d}", f"{newest:%Y-%m}"


def cell_of(fine_cell: str) -> str:
    """The part of a town in which a location's cell lies."""
    parent: str = h3.cell_to_parent(fine_cell, RESOLUTION)
    return parent


def ring(cell: str, rings: int) -> list[str]:
    """The cells exactly so many steps away, sorted."""
    return sorted(h3.grid_ring(cell, rings))


def fine_range(cell: str) -> tuple[str, str]:
    """The first and the last of a cell's locations' cells; between them lies no other's."""
    children = h3.cell_to_children(cell, FINE)
    return min(children), max(children)


def is_anonymous(found: Sequence[StationMonth]) -> bool:
    """May their mean be told?"""
    owners = {one.owner_id for one in found}
    if len({one.station_id for one in found}) < LEAST_STATIONS or len(owners) < LEAST_OWNERS:
        return False
    return all(_is_spread(found, owners, name) for name in ("energy_wh", "earned_minor"))


def mean(found: Sequence[StationMonth], rings: int) -> Around:
    """What a station had, by their mean. They must be anonymous."""
    assert is_anonymous(found), len(found)
    stations = len({one.station_id for one in found})
    owners = len({one.owner_id for one in found})

    def of(values: Iterable[int]) -> int:
        return rounded(Fraction(sum(values), stations))

    return Around(
        rings=rings,
        stations=_at_least(stations),
        owners=_at_least(owners),
        sessions=of(one.sessions for one in found),
        energy_wh=of(one.energy_wh for one in found),
        gross_minor=of(one.gross_minor for one in found),
        earned_minor=of(one.earned_minor for one in found),
    )


def rounded(value: Fraction) -> int:
    """The nearest step of the series 10, 12, 15, 18, 22, … and its multiples by ten: 1234 is 1200.

    Never further off than a ninth, but for numbers below ten, which become whole.
    """
    assert value >= 0, value
    scale = Fraction(1, 10)
    while value >= 100 * scale:
        scale *= 10
    steps = [step * scale for step in _STEPS]
    return round_half_up(min(steps, key=lambda step: abs(step - value))) if value else 0


def _is_spread(found: Sequence[StationMonth], owners: Iterable[str], name: str) -> bool:
    """No owner has more than half of it."""
    whole = sum(getattr(one, name) for one in found)
    parts = (sum(getattr(one, name) for one in found if one.owner_id == owner) for owner in owners)
    return all(2 * part <= whole for part in parts)


def _at_least(count: int) -> int:
    return next(bound for bound in _COUNTS if count >= bound)
