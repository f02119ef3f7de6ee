"""What ending a booking early costs, whom, and from when on. Pure.

A policy names until when a cancellation is free and until when half of the deposit goes back.
Money is in minor units of the booking's currency. Source: design page of the market, 1.1 and 1.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from chargehub.bookings.rules import Policy
from chargehub.tariffs.pricing import coins
from chargehub.units import minor

# In coins of about a euro, as the deposit's cap is.
USUAL_NO_SHOW_FEE = Decimal(5)
HIGHEST_NO_SHOW_FEE = Decimal(15)
SMALLEST_PENALTY = Decimal(2)

REGRET = timedelta(minutes=10)  # after booking, free if the start is further away than this:
FAR_ENOUGH = timedelta(hours=2)
NO_SHOW_TIME = timedelta(minutes=30)  # of the slot's value, at most, for not coming
_STRICT_REGRET = timedelta(hours=1)
_STRICT_FAR = timedelta(hours=48)

# How long before the start everything goes back, and how long before it half of it does.
STEPS: Mapping[str, tuple[timedelta, timedelta]] = {
    "flexible": (timedelta(hours=1), timedelta()),
    "moderate": (timedelta(hours=4), timedelta(hours=1)),
    "firm": (timedelta(hours=24), timedelta(hours=4)),
    "strict": (timedelta(hours=72), timedelta(hours=24)),
}

# An owner who cancels this long before the start, or later, owes these percents of the value.
_PENALTIES = ((timedelta(hours=24), 10), (timedelta(hours=4), 25))
_LATEST_PENALTY = 50

Reason = Literal["price", "station", "quality", "blocked"]
"""Why a cancellation is free at any time: what was booked is not what is offered now (another
price, a station that is not there, one that has failed a driver since), or another's car stands in
its way."""


class Booked(Protocol):
    """What of a booking its end is reckoned from."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def deposit_minor(self) -> int: ...
    @property
    def expected_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Parting:
    """How a deposit is divided when its booking ends early; neither part is negative."""

    capture_minor: int
    release_minor: int


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What `on_cancel` says, told beforehand.

    Until and at `free_until` nothing is kept, from then until `half_until` `half_minor`, later
    `late_minor`. None: that time is over when the booking is made, or never comes.
    """

    free_until: datetime | None
    half_until: datetime | None
    half_minor: int
    late_minor: int


def deadlines(policy: Policy, booking: Booked) -> Deadlines:
    """Until when ending a booking early costs how much; the same at every moment.

    A policy that is free is so until nobody came; what is kept then is the fee for not coming.
    """
    if policy.cancellation == "free":
        arrive_by = min(booking.starts_at + policy.arrival_grace, booking.ends_at)
        return Deadlines(arrive_by, None, 0, no_show_fee(policy, booking))
    free_until = _free_until(policy, booking)
    half_until = booking.starts_at - STEPS[policy.cancellation][1]
    is_ever_free = free_until >= booking.created_at
    is_ever_half = half_until > free_until and half_until >= booking.created_at
    return Deadlines(
        free_until if is_ever_free else None,
        half_until if is_ever_half else None,
        booking.deposit_minor // 2,
        _late(policy, booking),
    )


def on_cancel(policy: Policy, booking: Booked, now: datetime) -> Parting:
    """What a driver's cancellation costs.

    capture + release == deposit, always, and capture never falls as `now` grows: where half of
    the deposit is more than the no-show fee, it stays half after the start. Half a minor unit is
    the driver's.
    """
    deposit = booking.deposit_minor
    if policy.cancellation == "free" or now <= _free_until(policy, booking):
        return _parting(deposit, 0)
    _, half_before = STEPS[policy.cancellation]
    if now <= booking.starts_at - half_before:
        return _parting(deposit, deposit // 2)
    return _parting(deposit, _late(policy, booking))


def on_no_show(policy: Policy, booking: Booked) -> Parting:
    """What not coming costs, where the station was there for the driver all the time."""
    return _parting(booking.deposit_minor, no_show_fee(policy, booking))


def no_show_fee(policy: Policy, booking: Booked) -> int:
    """The least of the deposit, half an hour at the slot's own value, and the policy's fee."""
    stated = USUAL_NO_SHOW_FEE * coins(booking.currency)
    if policy.no_show_fee is not None:
        stated = min(policy.no_show_fee, highest_no_show_fee(booking.currency))
    half_hour = booking.expected_minor * NO_SHOW_TIME // (booking.ends_at - booking.starts_at)
    return min(booking.deposit_minor, half_hour, minor(stated, booking.currency))


def highest_no_show_fee(currency: str) -> Decimal:
    """The bound of a policy's no-show fee, in major units."""
    return HIGHEST_NO_SHOW_FEE * coins(currency)


def owner_penalty(booking: Booked, now: datetime) -> int:
    """What an owner owes for cancelling: a tenth to a half of the slot's expected value, and 2
    coins at least. Nothing for a slot that is worth nothing."""
    if booking.expected_minor == 0:
        return 0
    left = booking.starts_at - now
    percent = next((part for before, part in _PENALTIES if left > before), _LATEST_PENALTY)
    least = minor(SMALLEST_PENALTY * coins(booking.currency), booking.currency)
    return max(booking.expected_minor * percent // 100, least)


def _free_until(policy: Policy, booking: Booked) -> datetime:
    """The last instant at which a cancellation is free."""
    free_before, _ = STEPS[policy.cancellation]
    moments = [
        booking.starts_at - free_before,
        # Within ten minutes of the booking, while the start is still more than two hours away.
        min(
            booking.created_at + REGRET,
            booking.starts_at - FAR_ENOUGH - timedelta.resolution,
        ),
    ]
    if policy.cancellation == "strict":
        moments.append(min(booking.created_at + _STRICT_REGRET, booking.starts_at - _STRICT_FAR))
    return max(moments)


def _late(policy: Policy, booking: Booked) -> int:
    """What of the deposit is kept where it is too late for half of it to go back."""
    if policy.cancellation == "flexible":
        return max(booking.deposit_minor // 2, no_show_fee(policy, booking))
    return booking.deposit_minor


def _parting(deposit_minor: int, capture_minor: int) -> Parting:
    assert 0 <= capture_minor <= deposit_minor, (capture_minor, deposit_minor)
    return Parting(capture_minor, deposit_minor - capture_minor)
