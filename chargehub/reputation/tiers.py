"""What facts and ratings earn: a station's tier and badges, a driver's terms. Pure.

Source: design pages of the network, section 2.3 (tiers), and of the market, sections 1.2 and 1.5.
"""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal

from chargehub.bookings.rules import BookingTerms
from chargehub.reputation.scores import Rate, StationFacts
from chargehub.reputation.uptime import PPM

Tier = Literal["gold", "silver", "bronze", "probation", "none", "new"]
"""none: measured, and below what probation asks for. new: not measured yet."""
Badge = Literal["reliable", "instant"]

_LADDER: tuple[tuple[Tier, int, int], ...] = (  # uptime and start success in percent, at least
    ("gold", 98, 95),
    ("silver", 95, 90),
    ("bronze", 90, 80),
    ("probation", 75, 60),
)
_RELIABLE_RATING = 4_700  # thousandths of a star
_RELIABLE_SESSIONS = 10
_CANCEL_PERCENT = 1  # of what came to an end, the owner cancelled fewer
_INSTANT_PERCENT = 2  # more than that loses the badge
GOLD_MATURITY = timedelta(hours=24)  # Source: design page of money, section 1.5, as the next
NEW_OWNER = timedelta(days=30)  # since the first settlement: by then most disputes are told
_FEW_BOOKINGS = 5  # fewer say nothing of a driver
_PREPAID_PERCENT, _APPROVAL_PERCENT = 10, 25


@dataclass(frozen=True, slots=True)
class Merit:
    """What a station has earned. `keeps_bookings`: its owner cancels few."""

    tier: Tier
    is_reliable: bool
    keeps_bookings: bool


def start_success(starts: Rate) -> Fraction:
    """(worked + 9) / (tried + 10): one bad start is not the end of a new station."""
    return Fraction(starts.count + 9, starts.of + 10)


def tier_of(uptime_ppm: int | None, starts: Rate) -> Tier:
    """The highest tier that both uptime and starts reach; new where nothing was measured."""
    if uptime_ppm is None:
        return "new"
    success = start_success(starts)
    for tier, uptime, started in _LADDER:
        if uptime_ppm * 100 >= uptime * PPM and success * 100 >= started:
            return tier
    return "none"


def merit(
    facts: StationFacts, of_owner: Rate, rating_thousandths: int, is_measured_long: bool
) -> Merit:
    """What a station has earned.

    `of_owner`: bookings that the owner cancelled, at all stations. `is_measured_long`: the days
    that uptime is shown of have all been.
    """
    tier = tier_of(facts.uptime.uptime_ppm, facts.starts)
    return Merit(
        tier=tier,
        is_reliable=tier == "gold"
        and is_measured_long
        and rating_thousandths >= _RELIABLE_RATING
        and of_owner.count * 100 < _CANCEL_PERCENT * max(of_owner.of, 1)
        and facts.sessions >= _RELIABLE_SESSIONS,
        keeps_bookings=not of_owner.is_above(_INSTANT_PERCENT),
    )


def maturity(tier: Tier, is_new_owner: bool, usual: timedelta, of_new: timedelta) -> timedelta:
    """How long after capture earnings are the owner's; never longer for a better tier.

    `usual` and `of_new` are what the operator set. A new owner waits the longer of them, however
    good the station is: who came to cheat is gone by then, or found out.
    """
    if is_new_owner:
        return max(usual, of_new)
    return min(usual, GOLD_MATURITY) if tier == "gold" else usual


def terms_of(no_shows: Rate) -> BookingTerms:
    """On which terms a driver books who did not come so often; never milder for more of it.

    Of five bookings or more, above 10 %: prepaid; above 25 %: by approval alone, and prepaid.
    """
    if no_shows.of < _FEW_BOOKINGS or not no_shows.is_above(_PREPAID_PERCENT):
        return "usual"
    return "approval" if no_shows.is_above(_APPROVAL_PERCENT) else "prepaid"


def badges(is_reliable: bool, keeps_bookings: bool, is_instant: bool) -> tuple[Badge, ...]:
    """The badges to show. `is_instant`: its policy lets drivers book at once."""
    earned: list[Badge] = ["reliable"] if is_reliable else []
    return (*earned, "instant") if is_instant and keeps_bookings else tuple(earned)
