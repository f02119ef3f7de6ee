"""Photos of stations. They are rows: copies of the database have them, and every node of a hub."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class StationPhoto(SQLModel, table=True):
    """A JPEG file as `pictures.redrawn` wrote it."""

    __tablename__ = "station_photo"
    __table_args__ = (Index("ix_station_photo_station", "station_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    content: bytes = Field(sa_type=LargeBinary)
    width: int
    height: int
    size_bytes: int
    added_at: datetime = Field(sa_type=Instant)
