"""The keys of meters, and what they signed: the tables of meters."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Serial


class MeterKey(SQLModel, table=True):
    """A public key of the meter of an EVSE. `content`: SubjectPublicKeyInfo in hexadecimal.

    `state`: told (by the station; signs nothing yet), confirmed (by the owner, from what is
    printed on the device), retired (another one was confirmed; it holds for what ended before).
    `told_by`: setting, reading or owner.
    """

    __tablename__ = "meter_key"
    __table_args__ = (
        UniqueConstraint("station_id", "evse_number", "fingerprint", name="uq_meter_key_evse"),
    )

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    evse_number: int
    fingerprint: str = Field(max_length=64)
    content: str = Field(max_length=600)
    curve: str = Field(max_length=20)
    told_by: str = Field(max_length=10)
    state: str = Field(max_length=10)
    first_seen_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = Field(default=None, max_length=36)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


class SignedPacket(SQLModel, table=True):
    """What a meter signed, as it was sent. Never changed; its session alone may be another one.

    `digest`: SHA-256 of the content, in hexadecimal. `session_id` None: outside any session.
    """

    __tablename__ = "signed_packet"
    __table_args__ = (
        Index("ix_signed_packet_session", "session_id", "id"),
        Index("ix_signed_packet_digest", "digest"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    station_id: str = Field(max_length=36)
    evse_number: int
    session_id: str | None = Field(default=None, max_length=36)
    at: datetime = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    context: str = Field(max_length=20)
    encoding: str | None = Field(default=None, max_length=50)
    digest: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
