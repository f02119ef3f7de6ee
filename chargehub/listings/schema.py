"""Photos of stations, and what search reads of them first.

Photos are rows: copies of the database have them, and every node of a hub.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint
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


class LocationAmenities(SQLModel, table=True):
    """What there is at a location and close by, as its owner says; a mask (`traits`)."""

    __tablename__ = "location_amenities"

    location_id: str = Field(primary_key=True, max_length=36, foreign_key="location.id")
    amenities: int = Field(sa_type=BigInteger)


class OfferRow(SQLModel, table=True):
    """A published EVSE as search reads it first: narrow, and in the order of places.

    It repeats what stands elsewhere; `offering.refresh` makes it, in the unit of work of
    whatever changes that. Its place is the middle of its cell: nothing exact is in it. `cell` is
    its H3 index of resolution 9; `plugs` and `amenities` are masks (`traits`). `is_public` false:
    it is there for members alone.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index("ix_offer_station", "station_id"),
        UniqueConstraint("evse_id", name="uq_offer_evse"),
        # PostgreSQL keeps rows as they came: what search reads of them stands in this index too.
        PrimaryKeyConstraint(
            *("strip", "longitude_e6", "evse_id"),
            name="pk_offer",
            postgresql_include=[
                *("latitude_e6", "cell", "station_id", "power_w", "plugs", "amenities"),
                *("time_zone", "is_public"),
            ],
        ),
        # On SQLite the rows lie in the order of this key, and a box is read without a second look.
        {"sqlite_with_rowid": False},
    )

    strip: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    longitude_e6: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    evse_id: str = Field(primary_key=True, max_length=36)
    latitude_e6: int
    cell: int = Field(sa_type=BigInteger)
    station_id: str = Field(max_length=36)
    power_w: int
    plugs: int = Field(sa_type=BigInteger)
    amenities: int = Field(default=0, sa_type=BigInteger)
    time_zone: str = Field(max_length=60)
    is_public: bool = Field(default=True)


class OfferCount(SQLModel, table=True):
    """How many EVSEs are offered to everybody in an H3 cell of a coarse resolution, for maps of
    large areas.

    `cell` is its index, the coordinates are those of its middle.
    """

    __tablename__ = "offer_count"
    __table_args__ = (Index("ix_offer_count_place", "resolution", "latitude_e6"),)

    cell: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    resolution: int
    latitude_e6: int
    longitude_e6: int
    evses: int
