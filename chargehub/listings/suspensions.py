"""Stations that are off the market for a while, because their owner cancelled too often."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class ListingSuspension(SQLModel, table=True):
    """A station that nobody finds or books until then, and that is listed again by itself.

    `is_relisted` False: it is not, for its owner has withdrawn it meanwhile.
    """

    __tablename__ = "listing_suspension"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    until_at: datetime = Field(sa_type=Instant, index=True)
    is_relisted: bool


SUSPENSION = table_of(ListingSuspension)
_OF = SUSPENSION.c.station_id == bindparam("of_station")
_UNTIL = select(SUSPENSION.c.until_at).where(_OF)


def suspended_until(reads: Reads, station_id: str) -> datetime | None:
    """Until when a station is off the market; None: it is not."""
    found: datetime | None = reads.value(_UNTIL, of_station=station_id)
    return found


def stay_away(work: Work, station_id: str) -> None:
    """The owner withdraws a station: if it is suspended, it is not listed again by itself."""
    work.execute(update(SUSPENSION).where(_OF).values(is_relisted=False), of_station=station_id)
