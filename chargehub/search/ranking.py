"""Which EVSE is best for a driver: the one that costs least, everything told. Pure.

What a driver cannot see on a bill is reckoned as if it were on it: the way there, the risk to
come in vain, and a stay that others did not like. All parts are whole points, a thousandth of
about a euro each, and depend on nothing but the EVSE and the search: whatever else is found, a
result keeps its place among the others.
"""

from dataclasses import dataclass

from chargehub.tariffs.pricing import Cost, coins
from chargehub.units import exponent, ratio_half_up

POINTS = 1_000  # of about a euro
BEST_RATING_MILLI = 5_000
# Source: design page of the market, section 1: nobody has rated yet (C = 8, m = 4.3).
NEUTRAL_RATING_MILLI = 4_300
NEUTRAL_RELIABLE_PERMILLE = 950  # of starts that succeed, where nobody has tried yet


@dataclass(frozen=True, slots=True)
class Repute:
    """What is known of a station: its rating in thousandths of a star, and how many of 1,000
    visits went as booked; None: nobody has tried yet."""

    rating_milli: int = NEUTRAL_RATING_MILLI
    reliable_permille: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """Points for a kilometre to the EVSE, for a visit in vain, and for each star that lacks."""

    per_km: int = 200
    per_failure: int = 10_000
    per_star: int = 500


@dataclass(frozen=True, slots=True)
class Rank:
    """Points by part; none is below zero, and fewer are better."""

    price: int
    distance: int
    reliability: int
    rating: int

    @property
    def total(self) -> int:
        return self.price + self.distance + self.reliability + self.rating


def rank(cost: Cost | None, distance_m: int, standing: Repute, weights: Weights) -> Rank:
    """Rank an EVSE. `cost` None: no need was told, and the price counts for nothing.

    Dearer, farther, less reliable or worse rated never gives fewer points.
    """
    reliable = standing.reliable_permille
    if reliable is None:
        reliable = NEUTRAL_RELIABLE_PERMILLE
    return Rank(
        price=0 if cost is None else _price(cost),
        distance=ratio_half_up(distance_m * weights.per_km, 1_000),
        reliability=ratio_half_up((1_000 - reliable) * weights.per_failure, 1_000),
        rating=ratio_half_up((BEST_RATING_MILLI - standing.rating_milli) * weights.per_star, 1_000),
    )


def _price(cost: Cost) -> int:
    euro = 10 ** exponent(cost.currency) * coins(cost.currency)
    return max(0, ratio_half_up(cost.total_minor * POINTS, euro))
