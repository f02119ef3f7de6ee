"""Receipts as they were signed, and the keys that signed them."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class ReceiptKey(SQLModel, table=True):
    """A key that signs receipts; the newest that is not retired. It is published for ever.

    `id`: SHA-256 of the public half. `sealed`: the private half, for this hub alone.
    """

    __tablename__ = "receipt_key"

    id: str = Field(primary_key=True, max_length=64)
    public_key: str = Field(max_length=64)
    sealed: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


class Receipt(SQLModel, table=True):
    """The receipt of a CDR, as it was signed. Never changed.

    `content`: the signed receipt without packets, compressed by zlib. `hash`: of the receipt.
    """

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_session", "session_id", "version"),)

    cdr_id: str = Field(primary_key=True, max_length=36)
    session_id: str = Field(max_length=36)
    version: int
    hash: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
    issued_at: datetime = Field(sa_type=Instant)
