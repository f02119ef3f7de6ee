"""An owner's booking policy: its bounds, and its form as JSON. Pure.

Source: design page of the market, section 1.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chargehub.bookings import overstay as staying
from chargehub.bookings.cancellation import highest_no_show_fee
from chargehub.bookings.overstay import Overstay
from chargehub.bookings.rules import DEFAULTS, Policy
from chargehub.errors import Invalid
from chargehub.tariffs.fields import decimal_text

MINUTE = timedelta(minutes=1)
GRIDS = (1, 5, 10, 15, 30, 60)  # minutes that an hour is a multiple of
SHORTEST = (15, 12 * 60)  # minutes
LONGEST = (15, 24 * 60)
LEAD = (0, 48 * 60)
BUFFER = (0, 60)
GRACE = (10, 30)
APPROVAL = (15, 24 * 60)
OVERSTAY_GRACE = (5, 60)
HORIZON_DAYS = (1, 90)


class BadPolicy(Invalid):
    """A booking policy that contradicts itself, or is beyond its bounds."""

    code = "bad_policy"


def read_policy(terms: Mapping[str, Any]) -> Policy:
    """A policy from its JSON; what `write_policy` writes. Raises BadPolicy."""
    shortest, longest = terms["shortest_minutes"], terms["longest_minutes"]
    if shortest > longest:
        raise BadPolicy("The shortest booking is longer than the longest. Swap the two.")
    grid = terms["grid_minutes"]
    if longest // grid * grid < shortest:
        raise BadPolicy("No slot on this grid is between the shortest and the longest booking.")
    buffer = terms["buffer_minutes"] * MINUTE
    fee, approval = terms["no_show_fee"], terms["approval_minutes"]
    return replace(
        DEFAULTS,
        grid=grid * MINUTE,
        shortest=shortest * MINUTE,
        longest=longest * MINUTE,
        lead=terms["lead_minutes"] * MINUTE,
        horizon=timedelta(days=terms["horizon_days"]),
        buffer=buffer,
        reserve_before=min(DEFAULTS.reserve_before, buffer),
        arrival_grace=terms["arrival_grace_minutes"] * MINUTE,
        cancellation=terms["cancellation"],
        no_show_fee=None if fee is None else Decimal(fee),
        mode=terms["mode"],
        approval=None if approval is None else approval * MINUTE,
        instant_for=terms["instant_for"],
        overstay=_read_overstay(terms.get("overstay")),
        ends_walk_ups=terms.get("ends_walk_ups", False),
    )


def write_policy(policy: Policy) -> dict[str, Any]:
    """The JSON of a policy: whole minutes and days, the fee as text in major units."""
    fee = policy.no_show_fee
    return {
        "grid_minutes": policy.grid // MINUTE,
        "shortest_minutes": policy.shortest // MINUTE,
        "longest_minutes": policy.longest // MINUTE,
        "lead_minutes": policy.lead // MINUTE,
        "horizon_days": policy.horizon.days,
        "buffer_minutes": policy.buffer // MINUTE,
        "arrival_grace_minutes": policy.arrival_grace // MINUTE,
        "cancellation": policy.cancellation,
        "no_show_fee": None if fee is None else decimal_text(fee),
        "mode": policy.mode,
        "approval_minutes": None if policy.approval is None else policy.approval // MINUTE,
        "instant_for": policy.instant_for,
        "overstay": write_overstay(policy.overstay),
        "ends_walk_ups": policy.ends_walk_ups,
    }


def write_overstay(overstay: Overstay | None) -> dict[str, Any] | None:
    """The JSON of what staying costs; None: nothing."""
    if overstay is None:
        return None
    price = overstay.per_minute
    return {
        "per_minute": None if price is None else decimal_text(price),
        "grace_minutes": overstay.grace // MINUTE,
        "night_ok": overstay.night_ok,
    }


def _read_overstay(written: Mapping[str, Any] | None) -> Overstay | None:
    if written is None:
        return None
    price = written["per_minute"]
    if price is not None and not Decimal(price):
        raise BadPolicy("An overstay that costs nothing is none: leave `overstay` out.")
    return Overstay(
        None if price is None else Decimal(price),
        written["grace_minutes"] * MINUTE,
        written["night_ok"],
    )


def check_fee(policy: Policy, currency: str) -> None:
    """The bounds that depend on the listing's currency. Raises BadPolicy."""
    highest = highest_no_show_fee(currency)
    if policy.no_show_fee is not None and policy.no_show_fee > highest:
        raise BadPolicy(f"The fee for not coming is at most {highest} {currency}.")
    stated = policy.overstay.per_minute if policy.overstay else None
    if stated is not None and stated > staying.highest(currency):
        raise BadPolicy(f"A minute too long is at most {staying.highest(currency)} {currency}.")
