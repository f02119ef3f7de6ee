"""Published stations: which tariff, when open. A withdrawn listing is as if it were not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlmodel import Field, SQLModel, col

from chargehub.listings.rules import Hours, read_hours
from chargehub.stations.tables import evses_in_box
from chargehub.stations.views import NearbyEvse
from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads

_IDS_AT_ONCE = 500  # in one IN list


class Listing(SQLModel, table=True):
    """A station's place on the market. `hours` is the JSON of `rules.read_hours`."""

    __tablename__ = "listing"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    tariff_id: str = Field(max_length=36)
    hours: Any = Field(sa_type=Json)
    published_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class ListingView:
    """What a published station offers. The hours are by its location's time zone."""

    station_id: str
    tariff_id: str
    hours: Hours
    published_at: datetime


_LISTINGS = select(
    col(Listing.station_id), col(Listing.tariff_id), col(Listing.hours), col(Listing.published_at)
).where(col(Listing.withdrawn_at).is_(None))
_LISTING = _LISTINGS.where(col(Listing.station_id) == bindparam("station_id"))
_LISTINGS_OF = _LISTINGS.where(
    col(Listing.station_id).in_(bindparam("station_ids", expanding=True))
)
_LISTED = select(col(Listing.station_id)).where(col(Listing.withdrawn_at).is_(None))


def listing(reads: Reads, station_id: str) -> ListingView | None:
    """What a station offers; None: it is not published."""
    row = reads.one(_LISTING, station_id=station_id)
    return None if row is None else _view(row)


def listings_of(reads: Reads, station_ids: Sequence[str]) -> dict[str, ListingView]:
    """What some stations offer, by station id; those that are not published are left out."""
    found: dict[str, ListingView] = {}
    for start in range(0, len(station_ids), _IDS_AT_ONCE):
        some = station_ids[start : start + _IDS_AT_ONCE]
        for row in reads.all(_LISTINGS_OF, station_ids=some):
            found[row.station_id] = _view(row)
    return found


def _view(row: Row[Any]) -> ListingView:
    return ListingView(row.station_id, row.tariff_id, read_hours(row.hours), row.published_at)


def listed_evses_in_box(
    reads: Reads,
    south_e6: int,
    west_e6: int,
    north_e6: int,
    east_e6: int,
    connector_type: str | None,
    min_power_w: int | None,
    limit: int,
) -> tuple[NearbyEvse, ...]:
    """EVSEs of published stations in a box; see `stations.tables.evses_in_box`.

    Unpublished ones do not use up the limit, so this is what a search asks.
    """
    return evses_in_box(
        reads,
        south_e6,
        west_e6,
        north_e6,
        east_e6,
        connector_type,
        min_power_w,
        limit,
        among=_LISTED,
    )
