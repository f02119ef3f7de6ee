"""Series of bookings: which bookings belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, select
from sqlmodel import Field, SQLModel

from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of


class BookingSeriesRow(SQLModel, table=True):
    """A driver's series of one EVSE. Its bookings live on their own."""

    __tablename__ = "booking_series"
    __table_args__ = (Index("ix_booking_series_driver", "driver_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    evse_id: str = Field(max_length=36)
    created_at: datetime = Field(sa_type=Instant)


class SeriesBookingRow(SQLModel, table=True):
    """A booking of a series."""

    __tablename__ = "series_booking"
    __table_args__ = (Index("ix_series_booking_series", "series_id"),)

    booking_id: str = Field(primary_key=True, max_length=36)
    series_id: str = Field(max_length=36)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series of bookings."""

    id: str
    driver_id: str
    evse_id: str
    created_at: datetime


SERIES = table_of(BookingSeriesRow)
PART = table_of(SeriesBookingRow)
_BOOKINGS = (
    select(BOOKING)
    .join(PART, PART.c.booking_id == BOOKING.c.id)
    .where(PART.c.series_id == bindparam("series_id"))
)


def series(reads: Reads, series_id: str) -> SeriesView | None:
    """The series with this id, or None."""
    row = reads.one(select(SERIES).where(SERIES.c.id == series_id))
    return None if row is None else SeriesView(*row)


def series_of(
    reads: Reads, driver_id: str, after: str | None, limit: int
) -> tuple[SeriesView, ...]:
    """A driver's series, the newest first, those made before `after`."""
    statement = select(SERIES).where(SERIES.c.driver_id == driver_id)
    if after is not None:
        statement = statement.where(SERIES.c.id < after)
    return tuple(
        SeriesView(*row) for row in reads.all(statement.order_by(SERIES.c.id.desc()).limit(limit))
    )


def bookings_of(reads: Reads, series_id: str) -> tuple[BookingView, ...]:
    """The bookings of a series, by their start."""
    found: Sequence[Any] = reads.all(_BOOKINGS, series_id=series_id)
    return tuple(sorted((BookingView(*row) for row in found), key=lambda one: one.starts_at))
