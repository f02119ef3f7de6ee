"""The tables of stations as classes. Queries on them stand in `tables.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.store.columns import Instant, Json, Serial

_IS_OPEN = text("ended_at IS NULL")
_IS_OF_SESSION, _IS_OF_BOOKING = text("session_id IS NOT NULL"), text("booking_id IS NOT NULL")


class Location(SQLModel, table=True):
    """A place with stations. Coordinates are whole microdegrees.

    `cell` and its middle (`cells.cell_of`) are what everybody may know of where it is. `country`
    is ISO 3166 alpha-2, ZZ where it was not named.
    """

    __tablename__ = "location"
    __table_args__ = (
        UniqueConstraint("owner_id", "external_ref", name="uq_location_external_ref"),
        Index("ix_location_cell", "cell"),
    )

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    external_ref: str | None = Field(default=None, max_length=100)
    name: str = Field(max_length=100)
    address: str = Field(max_length=300)
    latitude_e6: int
    longitude_e6: int
    cell: str = Field(max_length=15)
    cell_latitude_e6: int
    cell_longitude_e6: int
    access_notes: str = Field(default="", max_length=1000)
    time_zone: str = Field(max_length=60)
    country: str = Field(default=UNKNOWN, max_length=2)
    created_at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(default=None, sa_type=Instant)


class Station(SQLModel, table=True):
    """One device. `connection` is the epoch of its live line, 0 for none.

    `next_password_digest` and `next_security_profile` are what it was asked to take on and has
    not come with yet. `last_transaction` counts the transaction ids the hub gave it (1.6),
    `last_request` the numbers of requests. `status` is what the station told of itself as a whole
    (EVSE 0). `clock_ahead_s` is how far its clock is ahead of ours, None where that was not
    measured since it booted. `quirk_profile` is what an operator chose: `auto`, `off`, or a name.
    `is_balanced`: the hub sets its charging limits.
    """

    __tablename__ = "station"
    __table_args__ = (
        UniqueConstraint("identity", name="uq_station_identity"),
        UniqueConstraint("owner_id", "external_ref", name="uq_station_external_ref"),
    )

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    location_id: str = Field(max_length=36, foreign_key="location.id", index=True)
    external_ref: str | None = Field(default=None, max_length=100)
    identity: str = Field(max_length=48)
    name: str = Field(max_length=100)
    password_digest: str = Field(max_length=64)
    next_password_digest: str | None = Field(default=None, max_length=64)
    security_profile: int = 1
    next_security_profile: int | None = None
    ocpp_version: str | None = Field(default=None, max_length=10)
    vendor: str | None = Field(default=None, max_length=50)
    model: str | None = Field(default=None, max_length=50)
    serial_number: str | None = Field(default=None, max_length=50)
    firmware_version: str | None = Field(default=None, max_length=50)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    connection: int = Field(default=0, sa_type=BigInteger)
    connected_at: datetime | None = Field(default=None, sa_type=Instant)
    disconnected_at: datetime | None = Field(default=None, sa_type=Instant)
    last_seen_at: datetime | None = Field(default=None, sa_type=Instant)
    last_transaction: int = 0
    last_request: int = 0
    clock_ahead_s: int | None = None
    quirk_profile: str = Field(default="auto", max_length=60)
    is_balanced: bool = False
    status: str | None = Field(default=None, max_length=12)
    status_at: datetime | None = Field(default=None, sa_type=Instant)
    status_connection: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


class Evse(SQLModel, table=True):
    """Serves one car at a time. Its status is folded from those of its connectors."""

    __tablename__ = "evse"
    __table_args__ = (UniqueConstraint("station_id", "number", name="uq_evse_number"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    number: int
    power_w: int
    status: str = Field(default="unavailable", max_length=12)
    charging: str | None = Field(default=None, max_length=14)
    status_at: datetime | None = Field(default=None, sa_type=Instant)
    error_code: str | None = Field(default=None, max_length=50)


class Connector(SQLModel, table=True):
    """A plug or socket, and the last that was told of it, by which line."""

    __tablename__ = "connector"
    __table_args__ = (UniqueConstraint("evse_id", "number", name="uq_connector_number"),)

    id: str = Field(primary_key=True, max_length=36)
    evse_id: str = Field(max_length=36, foreign_key="evse.id")
    number: int
    type: str = Field(max_length=30)
    status: str | None = Field(default=None, max_length=12)
    charging: str | None = Field(default=None, max_length=14)
    status_at: datetime | None = Field(default=None, sa_type=Instant)
    status_connection: int = Field(default=0, sa_type=BigInteger)
    error_code: str | None = Field(default=None, max_length=50)


class HouseholdToken(SQLModel, table=True):
    """An id token (folded) that charges free at an EVSE: the owner's own use."""

    __tablename__ = "household_token"

    evse_id: str = Field(primary_key=True, max_length=36, foreign_key="evse.id")
    id_token: str = Field(primary_key=True, max_length=255, index=True)


class Pairing(SQLModel, table=True):
    """A window in which the first that comes as `identity` is adopted; one is open at most.

    `wanted` is the station to be; `ended_at` None: the window is open, until `expires_at`.
    """

    __tablename__ = "pairing"
    __table_args__ = (
        Index(
            "uq_pairing_open",
            "identity",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_pairing_due", "expires_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_pairing_owner", "owner_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    identity: str = Field(max_length=48)
    wanted: Any = Field(sa_type=Json)
    security_profile: int
    state: str = Field(default="waiting", max_length=10)
    reason: str | None = Field(default=None, max_length=300)
    opened_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    knocked_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    knocked_from: str | None = Field(default=None, max_length=45)
    is_contested: bool = False
    station_id: str | None = Field(default=None, max_length=36, foreign_key="station.id")


class StationSetting(SQLModel, table=True):
    """A 1.6 configuration key or a 2.x 'Component.Variable', as last reported."""

    __tablename__ = "station_setting"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    name: str = Field(primary_key=True, max_length=160)
    value: str = Field(max_length=2_500)
    reported_at: datetime = Field(sa_type=Instant)


class LocalList(SQLModel, table=True):
    """The local list of a station as it last acknowledged it.

    `version` None: not known, so the next one is sent whole. `listed` are id token and end.
    `is_kept` False: with this firmware the station keeps no list. `look_at`: when it is compared
    with what it should be; None: only when its owner asks.
    """

    __tablename__ = "local_list"
    __table_args__ = (Index("ix_local_list_look_at", "look_at"),)

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    version: int | None = None
    listed: Any = Field(sa_type=Json)
    is_kept: bool = True
    firmware_version: str | None = Field(default=None, max_length=50)
    changed_at: datetime = Field(sa_type=Instant)
    look_at: datetime | None = Field(default=None, sa_type=Instant)


class StationRepair(SQLModel, table=True):
    """How many places of a station's calls a rule has mended, and when it last did."""

    __tablename__ = "station_repair"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    rule: str = Field(primary_key=True, max_length=30)
    count: int = Field(sa_type=BigInteger)
    last_at: datetime = Field(sa_type=Instant)


class StationNote(SQLModel, table=True):
    """What a station told beside sessions, as told. Of each station the newest are kept."""

    __tablename__ = "station_note"
    __table_args__ = (Index("ix_station_note_station", "station_id", "id"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    topic: str = Field(max_length=20)
    request_id: int | None = None
    is_last: bool
    content: Any = Field(sa_type=Json)
    received_at: datetime = Field(sa_type=Instant)


class StationCertificate(SQLModel, table=True):
    """A certificate that the hub signed for a station. It lets in until it ends or is revoked,
    unless its purpose is `vehicle`: that one is shown to cars alone."""

    __tablename__ = "station_certificate"
    __table_args__ = (
        UniqueConstraint("fingerprint", name="uq_station_certificate_fingerprint"),
        Index("ix_station_certificate_station", "station_id", "id"),
        Index("ix_station_certificate_due", "renewal_asked_at", "valid_until"),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    purpose: str = Field(max_length=10)
    serial_number: str = Field(max_length=40)
    fingerprint: str = Field(max_length=64)
    valid_from: datetime = Field(sa_type=Instant)
    valid_until: datetime = Field(sa_type=Instant)
    signed_at: datetime = Field(sa_type=Instant)
    renewal_asked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class StationFrame(SQLModel, table=True):
    """A frame that passed over a station's line, without secrets. The newest are kept."""

    __tablename__ = "station_frame"
    __table_args__ = (Index("ix_station_frame_station", "station_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    station_id: str = Field(max_length=36)
    at: datetime = Field(sa_type=Instant)
    direction: str = Field(max_length=8)
    kind: str = Field(max_length=12)
    message_id: str | None = Field(default=None, max_length=36)
    action: str | None = Field(default=None, max_length=50)
    error_code: str | None = Field(default=None, max_length=50)
    text: str = Field(sa_type=Text)


class CommandRow(SQLModel, table=True):
    """Something the hub wants of a station. `state` is one of CommandView's.

    `request_id`: its number at the station. `progress`: what the station told since, and when.
    `is_owners`: its owner wished it; else the hub or an operator did.
    """

    __tablename__ = "command"
    __table_args__ = (
        Index("ix_command_station", "station_id", "state", "id"),
        Index("ix_command_due", "state", "expires_at"),
        Index("ix_command_kind", "station_id", "kind", "id"),
        Index(
            "ix_command_session",
            "session_id",
            sqlite_where=_IS_OF_SESSION,
            postgresql_where=_IS_OF_SESSION,
        ),
        Index(
            "ix_command_booking",
            "booking_id",
            sqlite_where=_IS_OF_BOOKING,
            postgresql_where=_IS_OF_BOOKING,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    kind: str = Field(max_length=30)
    body: Any = Field(sa_type=Json)
    request_id: int | None = None
    progress: Any = Field(default=None, sa_type=Json, nullable=True)
    state: str = Field(default="queued", max_length=10)
    session_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: Any = Field(default=None, sa_type=Json, nullable=True)
    tries: int = 0
    is_owners: bool = False
