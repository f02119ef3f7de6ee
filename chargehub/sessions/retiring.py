"""Taking a station out of service: refused while a car charges, told beforehand what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chargehub.bookings import retirements
from chargehub.bookings import retiring as bookings
from chargehub.listings import actions as listings
from chargehub.people.rules import Actor
from chargehub.sessions import rules, tables
from chargehub.stations import registration
from chargehub.stations import retiring as stations
from chargehub.store.work import Reads, Work

MOST_BOOKINGS = 20_000  # what a plan looks at: 90 days of a station with 20 EVSEs


@dataclass(frozen=True, slots=True)
class Retirement:
    """What taking a station out of service means, or has meant.

    `retired_at` None: it was not done, and the rest is what it would mean now. `penalties`: what
    the owner owes for the cancelled bookings, minor units by currency. `is_done`: every booking
    is cancelled. `open_sessions` are the ids of those that must end first.
    """

    station_id: str
    retired_at: datetime | None
    is_done: bool
    bookings: int
    penalties: Mapping[str, int]
    open_sessions: tuple[str, ...]


def retire(work: Work, actor: Actor, station_id: str, now: datetime) -> None:
    """Take one's own station out of service for good. Again changes nothing.

    Raises NotFound, StationInUse.
    """
    station = registration.owned_station(work, actor.account_id, station_id)
    if station.retired_at is not None:
        return
    running = tables.open_at_station(work, station_id)
    if running:
        raise rules.StationInUse(
            f"Session {running[0].id} is not over. Wait for its end, or stop it "
            "(POST /sessions/{id}/stop); then retire the station."
        )
    listings.withdraw(work, actor, station_id, now)
    stations.take_out(work, station_id, now)
    bookings.note(work, station_id, now)


def retirement(reads: Reads, actor: Actor, station_id: str, now: datetime) -> Retirement:
    """What retiring the own station would mean now, or what it has meant. Raises NotFound."""
    registration.owned_station(reads, actor.account_id, station_id)
    noted = retirements.retirement(reads, station_id)
    if noted is not None:
        count, penalties = retirements.ended_by(reads, noted)
        is_done = noted.done_at is not None
        return Retirement(station_id, noted.retired_at, is_done, count, penalties, ())
    waiting = retirements.waiting(reads, station_id, MOST_BOOKINGS)
    owed: dict[str, int] = {}
    for booking in waiting:
        penalty = bookings.penalty_minor(booking, now)
        if penalty:
            owed[booking.currency] = owed.get(booking.currency, 0) + penalty
    running = tuple(session.id for session in tables.open_at_station(reads, station_id))
    return Retirement(station_id, None, False, len(waiting), owed, running)
