"""The tables of search as classes."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class AddressReveal(SQLModel, table=True):
    """Somebody was told exactly where a station stands, for a booking; how often, and when."""

    __tablename__ = "address_reveal"
    __table_args__ = (
        UniqueConstraint("booking_id", "account_id", name="uq_address_reveal_account"),
        Index("ix_address_reveal_location", "location_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    location_id: str = Field(max_length=36, foreign_key="location.id")
    booking_id: str = Field(max_length=36)
    account_id: str = Field(max_length=36, index=True)
    role: str = Field(max_length=8)
    first_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant, index=True)
    looks: int
