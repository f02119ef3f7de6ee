"""The tables of reputation as classes. Queries on them stand in `tables.py`."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class StationStanding(SQLModel, table=True):
    """How a station stands, worked out from what was recorded; search reads it.

    `measured_until`: the end of the last day that was measured. `look_at`: when it is worked out
    anew; None: nothing has changed. None of a figure: nothing to reckon it from.
    """

    __tablename__ = "station_standing"
    __table_args__ = (
        Index("ix_station_standing_measured", "measured_until"),
        Index("ix_station_standing_look_at", "look_at"),
        Index("ix_station_standing_owner", "owner_id"),
    )

    station_id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    measured_until: datetime = Field(sa_type=Instant)
    look_at: datetime | None = Field(default=None, sa_type=Instant)
    uptime_ppm: int | None = None
    start_ppm: int | None = None
    starts: int = 0
    cancel_ppm: int | None = None
    bookings: int = 0
    answer_s: int | None = None
    answers: int = 0
    sessions: int = 0


class EvseDay(SQLModel, table=True):
    """What was measured of an EVSE in one day of UTC, in seconds; see `uptime.Measured`."""

    __tablename__ = "evse_day"

    station_id: str = Field(primary_key=True, max_length=36)
    day: str = Field(primary_key=True, max_length=10)
    evse_number: int = Field(primary_key=True)
    offered_s: int
    outage_s: int
    excluded_s: int
    working_s: int
    down_s: int


class EvseMonth(SQLModel, table=True):
    """The days of a month together. Kept for ever."""

    __tablename__ = "evse_month"

    station_id: str = Field(primary_key=True, max_length=36)
    month: str = Field(primary_key=True, max_length=7)
    evse_number: int = Field(primary_key=True)
    offered_s: int
    outage_s: int
    excluded_s: int
    working_s: int
    down_s: int


class BookingConduct(SQLModel, table=True):
    """What of a booking must be noted when it happens.

    `answer_s`: how long its owner took to answer the request, or let it wait in vain; None: it
    was no request. `is_excused`: nobody came, and the EVSE could not have been used.
    """

    __tablename__ = "booking_conduct"
    __table_args__ = (Index("ix_booking_conduct_station", "station_id", "at"),)

    booking_id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    at: datetime = Field(sa_type=Instant)
    answer_s: int | None = Field(default=None, sa_type=BigInteger)
    is_excused: bool = False
