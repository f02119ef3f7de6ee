"""Weekly bookings: made together, each one a booking of its own; taken back one by one or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chargehub.bookings import cancelling, holding, repeats, rules, weekly
from chargehub.bookings.repeats import BookingSeriesRow, SeriesBookingRow, SeriesView
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BookingView
from chargehub.bookings.weekly import NoSuchSeries, Occurrence, SeriesInTheWay
from chargehub.errors import Conflict, Invalid, NotFound, Obstacle
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work


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
    wanted = Wanted(first.evse_id, slot.start, slot.end, first.id_token)
    error = work.attempt(partial(_hold, series_id=series_id, driver=driver, wanted=wanted, now=now))
    if error is None:
        return None
    if not isinstance(error, Conflict | Invalid):
        raise error
    return Obstacle(None, slot.start, slot.end, error.code, error.detail)


def _hold(work: Work, series_id: str, driver: Actor, wanted: Wanted, now: datetime) -> None:
    booking = holding.hold_slot(work, driver, wanted, now)
    work.insert(SeriesBookingRow, booking_id=booking.id, series_id=series_id)


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
