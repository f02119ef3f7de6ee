"""Check-ups of stations: a row each, with what every step asked, saw and found."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json

_IS_OPEN = text("ended_at IS NULL")


class Checkup(SQLModel, table=True):
    """A check-up; of a station one is open at most.

    `steps`: as `tables.Step` has them, in order. `due_at`: when the running step's time is up;
    None: it is over. `charge_evse`: where a test charge was asked for, by number. `grade` and
    `score`: None while it runs.
    """

    __tablename__ = "checkup"
    __table_args__ = (
        Index(
            "uq_checkup_open",
            "station_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_checkup_due", "due_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_checkup_station", "station_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    began_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    charge_evse: int | None = None
    session_id: str | None = Field(default=None, max_length=36)
    ocpp_version: str | None = Field(default=None, max_length=10)
    vendor: str | None = Field(default=None, max_length=50)
    model: str | None = Field(default=None, max_length=50)
    firmware_version: str | None = Field(default=None, max_length=50)
    quirk_profile: str | None = Field(default=None, max_length=60)
    grade: str | None = Field(default=None, max_length=1)
    score: int | None = None
    steps: Any = Field(sa_type=Json)
