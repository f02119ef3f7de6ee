"""When people come to charge, how long they stay and what they take: drawn as it really was. Pure.

Source: Å. L. Sørensen, K. B. Lindberg, I. Sartori, I. Andresen, "Residential electric vehicle
charging datasets from apartment buildings", Data in Brief 36 (2021) 107105, data set 1 of
DOI 10.17632/jbks2rcwyj, licence CC BY 4.0: 6,701 of its 6,878 sessions, those of at least half a
kWh and six minutes. The last amount of energy is the 99th percentile; nobody stays for more than a
day here.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

# Of a thousand sessions, how many began in each hour of the day.
HOURS: Final = (
    *(15, 6, 4, 3, 1, 1, 3, 11, 12, 10, 17, 23),
    *(30, 42, 58, 114, 140, 87, 86, 99, 86, 68, 55, 29),
)
TENTHS_WH: Final = (500, 3_080, 4_670, 6_190, 7_550, 9_270, 11_780, 14_650, 18_470, 26_400, 59_610)
TENTHS_MIN: Final = (6, 81, 143, 216, 408, 615, 724, 860, 997, 1_254, 1_440)

_BEFORE: Final = tuple(accumulate(HOURS))
_MARGIN: Final = timedelta(minutes=10)  # between two cars, and to plug in and leave


@dataclass(frozen=True, slots=True)
class Visit:
    """A car at a place, by their numbers."""

    place: int
    driver: int
    arrives_at: datetime
    leaves_at: datetime
    energy_wh: int

    def read_at(self, power_w: int, part: int, parts: int) -> datetime:
        """When so many parts of the energy have flowed."""
        flows = timedelta(hours=1) * self.energy_wh / power_w
        return self.arrives_at + flows * part / parts


def amount_of(tenths: Sequence[int], random: Random) -> int:
    """One of a distribution that is known by its tenths."""
    tenth = random.randrange(len(tenths) - 1)
    return random.randint(tenths[tenth], tenths[tenth + 1])


def visit_on(day: date, zone: str, powers_w: Sequence[int], drivers: int, random: Random) -> Visit:
    """A visit of some day: anybody, anywhere. It stays as long as its energy takes, at least."""
    hour = bisect(_BEFORE, random.randrange(_BEFORE[-1]))
    begins = time(hour, random.randrange(60), random.randrange(60), tzinfo=ZoneInfo(zone))
    place = random.randrange(len(powers_w))
    energy_wh = amount_of(TENTHS_WH, random)
    takes = timedelta(hours=1) * energy_wh / powers_w[place] + _MARGIN
    stays = max(takes, timedelta(minutes=amount_of(TENTHS_MIN, random)))
    arrives_at = datetime.combine(day, begins)
    return Visit(place, random.randrange(drivers), arrives_at, arrives_at + stays, energy_wh)


def without_clashes(visits: Sequence[Visit]) -> list[Visit]:
    """In order of arrival; who finds the place taken, or is elsewhere already, does not come."""
    free_at: dict[tuple[str, int], datetime] = {}
    kept = []
    for visit in sorted(visits, key=lambda each: each.arrives_at):
        keys = ("place", visit.place), ("driver", visit.driver)
        if all(visit.arrives_at >= free_at.get(key, visit.arrives_at) for key in keys):
            free_at |= dict.fromkeys(keys, visit.leaves_at + _MARGIN)
            kept.append(visit)
    return kept
