"""Drivers end their bookings later or earlier, also while they charge.

A longer booking is kept at once and stands when its deposit is held; if that is refused it ends
when it did before; where none is held yet, the greater one is asked for when its time comes. A
shorter one frees the time. Its deposit goes down only while cancelling is free, so nobody pays less
for cancelling or not coming by making it short first; and not while a session runs, which is paid
from it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, update
from sqlalchemy.exc import IntegrityError

from chargehub import events
from chargehub.bookings import (
    blocking,
    cancelling,
    changes,
    lapsing,
    policies,
    record,
    rules,
    tables,
)
from chargehub.bookings.cancellation import on_cancel
from chargehub.bookings.changes import CHANGE, MOST_CHANGES, BookingChangeRow, ChangeView
from chargehub.bookings.rules import Policy
from chargehub.bookings.steps import found
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.errors import Forbidden
from chargehub.listings import audience
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import Actor, fold_id_token
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.stations.views import EvseView
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.units import Span

_IS_ASKED_AGAIN = (BOOKING.c.reservation != "none") & (
    BOOKING.c.arrive_by != bindparam("arrival", type_=Instant())
)
_SET_END = (
    update(BOOKING)
    .where(
        BOOKING.c.id == bindparam("booking_id"),
        BOOKING.c.status.in_(("confirmed", "active")),
        BOOKING.c.ends_at == bindparam("was", type_=Instant()),
    )
    .values(
        ends_at=bindparam("end", type_=Instant()),
        blocked_until=bindparam("until", type_=Instant()),
        arrive_by=bindparam("arrival", type_=Instant()),
        # The station is told anew until when it keeps the EVSE; the number stays the same.
        reservation=case((_IS_ASKED_AGAIN, "none"), else_=BOOKING.c.reservation),
        deposit_minor=bindparam("deposit"),
        expected_minor=bindparam("expected"),
    )
)
_ANSWER = (
    update(CHANGE)
    .where(CHANGE.c.id == bindparam("change_id"), CHANGE.c.state == "asked")
    .values(state=bindparam("becomes"))
)


@dataclass(frozen=True, slots=True)
class NewEnd:
    """A booking with another end: what is held then, and what the slot is worth at full power.

    Amounts in minor units of the booking's currency.
    """

    booking: BookingView
    ends_at: datetime
    deposit_minor: int
    expected_minor: int

    @property
    def is_paid_first(self) -> bool:
        """More is to be held before it stands; not where nothing is held yet anyhow."""
        is_more = self.deposit_minor > self.booking.deposit_minor
        return is_more and self.booking.deposit_state != "later"


def quote(reads: Reads, actor: Actor, booking_id: str, ends_at: datetime, now: datetime) -> NewEnd:
    """What another end would mean; the same as `set_end` would do.

    Raises NotFound, Forbidden, BookingOver, ChangeUnderWay, OwnerMustAgree, KeptByOwner and what
    `rules.check_slot` raises.
    """
    booking = cancelling.seen_by(actor, tables.booking(reads, booking_id))
    if actor.account_id != booking.driver_id:
        raise Forbidden("Only who booked the slot can end it at another time.")
    _check_state(reads, booking, now)
    evse = stations.evse(reads, booking.evse_id)
    assert evse is not None, booking.evse_id
    policy = policies.of_booking(booking)
    rules.check_length(Span(booking.starts_at, max(ends_at, booking.starts_at)), policy)
    if ends_at > booking.ends_at:
        _check_longer(reads, booking, evse, ends_at, now)
    elif ends_at <= now:
        raise rules.SlotInThePast("The slot cannot end in the past. Choose a later end.")
    return _priced(reads, booking, evse, ends_at, now)


def set_end(
    work: Work, actor: Actor, booking_id: str, ends_at: datetime, now: datetime
) -> BookingView:
    """End a booking at another time; again changes nothing. Raises what `quote` raises."""
    booking = tables.booking(work, booking_id)
    if booking is not None and booking.ends_at < ends_at:
        later = Span(booking.ends_at, ends_at + (booking.blocked_until - booking.ends_at))
        lapsing.give_way(work, booking.evse_id, later, now)
    if booking is not None and booking.ends_at == ends_at:
        return cancelling.seen_by(actor, booking)
    new = quote(work, actor, booking_id, ends_at, now)
    change = ChangeView(
        new_id(),
        booking_id,
        "asked" if new.is_paid_first else "made",
        new.booking.ends_at,
        ends_at,
        new.booking.deposit_minor,
        new.deposit_minor,
        new.booking.expected_minor,
        new.expected_minor,
        now,
    )
    _write(work, new)
    work.insert(BookingChangeRow, **{name: getattr(change, name) for name in change.__slots__})
    work.record(events.BookingChanged(booking_id, change.state))
    return found(work, booking_id)


def _check_state(reads: Reads, booking: BookingView, now: datetime) -> None:
    if booking.status in ("requested", "held"):
        raise rules.BookingOver("This booking does not stand yet. Wait until it is confirmed.")
    if booking.status not in ("confirmed", "active") or booking.ends_at <= now:
        raise rules.BookingOver("The slot is over; book another one.")
    known = changes.changes_of(reads, booking.id)
    if any(one.state == "asked" for one in known):
        raise rules.ChangeUnderWay("The booking is being changed already. Try again in a minute.")
    if len(known) >= MOST_CHANGES:
        raise rules.ChangeUnderWay("This booking was changed too often. Book another slot.")


def _check_longer(
    reads: Reads, booking: BookingView, evse: EvseView, ends_at: datetime, now: datetime
) -> None:
    """May the time from the end there is until the new one be had?"""
    policy = policies.of_booking(booking)
    is_own = _is_own(reads, booking, evse)
    trusted = record.of(reads, booking.driver_id)
    if not is_own and trusted.must_ask(policy, booking.deposit_minor):
        raise rules.OwnerMustAgree(
            "The owner has to agree to your bookings here. Ask for the longer time as a new one."
        )
    later = Span(booking.ends_at, ends_at)
    if later.start < now + policy.lead - policy.slack:
        raise rules.SlotInThePast(
            f"A booking is made longer {policy.lead // timedelta(minutes=1)} minutes before its"
            " end at the latest."
        )
    _check_open(reads, booking, evse, later)
    if not is_own:
        blocking.check_not_kept(reads, evse, later, policy)
    _check_free(reads, booking, later, policy, now)


def _check_open(reads: Reads, booking: BookingView, evse: EvseView, later: Span) -> None:
    listing = listings.listing(reads, booking.station_id)
    if listing is None or not audience.is_for(reads, listing, evse.owner_id, booking.driver_id):
        raise rules.StationClosed("The station is not offered to you any more.")
    if not hours.is_open_between(listing.hours, evse.time_zone, later.start, later.end):
        raise rules.StationClosed("The station is not open until then. Choose an earlier end.")


def _check_free(
    reads: Reads, booking: BookingView, later: Span, policy: Policy, now: datetime
) -> None:
    buffer = booking.blocked_until - booking.ends_at
    wanted = Span(later.start, later.end + buffer)
    for other in lapsing.standing(reads, booking.evse_id, wanted, now):
        if other.id != booking.id:
            raise _taken(other)


def _taken(other: BookingView) -> rules.SlotTaken:
    return rules.SlotTaken(
        f"The EVSE is booked again from {other.starts_at:%Y-%m-%dT%H:%MZ} on. Choose an earlier"
        " end; some minutes lie between two bookings."
    )


def _is_own(reads: Reads, booking: BookingView, evse: EvseView) -> bool:
    token = fold_id_token(booking.id_token)
    return booking.driver_id == evse.owner_id or stations.is_household(reads, evse.id, token)


def _priced(
    reads: Reads, booking: BookingView, evse: EvseView, ends_at: datetime, now: datetime
) -> NewEnd:
    """By the price list that was booked. Who had nothing to pay before has nothing to pay now."""
    if booking.deposit_minor == 0:
        return NewEnd(booking, ends_at, 0, booking.expected_minor)
    slot = Span(booking.starts_at, ends_at)
    tariff = tariffs.snapshot(reads, booking.tariff_snapshot_id)
    deposit_minor = pricing.deposit(tariff, evse.power_w, slot.duration)
    most_wh = evse.power_w * (slot.duration // timedelta(seconds=1)) // 3600
    expected = pricing.quote(tariff, most_wh, slot, evse.time_zone)
    if record.of(reads, booking.driver_id).pays_before:
        deposit_minor = max(deposit_minor, expected.total_minor)
    is_free = on_cancel(policies.of_booking(booking), booking, now).capture_minor == 0
    if not is_free or booking.status == "active":  # a station gives energy after the slot too
        deposit_minor = max(deposit_minor, booking.deposit_minor)
    return NewEnd(booking, ends_at, deposit_minor, expected.total_minor)


def _write(work: Work, new: NewEnd) -> None:
    booking = new.booking
    arrive_by = min(booking.arrive_by, new.ends_at)
    try:
        changed = work.execute(
            _SET_END,
            booking_id=booking.id,
            was=booking.ends_at,
            end=new.ends_at,
            until=new.ends_at + (booking.blocked_until - booking.ends_at),
            arrival=arrive_by,
            deposit=new.deposit_minor,
            expected=new.expected_minor,
        )
    except IntegrityError as error:
        if tables.NO_OVERLAP not in str(error.orig):
            raise
        raise rules.SlotTaken(
            "The EVSE was taken at that time just now. Choose an earlier end."
        ) from error
    if changed != 1:
        raise rules.BookingOver("The booking was changed or is over since. Look at it again.")


# --- what follows from events ------------------------------------------------------------------


def follow_deposit(work: Work, event: events.BookingChanged, now: datetime) -> None:
    """The deposit of a longer booking is held: it stands; or it ends when it did before."""
    if event.state not in ("held", "refused"):
        return
    change = changes.under_way(work, event.booking_id)
    if change is None:
        return
    becomes = "made" if event.state == "held" else "taken_back"
    if work.execute(_ANSWER, change_id=change.id, becomes=becomes) != 1:
        return
    if becomes == "taken_back":
        _take_back(work, change, now)
    work.record(events.BookingChanged(change.booking_id, becomes))


def _take_back(work: Work, change: ChangeView, now: datetime) -> None:
    booking = found(work, change.booking_id)
    if booking.status not in ("confirmed", "active") or booking.ends_at != change.ends_at:
        return
    before = NewEnd(
        booking, change.was_ends_at, change.was_deposit_minor, change.was_expected_minor
    )
    _write(work, before)
    account = people.account(work, booking.driver_id)
    if account is not None:
        ends_at = local_times.at_station(work, booking.station_id, change.was_ends_at)
        text = (
            "The deposit of your longer booking could not be held.\n\n"
            f"Booking {booking.id} ends at {ends_at}, as before.\n"
        )
        mails.write_mail(work, account.email, "Your booking is not longer", text, now)
