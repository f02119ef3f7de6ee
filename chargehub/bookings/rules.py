"""May this slot be had, and who may start a session in it? Values in, values out.

A booking's life: (requested, until its owner agrees ->) held (until it is paid for) -> confirmed
-> active (its session runs) -> completed; or it ends as declined, expired, cancelled, no_show or
failed (by the station). One that begins later than in a day is confirmed without being held first
(`deposits.py`), and may still expire if its deposit is not to be had.
Requested, held, confirmed and active bookings keep their EVSE from `starts_at` to
`blocked_until`; the database refuses an overlap (`tables.py`), the rules here only say so in
better words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from chargehub.bookings.overstay import Overstay
from chargehub.errors import Conflict, Forbidden, Invalid
from chargehub.stations.commands import Fate
from chargehub.units import Span

Status = Literal[
    "requested",
    "held",
    "confirmed",
    "active",
    "completed",
    "cancelled",
    "declined",
    "expired",
    "no_show",
    "failed",
]
LIVE: tuple[Status, ...] = ("requested", "held", "confirmed", "active")
RELEASED: tuple[Status, ...] = ("cancelled", "declined", "expired", "no_show", "failed")

Mode = Literal["instant", "request"]
InstantFor = Literal["anybody", "trusted"]
"""Whom the mode instant is for; others ask first. Who is trusted: `trust.Trust.must_ask`."""

BookingTerms = Literal["usual", "prepaid", "approval"]
"""How a driver may book. prepaid: the whole expected price is held; approval: that, and the owner
is asked each time."""

Cancellation = Literal["free", "flexible", "moderate", "firm", "strict"]
"""How much of a deposit goes back when a driver cancels; reckoned in `cancellation.py`."""

Reservation = Literal["none", "asked", "made", "unsure", "refused", "ended"]
"""What the station is believed to keep for a booking. `unsure`: asked, and no answer came."""

MAY_BE_KEPT: tuple[Reservation, ...] = ("asked", "made", "unsure")
"""Reservations that a station may keep at this moment."""


class SlotTaken(Conflict):
    """Another booking, or its buffer, overlaps the slot."""

    code = "slot_taken"


class StationClosed(Conflict):
    """The station is not open during the whole slot."""

    code = "station_closed"


class BookingOver(Conflict):
    """What is asked is no longer possible: the booking is in use, or has ended."""

    code = "booking_over"


class ChangeUnderWay(Conflict):
    """The booking is being made longer, and its deposit is not held yet."""

    code = "change_under_way"


class OwnerMustAgree(Conflict):
    """The owner agrees to every booking, so to a longer one too."""

    code = "owner_must_agree"


class TooManyBookings(Conflict):
    """The driver has as many open bookings as one may have."""

    code = "too_many_bookings"


class PaymentMethodNeeded(Forbidden):
    """The slot costs money and the driver has no way to pay."""

    code = "payment_method_needed"


class SlotTooShort(Invalid):
    """The slot is shorter than the policy allows."""

    code = "slot_too_short"


class SlotTooLong(Invalid):
    """The slot is longer than the policy allows."""

    code = "slot_too_long"


class SlotOffGrid(Invalid):
    """The slot starts or ends between two steps of the policy's grid."""

    code = "slot_off_grid"


class SlotInThePast(Invalid):
    """The slot has begun already, or begins before the policy's lead time is over."""

    code = "slot_in_the_past"


class TooLateToAsk(Invalid):
    """The owner agrees to every booking, and there is no time left to ask."""

    code = "too_late_to_ask"


class TooFarAhead(Invalid):
    """The slot begins beyond the policy's horizon."""

    code = "too_far_ahead"


@dataclass(frozen=True, slots=True)
class Policy:
    """How an EVSE may be booked. A booking keeps what it needs of the policy it was made under.

    `grid`: slots start and end on whole minutes, in UTC; a coarser grid is an owner's choice.
    `slack`: a slot may have begun this long ago, since people's clocks differ from the hub's.
    `reserve_before` is also how early the booked driver may start, and nobody else; it is no
    longer than `buffer`, so that it never reaches into the booking before.
    `no_show_fee`: in major units; None: the usual one. `mode` request: the owner agrees to every
    booking, within `approval`; None: within half the time that is left, and 12 hours at most.
    `overstay`: what staying after the end costs; None: nothing.
    `ends_walk_ups`: who charges without a booking is stopped when one opens.
    Source: design page of the market, section 1.1.
    """

    grid: timedelta = timedelta(minutes=1)
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=24)
    lead: timedelta = timedelta()
    slack: timedelta = timedelta(minutes=1)
    horizon: timedelta = timedelta(days=30)
    buffer: timedelta = timedelta(minutes=10)
    reserve_before: timedelta = timedelta(minutes=10)
    arrival_grace: timedelta = timedelta(minutes=15)
    hold: timedelta = timedelta(minutes=5)
    open_bookings: int = 50
    cancellation: Cancellation = "free"
    no_show_fee: Decimal | None = Decimal(0)
    mode: Mode = "instant"
    approval: timedelta | None = None
    instant_for: InstantFor = "anybody"
    overstay: Overstay | None = None
    ends_walk_ups: bool = False

    def __post_init__(self) -> None:
        assert self.grid > timedelta(), self.grid
        assert timedelta() < self.shortest <= self.longest, (self.shortest, self.longest)
        assert timedelta() <= self.reserve_before <= self.buffer, self.reserve_before
        assert timedelta() < self.arrival_grace, self.arrival_grace
        assert timedelta() < self.hold, self.hold
        assert self.no_show_fee is None or self.no_show_fee >= 0, self.no_show_fee


DEFAULTS = Policy()
"""What counts where an owner stated nothing: no fee for cancelling or not coming."""


SHORTEST_APPROVAL = timedelta(minutes=15)
_USUAL_APPROVAL = timedelta(hours=12)


def approve_by(slot: Span, now: datetime, policy: Policy) -> datetime:
    """Until when an owner may agree to a slot: later than `now`, and never after its start.

    Raises TooLateToAsk. Source: design page of the market, section 1.1.
    """
    left = slot.start - now
    if left < SHORTEST_APPROVAL:
        raise TooLateToAsk(
            "The owner must agree to this booking first, and needs"
            f" {_minutes(SHORTEST_APPROVAL)} minutes for that. Choose a later start."
        )
    usual = max(min(_USUAL_APPROVAL, left / 2), SHORTEST_APPROVAL)
    return now + min(policy.approval or usual, left)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a driver asks for. `id_token` None: the one of the driver's app."""

    evse_id: str
    starts_at: datetime
    ends_at: datetime
    id_token: str | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """The instants that a booking keeps from the policy it was made under.

    opens_at: from here on the booked driver alone may start, and the station keeps the EVSE.
    arrive_by: without a session by then the booking is a no-show.
    blocked_until: no other booking starts before. pay_by: not paid by then, the hold ends.
    """

    opens_at: datetime
    starts_at: datetime
    arrive_by: datetime
    ends_at: datetime
    blocked_until: datetime
    pay_by: datetime


def times(slot: Span, now: datetime, policy: Policy) -> Times:
    """Work out the instants of a slot.

    opens_at <= starts_at < arrive_by <= ends_at <= blocked_until, always.
    """
    return Times(
        opens_at=slot.start - policy.reserve_before,
        starts_at=slot.start,
        arrive_by=min(slot.start + policy.arrival_grace, slot.end),
        ends_at=slot.end,
        blocked_until=slot.end + policy.buffer,
        pay_by=now + policy.hold,
    )


def slot_of(wanted: Wanted) -> Span:
    """The range of time asked for. Raises Invalid if it ends before it starts."""
    if wanted.ends_at <= wanted.starts_at:
        raise Invalid("The slot must end after it starts.")
    try:
        return Span(wanted.starts_at, wanted.ends_at)
    except OverflowError as error:  # the years 1 and 9999 have no UTC in every time zone
        raise Invalid("The slot lies outside the calendar.") from error


def blocked(slot: Span, policy: Policy) -> Span:
    """The slot with its buffer: what must not overlap another booking's."""
    return Span(slot.start, slot.end + policy.buffer)


def check_times(slot: Span, now: datetime, policy: Policy) -> None:
    """Raises SlotOffGrid, SlotTooShort, SlotTooLong, SlotInThePast, TooFarAhead."""
    check_length(slot, policy)
    _check_when(slot, now, policy)


def check_slot(
    slot: Span, now: datetime, policy: Policy, is_open: bool, taken: Iterable[Span] = ()
) -> None:
    """Refuse a slot that cannot be had, for the first reason that applies.

    `is_open`: the station is open during the whole slot. `taken`: from start to the end of the
    buffer of other live bookings of the EVSE.
    Raises what `check_times` raises, StationClosed, SlotTaken.
    """
    check_times(slot, now, policy)
    if not is_open:
        raise StationClosed(
            "The station is not open during the whole slot. Choose a time within its hours."
        )
    for other in sorted(taken, key=lambda span: span.start):
        if other.overlaps(blocked(slot, policy)):
            raise SlotTaken(_taken_text(slot, other))


def check_length(slot: Span, policy: Policy) -> None:
    """Raises SlotOffGrid, SlotTooShort, SlotTooLong."""
    if not (_is_on_grid(slot.start, policy.grid) and _is_on_grid(slot.end, policy.grid)):
        raise SlotOffGrid(f"Slots start and end on steps of {_minutes(policy.grid)} minutes.")
    if slot.duration < policy.shortest:
        raise SlotTooShort(f"A booking takes at least {_minutes(policy.shortest)} minutes.")
    if slot.duration > policy.longest:
        raise SlotTooLong(f"A booking takes at most {_minutes(policy.longest)} minutes.")


def _check_when(slot: Span, now: datetime, policy: Policy) -> None:
    if slot.start < now + policy.lead - policy.slack:
        raise SlotInThePast(
            f"The slot must start {_minutes(policy.lead)} minutes from now or later."
            if policy.lead
            else "The slot has begun already. Choose a start that is still to come."
        )
    if slot.start > now + policy.horizon:
        raise TooFarAhead(f"Slots can be booked {policy.horizon.days} days ahead, not further.")


def _is_on_grid(moment: datetime, grid: timedelta) -> bool:
    return not (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % grid


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)


def _taken_text(slot: Span, other: Span) -> str:
    if other.end > slot.start >= other.start:
        free = f"It is next free at {other.end:%Y-%m-%dT%H:%MZ} at the earliest"
    else:
        free = f"It is booked again from {other.start:%Y-%m-%dT%H:%MZ} on"
    return f"The EVSE is taken at that time. {free}; choose another time or another EVSE."


class Claim(Protocol):
    """What of a booking decides who may start."""

    @property
    def status(self) -> str: ...
    @property
    def driver_id(self) -> str: ...
    @property
    def id_token(self) -> str: ...
    @property
    def opens_at(self) -> datetime: ...
    @property
    def arrive_by(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def pay_by(self) -> datetime | None: ...
    @property
    def approve_by(self) -> datetime | None: ...


def has_lapsed(booking: Claim, now: datetime) -> bool:
    """A hold that was not paid in time, or a request that was not answered in time."""
    by = {"held": booking.pay_by, "requested": booking.approve_by}.get(booking.status)
    return by is not None and by <= now


def is_claimed(booking: Claim, at: datetime) -> bool:
    """True while the EVSE is kept for the booked driver.

    From `opens_at` on, for a hold until `pay_by`, for a confirmed booking until `arrive_by`,
    for one in use until `ends_at`: also when the clock has not released it yet.
    """
    if not booking.opens_at <= at < booking.ends_at:
        return False
    if booking.status == "held":
        return booking.pay_by is None or at < booking.pay_by
    if booking.status == "confirmed":
        return at < booking.arrive_by
    return booking.status == "active"


def reservation_after(fate: Fate) -> Reservation:
    """What the station keeps after it was asked to, by what came of the command."""
    if fate == "accepted":
        return "made"
    return "unsure" if fate == "timed_out" else "refused"
