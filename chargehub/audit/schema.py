"""The table of audits that the hub made of itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json


class AuditRow(SQLModel, table=True):
    """One audit. `is_full`: every transfer is read, and not those of the last day alone.

    `finished_at` None: it is under way. `laws`: what each was found to be
    (`findings.Finding`); `head_number`, `head_hash`: where the chain ended then.
    """

    __tablename__ = "audit"

    id: str = Field(primary_key=True, max_length=36)
    asked_at: datetime = Field(sa_type=Instant)
    is_full: bool
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    laws: Any = Field(default=None, sa_type=Json, nullable=True)
    head_number: int | None = Field(default=None, sa_type=BigInteger)
    head_hash: str | None = Field(default=None, max_length=64)
