"""What can be done with a booking: by people, by the clock, and as what follows from events.

Every change of status is a compare-and-set, so an action that comes twice or late changes
nothing the second time. What the station reserves follows the booking and never leads it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, case, update
from sqlalchemy.exc import IntegrityError

from chargehub import events
from chargehub.bookings import rules, tables
from chargehub.bookings.rules import DEFAULTS, Status, Wanted
from chargehub.bookings.tables import BOOKING, BookingRow, BookingView
from chargehub.errors import Forbidden, NotFound
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.listings.tables import ListingView
from chargehub.people import tables as people
from chargehub.people.rules import MASTER, Actor, fold_id_token, group_token
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.commands import CancelReservation, Fate, Reserve
from chargehub.stations.reports import Acknowledged, ReservationEnded
from chargehub.stations.views import EvseView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.tariffs import actions as tariff_actions
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.units import Money, Span

RESERVATION_IDS = 2**31 - 1  # 1 to this: what every station can read as a positive integer
CANCEL_WITHIN = timedelta(hours=1)  # by then every reservation has run out at the station itself

_ID = attrgetter("id")

_MOVE = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), BOOKING.c.status == bindparam("was"))
    .values(status=bindparam("becomes"))
)
_END = _MOVE.values(ended_at=bindparam("now"), cancelled_by=bindparam("by"))
_IS_MISSED = BOOKING.c.status == "no_show"  # its slot may be another's by now: it keeps nothing
_USE = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), _IS_MISSED | BOOKING.c.status.in_(rules.LIVE))
    .values(status=case((_IS_MISSED, "completed"), else_="active"), session_id=bindparam("used_by"))
)
_NOTE_RESERVATION = (
    update(BOOKING)
    .where(BOOKING.c.id == bindparam("booking_id"), BOOKING.c.reservation == bindparam("was"))
    .values(reservation=bindparam("becomes"), reserved_at=bindparam("since"))
)


# --- people ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a slot is held on: the price list as it is now, and what is to be paid before."""

    tariff_snapshot_id: str
    deposit: Money


def hold_slot(work: Work, driver: Actor, wanted: Wanted, now: datetime) -> BookingView:
    """Hold a slot until it is paid for; a free one is confirmed at once.

    Free are an owner's and a household's own EVSE, and a tariff that asks for nothing. The price
    list is frozen here. Holds of others that were not paid in time give way.
    Raises NotFound (no such EVSE, or not published), Forbidden (somebody else's id token),
    PaymentMethodNeeded, TooManyBookings, and what `rules.check_slot` raises.
    """
    slot = rules.slot_of(wanted)
    evse, listing = _offered(work, wanted.evse_id)
    _check_calendar(work, slot, evse, listing, now)
    if tables.open_bookings(work, driver.account_id) >= DEFAULTS.open_bookings:
        raise rules.TooManyBookings(
            f"You have {DEFAULTS.open_bookings} open bookings. Cancel one to make another."
        )
    id_token = _id_token(work, driver, wanted, now)
    terms = _terms(work, driver, evse, listing, id_token, slot)
    booking = _insert(work, driver, evse, id_token, terms, slot, now)
    work.record(
        events.BookingHeld(booking.id)
        if booking.status == "held"
        else events.BookingConfirmed(booking.id)
    )
    return booking


def cancel(work: Work, actor: Actor, booking_id: str, now: datetime) -> BookingView:
    """End a booking before its session: by its driver, the EVSE's owner or an operator. Free.

    Cancelling again changes nothing. Raises NotFound, BookingOver.
    """
    booking = seen_by(actor, tables.booking(work, booking_id))
    if booking.status == "active":
        raise rules.BookingOver("The booking is in use. Stop its session instead.")
    if booking.status in ("held", "confirmed"):
        _release(work, booking, "cancelled", now, by=_role(actor, booking))
    elif booking.status != "cancelled":
        raise rules.BookingOver("The booking is over already; there is nothing to cancel.")
    return _found(work, booking_id)


def seen_by(actor: Actor, booking: BookingView | None) -> BookingView:
    """The booking, if it is this actor's to see: as driver, owner or operator. Raises NotFound."""
    if booking is not None and (
        actor.is_operator or actor.account_id in (booking.driver_id, booking.owner_id)
    ):
        return booking
    raise NotFound("There is no such booking.")


def _role(actor: Actor, booking: BookingView) -> str:
    if actor.account_id == booking.driver_id:
        return "driver"
    return "owner" if actor.account_id == booking.owner_id else "operator"


def _offered(work: Work, evse_id: str) -> tuple[EvseView, ListingView]:
    evse = stations.evse(work, evse_id)
    listing = listings.listing(work, evse.station_id) if evse else None
    if evse is None or listing is None:
        raise NotFound("No such EVSE is offered for booking.")
    return evse, listing


def _check_calendar(
    work: Work, slot: Span, evse: EvseView, listing: ListingView, now: datetime
) -> None:
    """Let go of holds that were not paid in time, then judge the slot by the rules."""
    rules.check_times(slot, now, DEFAULTS)
    is_open = hours.is_open_between(listing.hours, evse.time_zone, slot.start, slot.end)
    taken = []
    for other in tables.overlapping(work, evse.id, rules.blocked(slot, DEFAULTS)):
        if other.status == "held" and other.pay_by is not None and other.pay_by <= now:
            _release(work, other, "expired", now)
        else:
            taken.append(Span(other.starts_at, other.blocked_until))
    rules.check_slot(slot, now, DEFAULTS, is_open, taken)


def _id_token(work: Work, driver: Actor, wanted: Wanted, now: datetime) -> str:
    if wanted.id_token is None:
        return people.app_token(work, driver.account_id)
    token = people.id_token(work, wanted.id_token)
    if token is None or token.account_id != driver.account_id:
        raise Forbidden("That id token is not one of yours. Leave it out to use your app's.")
    if token.kind == MASTER:
        raise Forbidden("A master token starts nothing. Leave it out to use your app's.")
    has_ended = token.expires_at is not None and token.expires_at <= now
    if token.status != "valid" or has_ended:
        raise Forbidden("That id token is blocked or has expired. Choose another one.")
    return token.value


def _terms(
    work: Work, driver: Actor, evse: EvseView, listing: ListingView, id_token: str, slot: Span
) -> _Terms:
    snapshot_id = tariff_actions.snapshot(work, listing.tariff_id, driver.account_id)
    tariff = tariffs.snapshot(work, snapshot_id)
    is_household = stations.is_household(work, evse.id, fold_id_token(id_token))
    is_own_use = driver.account_id == evse.owner_id or is_household
    if is_own_use or not any(component.price for component in tariff.components):
        return _Terms(snapshot_id, Money(0, tariff.currency))
    account = people.account(work, driver.account_id)
    if account is None or not account.can_pay:
        raise rules.PaymentMethodNeeded("This slot costs money. Add a payment method, then book.")
    deposit_minor = pricing.deposit(tariff, evse.power_w, slot.duration)
    return _Terms(snapshot_id, Money(deposit_minor, tariff.currency))


def _insert(
    work: Work,
    driver: Actor,
    evse: EvseView,
    id_token: str,
    terms: _Terms,
    slot: Span,
    now: datetime,
) -> BookingView:
    """Store the booking. Raises SlotTaken where the database alone knows better."""
    is_paid = terms.deposit.amount_minor > 0
    at = rules.times(slot, now, DEFAULTS)
    row = BookingRow(
        id=new_id(),
        driver_id=driver.account_id,
        evse_id=evse.id,
        station_id=evse.station_id,
        owner_id=evse.owner_id,
        id_token=id_token,
        status="held" if is_paid else "confirmed",
        opens_at=at.opens_at,
        starts_at=at.starts_at,
        arrive_by=at.arrive_by,
        ends_at=at.ends_at,
        blocked_until=at.blocked_until,
        pay_by=at.pay_by if is_paid else None,
        deposit_minor=terms.deposit.amount_minor,
        currency=terms.deposit.currency,
        tariff_snapshot_id=terms.tariff_snapshot_id,
        reservation_id=_new_reservation_id(work),
        reservation="none",
        created_at=now,
    )
    try:
        work.add(row)
    except IntegrityError as error:
        if tables.NO_OVERLAP not in str(error.orig):
            raise
        raise rules.SlotTaken(
            "The EVSE was taken at that time just now. Choose another time or another EVSE."
        ) from error
    return _found(work, row.id)


def _new_reservation_id(work: Work) -> int:
    """A number no booking has had. By chance, not counted: two nodes would count alike."""
    while tables.is_reservation_known(work, number := 1 + secrets.randbelow(RESERVATION_IDS)):
        pass
    return number


# --- what follows from events ------------------------------------------------------------------


def confirm(work: Work, event: events.PaymentAuthorised, now: datetime) -> None:
    """The money is held, so the slot is the driver's.

    A booking that ended before the money came stays ended, for its driver was told so and the
    slot may be somebody else's: its release is recorded once more, and the money goes back.
    """
    if event.booking_id is None:
        return
    if _moved(work, event.booking_id, "held", "confirmed"):
        work.record(events.BookingConfirmed(event.booking_id))
        return
    booking = _found(work, event.booking_id)
    if booking.status in rules.RELEASED:
        work.record(events.BookingReleased(booking.id, booking.status))


def decline(work: Work, event: events.PaymentRefused, now: datetime) -> None:
    """The money is not to be had, so the slot is free again."""
    if event.booking_id is None:
        return
    booking = _found(work, event.booking_id)
    if booking.status == "held":
        _release(work, booking, "declined", now)


def mark_used(work: Work, event: events.SessionOpened, now: datetime) -> None:
    """The driver has come: the booking runs with its session, a second one takes its place.
    A no-show of whom a station tells late did come: the booking counts as used."""
    if event.booking_id is not None:
        work.execute(_USE, booking_id=event.booking_id, used_by=event.session_id)


def complete(work: Work, event: events.SessionClosed, now: datetime) -> None:
    """The session is over, and so is its booking; what is left of the slot is free again."""
    booking = tables.by_session(work, event.session_id)
    if booking is None:
        return
    changed = work.execute(
        _END, booking_id=booking.id, was="active", becomes="completed", now=now, by=None
    )
    if changed and now < booking.arrive_by:
        _cancel_reservation(work, booking, now)


def follow_command(work: Work, event: events.CommandFinished, now: datetime) -> None:
    """Note whether the station keeps the EVSE; take it back if the booking is over by now."""
    if event.kind != "reserve":
        return
    command = stations.command(work, event.command_id)
    if command is None or command.booking_id is None:
        return
    unanswered: Fate = "timed_out" if command.tries else "offline"
    becomes = rules.reservation_after(command.outcome.fate if command.outcome else unanswered)
    since = now if becomes == "made" else None
    if not _noted(work, command.booking_id, "asked", becomes, since):
        return
    booking = _found(work, command.booking_id)
    if booking.status not in rules.LIVE:
        _cancel_reservation(work, booking, now)


def reservation_ended(
    work: Work, station_id: str, report: ReservationEnded, now: datetime
) -> Acknowledged:
    """The station let a reservation go. The booking stands: authorisation still keeps it."""
    booking = tables.by_reservation(work, station_id, report.reservation_id)
    if booking is not None and booking.reservation in rules.MAY_BE_KEPT:
        _noted(work, booking.id, booking.reservation, "ended", booking.reserved_at)
    return Acknowledged()


# --- the clock ---------------------------------------------------------------------------------


def expire_holds(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let go of holds that were not paid in time, at most 50; how many."""
    due = tables.unpaid_holds(work, now, chunk.limit)
    return chunk.each(work, due, _ID, partial(_release, becomes="expired", now=now))


def release_no_shows(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let go of confirmed bookings whose driver did not come, at most 50; how many."""
    due = tables.not_arrived(work, now, chunk.limit)
    return chunk.each(work, due, _ID, partial(_release, becomes="no_show", now=now))


def open_due_windows(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask stations to keep EVSEs for bookings whose time comes, at most 50, each once; how many.

    The station lets go by itself when the driver has not come.
    """
    due = tables.not_reserved(work, now, chunk.limit)
    return chunk.each(work, due, _ID, partial(_reserve, now=now))


def _reserve(work: Work, booking: BookingView, now: datetime) -> None:
    evse = stations.evse(work, booking.evse_id)
    assert evse is not None, booking.evse_id
    _noted(work, booking.id, "none", "asked", None)
    reserve = Reserve(
        booking.reservation_id,
        evse.number,
        booking.id_token,
        booking.arrive_by,
        group_token(booking.driver_id),
    )
    station_actions.command(
        work,
        booking.station_id,
        reserve,
        now,
        expires_in=booking.arrive_by - now,
        booking_id=booking.id,
    )


# --- shared ------------------------------------------------------------------------------------


def _found(work: Work, booking_id: str) -> BookingView:
    booking = tables.booking(work, booking_id)
    assert booking is not None, booking_id
    return booking


def _moved(work: Work, booking_id: str, was: Status, becomes: Status) -> bool:
    return work.execute(_MOVE, booking_id=booking_id, was=was, becomes=becomes) == 1


def _noted(
    work: Work, booking_id: str, was: str, becomes: rules.Reservation, since: datetime | None
) -> bool:
    values: dict[str, Any] = {"was": was, "becomes": becomes, "since": since}
    return work.execute(_NOTE_RESERVATION, booking_id=booking_id, **values) == 1


def _release(
    work: Work, booking: BookingView, becomes: Status, now: datetime, by: str | None = None
) -> None:
    """End a booking without a session: the slot is free, the money and the EVSE are let go."""
    changed = work.execute(
        _END, booking_id=booking.id, was=booking.status, becomes=becomes, now=now, by=by
    )
    if not changed:
        return
    work.record(events.BookingReleased(booking.id, becomes))
    _cancel_reservation(work, booking, now)


def _cancel_reservation(work: Work, booking: BookingView, now: datetime) -> None:
    """Take back what the station keeps. While its answer is awaited, `follow_command` will."""
    if booking.reservation not in ("made", "unsure"):
        return
    _noted(work, booking.id, booking.reservation, "ended", booking.reserved_at)
    station_actions.command(
        work,
        booking.station_id,
        CancelReservation(booking.reservation_id),
        now,
        expires_in=CANCEL_WITHIN,
        booking_id=booking.id,
    )
