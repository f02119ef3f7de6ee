"""Weekly bookings: made together, each one a booking of its own; taken back one by one or all.

A slot that is far away is kept without a hold, and its deposit asked for some days before; what
is refused then frees the slot, and its driver is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, update

from chargehub import events
from chargehub.bookings import cancelling, holding, repeats, rules, tables, weekly
from chargehub.bookings.repeats import PART, BookingSeriesRow, SeriesBookingRow, SeriesView
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.bookings.weekly import NoSuchSeries, Occurrence, SeriesInTheWay
from chargehub.errors import Conflict, Invalid, NotFound, Obstacle
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work

_IS_HELD = (BOOKING.c.id == bindparam("booking_id")) & (BOOKING.c.status == "held")
_PAY_BY = update(BOOKING).where(_IS_HELD).values(pay_by=bindparam("by", type_=Instant()))


@dataclass(frozen=True, slots=True)
class WantedSeries:
    """The first slot, for so many weeks. `skips`: weeks that cannot be had are left out."""

    first: Wanted
    weeks: int
    skips: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A series with its bookings by their start, and the weeks that were left out of it."""

    series: SeriesView
    bookings: tuple[BookingView, ...]
    skipped: tuple[Obstacle, ...] = ()


def book_series(work: Work, driver: Actor, wanted: WantedSeries, now: datetime) -> Series:
    """Book a slot every week, at the same local time.

    Raises SeriesInTheWay with every week that cannot be had, unless those are skipped and some
    are left; and what `holding.hold_slot` raises of who asks and what is asked for.
    """
    evse = stations.evse(work, wanted.first.evse_id)
    if evse is None:
        raise NotFound("No such EVSE is offered for booking.")
    series = SeriesView(new_id(), driver.account_id, evse.id, now)
    work.insert(BookingSeriesRow, **{name: getattr(series, name) for name in SeriesView.__slots__})
    first = rules.slot_of(wanted.first)
    skipped = [
        obstacle
        for week in weekly.occurrences(first, evse.time_zone, wanted.weeks)
        if (obstacle := _book(work, driver, (series.id, wanted.first, week), now)) is not None
    ]
    if skipped and (not wanted.skips or len(skipped) == wanted.weeks):
        error = SeriesInTheWay(
            f"{len(skipped)} of {wanted.weeks} weeks cannot be had, and nothing was booked."
            " Choose another time, or send `skip_conflicts` true for the others."
        )
        error.obstacles = skipped
        raise error
    return Series(series, repeats.bookings_of(work, series.id), tuple(skipped))


def _book(
    work: Work, driver: Actor, part: tuple[str, Wanted, Occurrence], now: datetime
) -> Obstacle | None:
    """Book one week; None: it is booked. Raises what concerns them all."""
    series_id, first, (day, slot) = part
    if slot is None:
        at = first.starts_at
        text = f"On {day} the clock skips this time."
        return Obstacle(None, at, at, "no_such_time", text)
    wanted = Wanted(first.evse_id, slot.start, slot.end, first.id_token, weekly.hold_at(slot, now))
    error = work.attempt(partial(_hold, series_id=series_id, driver=driver, wanted=wanted, now=now))
    if error is None:
        return None
    if not isinstance(error, Conflict | Invalid):
        raise error
    return Obstacle(None, slot.start, slot.end, error.code, error.detail)


def _hold(work: Work, series_id: str, driver: Actor, wanted: Wanted, now: datetime) -> None:
    booking = holding.hold_slot(work, driver, wanted, now)
    is_later = booking.status == "held" and wanted.hold_at is not None
    if is_later:
        work.execute(_PAY_BY, booking_id=booking.id, by=None)
    work.insert(
        SeriesBookingRow,
        booking_id=booking.id,
        series_id=series_id,
        hold_at=wanted.hold_at if is_later else None,
    )


def cancel_later(
    work: Work, actor: Actor, series_id: str, since: datetime, now: datetime
) -> Series:
    """Cancel the bookings of a series that begin at an instant or later, each by its own policy.

    Again changes nothing. Raises NoSuchSeries.
    """
    found = own(work, actor, series_id)
    for booking in found.bookings:
        is_open = booking.status in ("requested", "held", "confirmed")
        if is_open and booking.starts_at >= since:
            cancelling.cancel(work, actor, booking.id, now)
    return own(work, actor, series_id)


def own(reads: Reads, actor: Actor, series_id: str) -> Series:
    """A series of the driver's. Raises NoSuchSeries."""
    series = repeats.series(reads, series_id)
    if series is None or series.driver_id != actor.account_id:
        raise NoSuchSeries("You have no series with this id.")
    return Series(series, repeats.bookings_of(reads, series_id))


def all_of(reads: Reads, driver_id: str, after: str | None, limit: int) -> Sequence[Series]:
    """A driver's series with their bookings, the newest first."""
    found = repeats.series_of(reads, driver_id, after, limit)
    return [Series(one, repeats.bookings_of(reads, one.id)) for one in found]


# --- the clock, and what follows ---------------------------------------------------------------


def ask_deposits(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask for the deposits of slots that are near by now, at most 50; how many were looked at."""
    due = repeats.due_deposits(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_ask, now=now))


def _ask(work: Work, booking_id: str, now: datetime) -> None:
    is_it = PART.c.booking_id == booking_id
    work.execute(update(PART).where(is_it).values(hold_at=None))
    if work.execute(_PAY_BY, booking_id=booking_id, by=now + rules.DEFAULTS.hold) == 1:
        work.record(events.BookingHeld(booking_id))


def tell_driver(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking of a series whose deposit was refused is lost: nobody was looking."""
    booking = tables.booking(work, event.booking_id)
    is_unpaid = event.reason in ("declined", "expired")
    if booking is None or not is_unpaid or booking.approve_by is not None:
        return
    account = people.account(work, booking.driver_id)
    if account is None or not repeats.is_part(work, booking.id):
        return
    starts_at = local_times.at_station(work, booking.station_id, booking.starts_at)
    text = (
        f"The deposit of your booking on {starts_at} could not be held,"
        " so it stands no more.\n\n"
        "Look at your means of payment, and book it anew if you need it.\n"
    )
    mails.write_mail(work, account.email, "A weekly booking is lost", text, now)
