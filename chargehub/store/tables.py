"""The tables of the store itself: what happened, and who is still to be told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class EventRow(SQLModel, table=True):
    """One event, recorded in the commit of the change it tells of."""

    __tablename__ = "event"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(max_length=60)
    aggregate: str = Field(max_length=80, index=True)
    body: Any = Field(sa_type=Json)
    recorded_at: datetime = Field(sa_type=Instant)


class DeliveryRow(SQLModel, table=True):
    """One event for one follower. A finished delivery is deleted; a parked one waits for people.

    `due_at` and `recorded_at` are real time: backoff has nothing to do with business time.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_state_id", "state", "id", sqlite_where=text("state = 'parked'")),
    )

    id: str = Field(primary_key=True, max_length=36)
    event_id: str = Field(max_length=36)
    follower: str = Field(max_length=100)
    aggregate: str = Field(max_length=80)
    state: str = Field(max_length=10)
    tries: int = 0
    due_at: datetime = Field(sa_type=Instant)
    error: str | None = Field(default=None, max_length=500)
