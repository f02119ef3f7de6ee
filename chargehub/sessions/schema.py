"""The tables of sessions: their rows as SQLModel classes, and the same as Core tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json, Serial
from chargehub.store.work import table_of

_IS_FACT = text("seq_no IS NOT NULL")


class SessionRow(SQLModel, table=True):
    """One charging of one car, as folded from its reports.

    `clock_ahead_s`: by how much its station's clock was ahead when it began; None: not corrected.
    `status`: starting (asked for from afar), active, ended (the station is done; something is
    missing, or its car is still waited for), closed (priced), failed (never began). `start_key`
    recognises a repeated 1.6 start.
    """

    __tablename__ = "session"
    __table_args__ = (
        Index("uq_session_station_transaction", "station_id", "transaction_id", unique=True),
        Index("uq_session_station_start_key", "station_id", "start_key", unique=True),
        Index("ix_session_driver", "driver_id", "id"),
        Index("ix_session_owner", "owner_id", "id"),
        Index("ix_session_station", "station_id", "id"),
        Index("ix_session_station_status", "station_id", "status"),
        Index("ix_session_status_due", "status", "due_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36)
    evse_id: str | None = Field(default=None, max_length=36)
    evse_number: int | None = None
    transaction_id: str | None = Field(default=None, max_length=36)
    start_key: str | None = Field(default=None, max_length=120)
    remote_start_id: int | None = Field(default=None, unique=True)
    status: str = Field(max_length=10)
    verdict: str | None = Field(default=None, max_length=20)
    id_token: str | None = Field(default=None, max_length=255)
    driver_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    free_reason: str | None = Field(default=None, max_length=20)
    tariff_snapshot_id: str | None = Field(default=None, max_length=64)
    charging: str | None = Field(default=None, max_length=20)
    requested_at: datetime | None = Field(default=None, sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    start_wh: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    end_wh: int | None = Field(default=None, sa_type=BigInteger)
    stop_reason: str | None = Field(default=None, max_length=40)
    stop_requested_at: datetime | None = Field(default=None, sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    cdr_id: str | None = Field(default=None, max_length=36)
    cdr_version: int = 0
    flags: Any = Field(default_factory=list, sa_type=Json)
    clock_ahead_s: int | None = None


class ReportRow(SQLModel, table=True):
    """A report that matters to money, as received. Never changed, never deleted with a session.

    Its session alone may change: that of a cable becomes that of the driver who then asked.
    `fact` is the same report in the hub's own words; None for mere readings.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(  # mere readings, the most by far, are in no index
            "uq_report_session_seq",
            "session_id",
            "seq_no",
            unique=True,
            sqlite_where=_IS_FACT,
            postgresql_where=_IS_FACT,
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    station_id: str = Field(max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    seq_no: int | None = None
    connection: int = Field(sa_type=BigInteger)
    message_id: str = Field(max_length=36)
    action: str = Field(max_length=40)
    device_at: datetime | None = Field(default=None, sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    payload: str = Field(sa_type=Text)
    fact: Any = Field(default=None, sa_type=Json, nullable=True)


class ReadingRow(SQLModel, table=True):
    """One instant of a meter. `session_id` None: outside any session."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_session_at", "session_id", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    station_id: str = Field(max_length=36)
    evse_number: int
    session_id: str | None = Field(default=None, max_length=36)
    at: datetime = Field(sa_type=Instant)
    register_wh: int | None = Field(default=None, sa_type=BigInteger)
    power_w: int | None = Field(default=None, sa_type=BigInteger)
    soc_percent: int | None = None
    context: str = Field(max_length=20)


class CdrRow(SQLModel, table=True):
    """A closed, priced session, or the credit note that takes one back. Never changes."""

    __tablename__ = "cdr"
    __table_args__ = (
        Index("uq_cdr_session_version_kind", "session_id", "version", "kind", unique=True),
        Index("ix_cdr_driver", "driver_id", "id"),
        Index("ix_cdr_owner", "owner_id", "id"),
        Index("ix_cdr_station_started", "station_id", "started_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    session_id: str = Field(max_length=36)
    version: int
    kind: str = Field(max_length=12)
    replaces: str | None = Field(default=None, max_length=36)
    reason: str | None = Field(default=None, max_length=500)
    station_id: str = Field(max_length=36)
    evse_id: str | None = Field(default=None, max_length=36)
    owner_id: str = Field(max_length=36)
    driver_id: str | None = Field(default=None, max_length=36)
    id_token: str | None = Field(default=None, max_length=255)
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    energy_wh: int = Field(sa_type=BigInteger)
    billed_wh: int = Field(sa_type=BigInteger)
    free_wh: int = Field(sa_type=BigInteger)
    unbilled_wh: int = Field(sa_type=BigInteger)
    unbilled_reason: str | None = Field(default=None, max_length=30)
    cost_minor: int = Field(sa_type=BigInteger)
    vat_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    lines: Any = Field(sa_type=Json)
    tariff_snapshot_id: str | None = Field(default=None, max_length=64)
    flags: Any = Field(default_factory=list, sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)


class ToldCost(SQLModel, table=True):
    """When it was last looked at what a running session costs, for its station to show."""

    __tablename__ = "told_cost"
    __table_args__ = (Index("ix_told_cost_looked_at", "looked_at"),)

    session_id: str = Field(primary_key=True, max_length=36)
    looked_at: datetime = Field(sa_type=Instant)


SESSION = table_of(SessionRow)
REPORT = table_of(ReportRow)
READING = table_of(ReadingRow)
CDR = table_of(CdrRow)
