"""What was changed of bookings: from when to when, and what that did to deposit and value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BigInteger, Index, bindparam, select
from sqlmodel import Field, SQLModel

from chargehub.bookings.tables import BookingView
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

MOST_CHANGES = 100  # of a booking


class BookingChangeRow(SQLModel, table=True):
    """A change of when a booking ends. `state`: asked (its deposit is not held yet), made,
    taken_back. `was_…` is what counts again if it is taken back. Amounts in minor units."""

    __tablename__ = "booking_change"
    __table_args__ = (Index("ix_booking_change_booking", "booking_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    booking_id: str = Field(max_length=36)
    state: str = Field(max_length=10)
    was_ends_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    was_deposit_minor: int = Field(sa_type=BigInteger)
    deposit_minor: int = Field(sa_type=BigInteger)
    was_expected_minor: int = Field(sa_type=BigInteger)
    expected_minor: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of a booking; see the row."""

    id: str
    booking_id: str
    state: str
    was_ends_at: datetime
    ends_at: datetime
    was_deposit_minor: int
    deposit_minor: int
    was_expected_minor: int
    expected_minor: int
    created_at: datetime


CHANGE = table_of(BookingChangeRow)
_OF_BOOKING = (
    select(CHANGE)
    .where(CHANGE.c.booking_id == bindparam("booking_id"))
    .order_by(CHANGE.c.id.desc())
    .limit(MOST_CHANGES)
)


def changes_of(reads: Reads, booking_id: str) -> Sequence[ChangeView]:
    """What was changed of a booking, the newest first."""
    return [ChangeView(*row) for row in reads.all(_OF_BOOKING, booking_id=booking_id)]


def under_way(reads: Reads, booking_id: str) -> ChangeView | None:
    """The change whose deposit is not held yet, or None."""
    return next((one for one in changes_of(reads, booking_id) if one.state == "asked"), None)


def as_held(reads: Reads, booking: BookingView) -> BookingView:
    """The booking as it is paid for: a longer end whose deposit is not held yet costs nothing."""
    change = under_way(reads, booking.id)
    if change is None:
        return booking
    return replace(
        booking,
        ends_at=change.was_ends_at,
        deposit_minor=change.was_deposit_minor,
        expected_minor=change.was_expected_minor,
    )
