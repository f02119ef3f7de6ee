"""The tables of reputation as classes. Queries on them stand in `tables.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json

_IS_OPEN = text("closed_at IS NULL")
_IS_APPEALED = text("appealed_at IS NOT NULL AND decided_at IS NULL")


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
    rating_thousandths: int = 4_300
    reviews: int = 0
    tier: str = Field(default="new", max_length=9)
    is_reliable: bool = False
    keeps_bookings: bool = True


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


class ReviewWindow(SQLModel, table=True):
    """A settled session that its two sides may review until `closes_at`.

    `closed_at`: since then what was written is shown; None: it is still blind.
    """

    __tablename__ = "review_window"
    __table_args__ = (
        Index(
            "ix_review_window_due", "closes_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
        ),
    )

    session_id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36, index=True)
    driver_id: str = Field(max_length=36, index=True)
    opened_at: datetime = Field(sa_type=Instant)
    closes_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


class Review(SQLModel, table=True):
    """What one side of a session says of the other. `author`: driver or owner.

    `published_at` None: blind. `outcome`: what an operator decided; None: nothing. A `struck` one
    counts no more, and a removed text is kept in its decision alone.
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("session_id", "author", name="uq_review_session_author"),
        Index("ix_review_station", "station_id", "author", "id"),
        Index("ix_review_subject", "subject_id", "author", "id"),
        Index("ix_review_appealed", "id", sqlite_where=_IS_APPEALED, postgresql_where=_IS_APPEALED),
    )

    id: str = Field(primary_key=True, max_length=36)
    session_id: str = Field(max_length=36)
    station_id: str = Field(max_length=36)
    author: str = Field(max_length=6)
    author_id: str = Field(max_length=36, index=True)
    subject_id: str = Field(max_length=36)
    stars: int
    scores: Any = Field(sa_type=Json)
    text: str | None = Field(default=None, max_length=1_000)
    written_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    reply: str | None = Field(default=None, max_length=1_000)
    replied_at: datetime | None = Field(default=None, sa_type=Instant)
    appeal: str | None = Field(default=None, max_length=1_000)
    appealed_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str | None = Field(default=None, max_length=13)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)


class ReviewDecision(SQLModel, table=True):
    """What an operator decided of a review, and why. Never changed.

    `removed_text`: what was taken out of it.
    """

    __tablename__ = "review_decision"
    __table_args__ = (Index("ix_review_decision_review", "review_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    review_id: str = Field(max_length=36)
    operator_id: str = Field(max_length=36)
    outcome: str = Field(max_length=13)
    reason: str = Field(max_length=1_000)
    removed_text: str | None = Field(default=None, max_length=1_000)
    decided_at: datetime = Field(sa_type=Instant)
