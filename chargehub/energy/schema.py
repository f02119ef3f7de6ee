"""The tables of energy as classes. Queries on them stand in `tables.py`."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class GridConnection(SQLModel, table=True):
    """A location's connection to the grid. Amps are whole and per phase.

    `due_at`: when the shares are looked at again; None: when something happens.
    """

    __tablename__ = "grid_connection"
    __table_args__ = (Index("ix_grid_connection_due", "due_at"),)

    location_id: str = Field(primary_key=True, max_length=36, foreign_key="location.id")
    fuse_a: int
    phases: int
    voltage_v: int
    house_a: int
    fallback_a: int
    every_s: int
    due_at: datetime | None = Field(default=None, sa_type=Instant)


class GridStation(SQLModel, table=True):
    """A station on a grid connection.

    `is_cleared`: limits that others set before are gone. `command_id`: the question that shall
    bring it about. `refused`: the station's last word where it was no.
    """

    __tablename__ = "grid_station"
    __table_args__ = (Index("ix_grid_station_location", "location_id"),)

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    location_id: str = Field(max_length=36, foreign_key="grid_connection.location_id")
    phases: int
    is_cleared: bool = False
    command_id: str | None = Field(default=None, max_length=36)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    refused: str | None = Field(default=None, max_length=50)


class LimitRow(SQLModel, table=True):
    """A limit of an EVSE as `balance.Limit` says it. `purpose`: session_default or session."""

    __tablename__ = "charging_limit"
    __table_args__ = (
        Index("ix_charging_limit_command", "command_id"),
        Index("ix_charging_limit_station", "station_id"),
    )

    evse_id: str = Field(primary_key=True, max_length=36, foreign_key="evse.id")
    purpose: str = Field(primary_key=True, max_length=15)
    station_id: str = Field(max_length=36)
    transaction_id: str | None = Field(default=None, max_length=36)
    confirmed_a: int | None = None
    most_a: int | None = None
    asked_a: int | None = None
    command_id: str | None = Field(default=None, max_length=36)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    refused: str | None = Field(default=None, max_length=50)
