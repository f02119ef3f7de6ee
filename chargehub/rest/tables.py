"""What REST itself remembers: the answers to requests that carried an Idempotency-Key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlmodel import Field, SQLModel, col

from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads


class IdempotencyKeyRow(SQLModel, table=True):
    """One answered request. `created_at` is real time: repeats come from networks, not people."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("actor_id", "key", name="uq_idempotency_key_actor_key"),)

    id: str = Field(primary_key=True, max_length=36)
    actor_id: str = Field(max_length=36)
    key: str = Field(max_length=200)
    route: str = Field(max_length=100)
    body_hash: str = Field(max_length=64)
    answer: Any = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime = Field(sa_type=Instant, index=True)


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked under a key, and what was answered (a JSON value)."""

    route: str
    body_hash: str
    answer: Any


def answered(reads: Reads, actor_id: str, key: str) -> Answered | None:
    """The request an actor made under this key, or None."""
    row = reads.one(
        select(
            col(IdempotencyKeyRow.route),
            col(IdempotencyKeyRow.body_hash),
            col(IdempotencyKeyRow.answer),
        ).where(
            col(IdempotencyKeyRow.actor_id) == actor_id,
            col(IdempotencyKeyRow.key) == key,
        )
    )
    return None if row is None else Answered(row.route, row.body_hash, row.answer)
