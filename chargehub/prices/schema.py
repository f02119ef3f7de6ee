"""What is known from outside that moves prices: what sites feed into the grid."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class SiteExport(SQLModel, table=True):
    """The power a location feeds into the grid, in W, as its owner last reported it."""

    __tablename__ = "site_export"

    location_id: str = Field(primary_key=True, max_length=36, foreign_key="location.id")
    export_w: int = Field(sa_type=BigInteger)
    reported_at: datetime = Field(sa_type=Instant)


class SiteSolar(SQLModel, table=True):
    """The solar power of a location, as its owner stated it, and what its meter told last.

    `station_id`: whose main meter is the one at the grid connection; None: none is. `export_w` is
    below zero where the site takes; see `surplus.Measured`.
    """

    __tablename__ = "site_solar"
    __table_args__ = (Index("ix_site_solar_station", "station_id"),)

    location_id: str = Field(primary_key=True, max_length=36, foreign_key="location.id")
    installed_w: int = Field(sa_type=BigInteger)
    station_id: str | None = Field(default=None, max_length=36, foreign_key="station.id")
    stated_at: datetime = Field(sa_type=Instant)
    export_w: int | None = Field(default=None, sa_type=BigInteger)
    measured_at: datetime | None = Field(default=None, sa_type=Instant)
    register_wh: int | None = Field(default=None, sa_type=BigInteger)
    register_at: datetime | None = Field(default=None, sa_type=Instant)


class WholesalePrice(SQLModel, table=True):
    """What a kWh costs in an area in the quarter of an hour from `starts_at`, without VAT.

    In whole millionths of a coin, which may be below zero.
    """

    __tablename__ = "wholesale_price"

    area: str = Field(primary_key=True, max_length=32)
    currency: str = Field(primary_key=True, max_length=3)
    starts_at: datetime = Field(primary_key=True, sa_type=Instant)
    micros_per_kwh: int = Field(sa_type=BigInteger)
    fetched_at: datetime = Field(sa_type=Instant)


class WholesaleFeed(SQLModel, table=True):
    """How the prices of an area stand: `state` is good, old or missing; None: not seen yet.

    `due_at`: when they are looked at again. `fetched_at`: the last time that prices came.
    `fault`: why the last question brought none; None: it did.
    """

    __tablename__ = "wholesale_feed"

    area: str = Field(primary_key=True, max_length=32)
    currency: str = Field(primary_key=True, max_length=3)
    state: str | None = Field(default=None, max_length=7)
    due_at: datetime = Field(sa_type=Instant)
    fetched_at: datetime | None = Field(default=None, sa_type=Instant)
    fault: str | None = Field(default=None, max_length=200)
