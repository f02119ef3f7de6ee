"""The tables of disputes. Evidence and photos are rows: every node and every copy has them."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant

REFUSED = "dispute_evidence_append_only"
APPEND_ONLY_SQLITE = tuple(
    f"CREATE TRIGGER {REFUSED}_{verb.lower()} BEFORE {verb} ON dispute_evidence "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    for verb in ("UPDATE", "DELETE")
)
APPEND_ONLY_POSTGRES = (
    f"CREATE FUNCTION {REFUSED}() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; "
    "END $$",
    f"CREATE TRIGGER {REFUSED} BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_evidence "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSED}()",
)
_IS_DUE = text("due_at IS NOT NULL")
_IS_LIVE = text("status <> 'closed' AND kind <> 'damage'")


class DisputeRow(SQLModel, table=True):
    """One dispute. `statement`, `answer` and `appeal` are what the parties say.

    One of `session_id` and `booking_id` (of a fee) is set. `due_at`: when the clock goes on with
    it. `how`, `reason` and what follows: the decision that stands; `decided_by` None: no person.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        Index("uq_dispute_session_kind", "session_id", "kind", unique=True),
        Index("uq_dispute_booking_kind", "booking_id", "kind", unique=True),
        Index(
            "uq_dispute_live_session",
            "session_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index(
            "uq_dispute_live_booking",
            "booking_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index("ix_dispute_due", "due_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
        Index("ix_dispute_driver", "driver_id", "id"),
        Index("ix_dispute_owner", "owner_id", "id"),
        Index("ix_dispute_status", "status", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(max_length=10)
    opened_by: str = Field(max_length=6)
    session_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    station_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36)
    driver_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    statement: str = Field(max_length=1000)
    status: str = Field(max_length=10)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    answer: str | None = Field(default=None, max_length=1000)
    how: str | None = Field(default=None, max_length=10)
    awarded_minor: int = Field(default=0, sa_type=BigInteger)
    bearer: str = Field(default="owner", max_length=5)
    reason: str | None = Field(default=None, max_length=1200)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = Field(default=None, max_length=36)
    appealed_by: str | None = Field(default=None, max_length=6)
    appeal: str | None = Field(default=None, max_length=1000)
    refund_id: str | None = Field(default=None, max_length=36)
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    evidence_sha256: str = Field(max_length=64)
    revision: int = 0
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


class DisputeEvidence(SQLModel, table=True):
    """What the hub knew when the dispute was opened, as canonical JSON. Never changed or deleted.

    `part`: pack (for both sides) or reports (as the station sent them, with the whole id token).
    """

    __tablename__ = "dispute_evidence"

    dispute_id: str = Field(primary_key=True, max_length=36)
    part: str = Field(primary_key=True, max_length=7)
    sha256: str = Field(max_length=64)
    body: str = Field(sa_type=Text)


class DisputeMessage(SQLModel, table=True):
    """Something said, or a photo shown, in the room of a dispute."""

    __tablename__ = "dispute_message"
    __table_args__ = (
        Index("ix_dispute_message_dispute", "dispute_id", "id"),
        Index("ix_dispute_message_account", "account_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    dispute_id: str = Field(max_length=36, foreign_key="dispute.id")
    author: str = Field(max_length=8)
    account_id: str = Field(max_length=36)
    text: str = Field(max_length=1000)
    photo_id: str | None = Field(default=None, max_length=36)
    said_at: datetime = Field(sa_type=Instant)


class DisputePhoto(SQLModel, table=True):
    """A JPEG file as `pictures.redrawn` wrote it. `account_id`: who showed it."""

    __tablename__ = "dispute_photo"
    __table_args__ = (Index("ix_dispute_photo_account", "account_id"),)

    id: str = Field(primary_key=True, max_length=36)
    dispute_id: str = Field(max_length=36, foreign_key="dispute.id")
    account_id: str = Field(max_length=36)
    content: bytes = Field(sa_type=LargeBinary)


class StationLine(SQLModel, table=True):
    """A station's line opened or closed. Kept as long as somebody may still dispute about it."""

    __tablename__ = "station_line"
    __table_args__ = (Index("ix_station_line_station", "station_id", "at"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    is_online: bool
    at: datetime = Field(sa_type=Instant, index=True)
