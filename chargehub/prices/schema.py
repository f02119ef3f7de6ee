"""What is known from outside that moves prices: what sites feed into the grid."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant


class SiteExport(SQLModel, table=True):
    """The power a location feeds into the grid, in W, as its owner last reported it."""

    __tablename__ = "site_export"

    location_id: str = Field(primary_key=True, max_length=36, foreign_key="location.id")
    export_w: int = Field(sa_type=BigInteger)
    reported_at: datetime = Field(sa_type=Instant)
