"""Stations that were taken out of service, until all their bookings are cancelled."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant

_IS_OPEN = text("done_at IS NULL")


class RetirementRow(SQLModel, table=True):
    """A station's retirement. `done_at` None: bookings of it are still to be cancelled."""

    __tablename__ = "retirement"
    __table_args__ = (
        Index("ix_retirement_open", "station_id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    retired_at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
