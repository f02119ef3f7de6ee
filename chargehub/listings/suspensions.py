"""Stations that are off the market for a while: their owner cancelled too often, or they are to
be checked."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, update
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


UNTIL_CHECKED: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Not for a while, but until the station passes a check-up."""
SUSPENSION = table_of(ListingSuspension)
_OF = SUSPENSION.c.station_id == bindparam("of_station")
_BY_HUB = select(SUSPENSION.c.station_id).where(_OF, SUSPENSION.c.is_relisted)
_UNTIL = select(SUSPENSION.c.until_at).where(_OF)


def suspended_until(reads: Reads, station_id: str) -> datetime | None:
    """Until when a station is off the market; None: it is not, or until it is checked."""
    found: datetime | None = reads.value(_UNTIL, of_station=station_id)
    return None if found == UNTIL_CHECKED else found


def is_by_hub(reads: Reads, station_id: str) -> bool:
    """True while a station is off the market because the hub took it off, and its owner did not."""
    return reads.one(_BY_HUB, of_station=station_id) is not None


def end(work: Work, station_id: str) -> None:
    """The owner offers a station anew, to whom its grade lets them: nothing holds it back."""
    work.execute(delete(SUSPENSION).where(_OF), of_station=station_id)


def stay_away(work: Work, station_id: str) -> None:
    """The owner withdraws a station: if it is suspended, it is not listed again by itself."""
    work.execute(update(SUSPENSION).where(_OF).values(is_relisted=False), of_station=station_id)
