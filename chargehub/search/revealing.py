"""Tell who comes where the station is, exactly where that is theirs to know; and note who was told.

The note and the answer are one unit of work: nobody is told of whom nothing was written.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text
from sqlmodel import col

from chargehub.bookings import cancelling as bookings
from chargehub.bookings import tables as booking_tables
from chargehub.bookings.tables import BookingView
from chargehub.people.rules import Actor
from chargehub.search.arriving import Role, role_of, told_during
from chargehub.search.schema import AddressReveal
from chargehub.stations import tables as stations
from chargehub.stations.cells import cell_of
from chargehub.stations.views import LocationView
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Span

# The same words on both databases; a second look must not wait for, or fail on, the first.
_NOTE = text("""
INSERT INTO address_reveal
  (id, location_id, booking_id, account_id, role, first_at, last_at, looks)
VALUES (:id, :location_id, :booking_id, :account_id, :role, :now, :now, 1)
ON CONFLICT (booking_id, account_id)
DO UPDATE SET last_at = excluded.last_at, looks = address_reveal.looks + 1
""").bindparams(bindparam("now", type_=Instant()))


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where to go for a booking. `address` and `access_notes` None: not told, and the coordinates
    are those of the middle of the cell. `told` None: the driver will not be told."""

    name: str
    latitude_e6: int
    longitude_e6: int
    address: str | None
    access_notes: str | None
    told: Span | None

    @property
    def is_exact(self) -> bool:
        return self.address is not None


@dataclass(frozen=True, slots=True)
class Reveal:
    """Who was told where a location is: `looks` times, for which booking."""

    id: str
    booking_id: str
    account_id: str
    role: Role
    first_at: datetime
    last_at: datetime
    looks: int


def reveal(
    work: Work,
    actor: Actor,
    booking_id: str,
    margins: tuple[timedelta, timedelta],
    now: datetime,
) -> Arrival:
    """Where the booked station is. `margins`: how long before and after the slot that is told.

    The owner and operators are told at any time. Raises NotFound.
    """
    booking = bookings.seen_by(actor, booking_tables.booking(work, booking_id))
    station = stations.station(work, booking.station_id)
    assert station is not None, booking
    location = stations.location(work, station.location_id)
    assert location is not None, station
    told, role = told_during(booking, *margins), role_of(actor, booking)
    if role == "driver" and (told is None or not told.contains(now)):
        return _roughly(location, told)
    if role != "owner":
        _note(work, location, booking, actor, role, now)
    return Arrival(
        location.name,
        location.latitude_e6,
        location.longitude_e6,
        location.address,
        location.access_notes,
        told,
    )


def _roughly(location: LocationView, told: Span | None) -> Arrival:
    cell = cell_of(location.latitude_e6, location.longitude_e6)
    return Arrival(location.name, cell.latitude_e6, cell.longitude_e6, None, None, told)


def _note(
    work: Work,
    location: LocationView,
    booking: BookingView,
    actor: Actor,
    role: Role,
    now: datetime,
) -> None:
    work.execute(
        _NOTE,
        id=new_id(),
        location_id=location.id,
        booking_id=booking.id,
        account_id=actor.account_id,
        role=role,
        now=now,
    )


_COLUMNS = tuple(col(getattr(AddressReveal, name)) for name in Reveal.__dataclass_fields__)


def reveals_of(
    reads: Reads, location_id: str, before: str | None, limit: int
) -> tuple[Reveal, ...]:
    """Who was told of a location, the latest first; older than the id `before`."""
    wanted = select(*_COLUMNS).where(col(AddressReveal.location_id) == location_id)
    if before is not None:
        wanted = wanted.where(col(AddressReveal.id) < before)
    rows = reads.all(wanted.order_by(col(AddressReveal.id).desc()).limit(limit))
    return tuple(Reveal(**row._mapping) for row in rows)
