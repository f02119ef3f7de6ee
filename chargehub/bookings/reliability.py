"""What booked drivers met at stations: one row for each time that a station let somebody down.

Rows are only ever added, and only facts that stations told stand here, never a driver's word.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Index, bindparam, select
from sqlmodel import Field, SQLModel

from chargehub.bookings.tables import BookingView
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work, table_of

Failure = Literal["offline", "out_of_order", "start_failed", "taken_away", "stopped"]
"""How a station fails a booking: it had no line when the slot began and until the driver's grace
was over; it says that it is out of order; it did not start, or broke off at once. Or its owner took
it out of service, or stopped the driver's session within the slot."""


class ReliabilityRow(SQLModel, table=True):
    """A station let down a booked driver. `kind`: `Failure`."""

    __tablename__ = "reliability_event"
    __table_args__ = (
        Index("ix_reliability_event_station", "station_id", "at"),
        Index("ix_reliability_event_booking", "booking_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    evse_id: str = Field(max_length=36)
    booking_id: str = Field(max_length=36)
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class ReliabilityEvent:
    """One time that a station let a booked driver down."""

    station_id: str
    evse_id: str
    at: datetime
    kind: str


EVENT = table_of(ReliabilityRow)
_OF_STATION = (
    select(EVENT.c.station_id, EVENT.c.evse_id, EVENT.c.at, EVENT.c.kind)
    .where(
        EVENT.c.station_id == bindparam("station_id"),
        EVENT.c.at >= bindparam("start", type_=Instant()),
        EVENT.c.at < bindparam("end", type_=Instant()),
    )
    .order_by(EVENT.c.at)
    .limit(bindparam("limit"))
)
_KIND = select(EVENT.c.kind).where(EVENT.c.booking_id == bindparam("booking_id")).limit(1)


_SINCE = (
    select(EVENT.c.id)
    .where(
        EVENT.c.station_id == bindparam("station_id"),
        EVENT.c.at > bindparam("since", type_=Instant()),
        (EVENT.c.evse_id == bindparam("evse_id")) | (EVENT.c.kind == "offline"),
    )
    .limit(1)
)


def note(work: Work, booking: BookingView, kind: Failure, now: datetime) -> None:
    """Remember that the station failed this booking."""
    row = ReliabilityRow(
        id=new_id(),
        station_id=booking.station_id,
        evse_id=booking.evse_id,
        booking_id=booking.id,
        kind=kind,
        at=now,
    )
    work.add(row)


def of_station(
    reads: Reads, station_id: str, start: datetime, end: datetime, limit: int
) -> tuple[ReliabilityEvent, ...]:
    """What happened from `start` up to, not at, `end`, in order, at most `limit`."""
    rows = reads.all(_OF_STATION, station_id=station_id, start=start, end=end, limit=limit)
    return tuple(ReliabilityEvent(*row) for row in rows)


def of_booking(reads: Reads, booking_id: str) -> Failure | None:
    """How the station failed this booking, or None."""
    found: Failure | None = reads.value(_KIND, booking_id=booking_id)
    return found


def has_failed_since(reads: Reads, booking: BookingView) -> bool:
    """Whether the EVSE, or the line of its station, let another driver down since this booking was
    made."""
    found = reads.value(
        _SINCE,
        station_id=booking.station_id,
        evse_id=booking.evse_id,
        since=booking.created_at,
    )
    return found is not None
