"""Published stations: which tariff, when open. A withdrawn listing is as if it were not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Index, Row, Text, bindparam, select, type_coerce
from sqlmodel import Field, SQLModel, col

from chargehub.listings.rules import EVERYBODY, Access, Audience, Hours, read_hours
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.units import Span

_IDS_AT_ONCE = 500  # in one IN list


class Listing(SQLModel, table=True):
    """A station's place on the market. `hours` is the JSON of `rules.read_hours`.

    `access` members: it is there only for them; `group_id` None: those of any group of its owner.
    """

    __tablename__ = "listing"
    __table_args__ = (Index("ix_listing_tariff", "tariff_id"),)

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    tariff_id: str = Field(max_length=36)
    hours: Any = Field(sa_type=Json)
    published_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    access: str = Field(default="public", max_length=7)
    group_id: str | None = Field(default=None, max_length=36)


class PastListing(SQLModel, table=True):
    """What a station offered from `published_at` until, not at, `ended_at`. Never changed.

    Stations tell of charging days later; it is priced by what was offered then.
    """

    __tablename__ = "past_listing"
    __table_args__ = (Index("ix_past_listing_station", "station_id", "published_at"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36, foreign_key="station.id")
    tariff_id: str = Field(max_length=36)
    published_at: datetime = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    hours: Any = Field(sa_type=Json)


@dataclass(frozen=True, slots=True)
class ListingView:
    """What a published station offers. The hours are by its location's time zone."""

    station_id: str
    tariff_id: str
    hours: Hours
    published_at: datetime
    audience: Audience = EVERYBODY


_LISTINGS = select(
    col(Listing.station_id),
    col(Listing.tariff_id),
    col(Listing.hours),
    col(Listing.published_at),
    col(Listing.access),
    col(Listing.group_id),
).where(col(Listing.withdrawn_at).is_(None))
_LISTING = Hot(_LISTINGS.where(col(Listing.station_id) == bindparam("station_id")))
_LISTINGS_OF = Hot(
    select(
        col(Listing.station_id),
        col(Listing.tariff_id),
        type_coerce(col(Listing.hours), Text),
        col(Listing.published_at),
        col(Listing.access),
        col(Listing.group_id),
    ).where(col(Listing.withdrawn_at).is_(None), any_of(col(Listing.station_id), "station_ids"))
)


def withdrawn_at(reads: Reads, station_id: str) -> datetime | None:
    """Since when a station is offered no more; None: it is offered, or never was."""
    statement = select(col(Listing.withdrawn_at)).where(col(Listing.station_id) == station_id)
    found: datetime | None = reads.value(statement)
    return found


def listing(reads: Reads, station_id: str) -> ListingView | None:
    """What a station offers; None: it is not published."""
    row = reads.one(_LISTING, station_id=station_id)
    return None if row is None else _view(row)


def stations_of_tariff(reads: Reads, tariff_id: str, limit: int) -> Sequence[str]:
    """The stations that offer a tariff now, at most so many."""
    return [row[0] for row in reads.all(_OF_TARIFF, tariff_id=tariff_id, most=limit)]


_OF_TARIFF = Hot(
    select(col(Listing.station_id))
    .where(
        col(Listing.tariff_id) == bindparam("tariff_id"),
        col(Listing.withdrawn_at).is_(None),
    )
    .limit(bindparam("most"))
)
_NEWEST = Hot(
    select(
        col(Listing.published_at),
        col(Listing.withdrawn_at),
        col(Listing.tariff_id),
        col(Listing.hours),
    ).where(col(Listing.station_id) == bindparam("station_id"))
)
_PAST = Hot(
    select(col(PastListing.ended_at), col(PastListing.tariff_id))
    .where(
        col(PastListing.station_id) == bindparam("station_id"),
        col(PastListing.published_at) <= bindparam("at", type_=Instant()),
    )
    .order_by(col(PastListing.published_at).desc())
    .limit(1)
)
_PAST_DURING = (
    select(col(PastListing.published_at), col(PastListing.ended_at), col(PastListing.hours))
    .where(
        col(PastListing.station_id) == bindparam("station_id"),
        col(PastListing.published_at) < bindparam("end", type_=Instant()),
        col(PastListing.ended_at) > bindparam("start", type_=Instant()),
    )
    .order_by(col(PastListing.published_at).desc())
    .limit(200)  # changes of one day that count; nobody's listing changes every few minutes
)
_FIRST = Hot(
    select(col(PastListing.tariff_id))
    .where(col(PastListing.station_id) == bindparam("station_id"))
    .order_by(col(PastListing.published_at))
    .limit(1)
)


def newest(reads: Reads, station_id: str) -> Row[Any] | None:
    """Of a newest listing: published_at, withdrawn_at (None: it stands), tariff_id, hours."""
    found: Row[Any] | None = reads.one(_NEWEST, station_id=station_id)
    return found


def offered_during(reads: Reads, station_id: str, span: Span) -> tuple[tuple[Span, Hours], ...]:
    """When in that time a station was on the market, and the opening hours it then stated."""
    newest_one = newest(reads, station_id)
    if newest_one is None:
        return ()
    until = newest_one.withdrawn_at or max(span.end, newest_one.published_at)
    offers = [(newest_one.published_at, until, newest_one.hours)]
    offers += [
        tuple(row)
        for row in reads.all(_PAST_DURING, station_id=station_id, start=span.start, end=span.end)
    ]
    found = [(span.intersection(Span(start, end)), hours) for start, end, hours in offers]
    return tuple((part, read_hours(hours)) for part, hours in found if part is not None)


def tariff_at(reads: Reads, station_id: str, at: datetime) -> str | None:
    """The id of the tariff a station offered at an instant; None: it was on no market then.

    Before it was first published it is the first one: nobody can have been told another price.
    """
    last = newest(reads, station_id)
    if last is None:
        return None
    tariff_id: str = last.tariff_id
    if last.published_at <= at:
        return tariff_id if last.withdrawn_at is None or at < last.withdrawn_at else None
    past = reads.one(_PAST, station_id=station_id, at=at)
    if past is not None:
        return past.tariff_id if at < past.ended_at else None
    return reads.value(_FIRST, station_id=station_id) or tariff_id


def listings_of(reads: Reads, station_ids: Sequence[str]) -> dict[str, ListingView]:
    """What some stations offer, by station id; those that are not published are left out."""
    found: dict[str, ListingView] = {}
    for start in range(0, len(station_ids), _IDS_AT_ONCE):
        some = station_ids[start : start + _IDS_AT_ONCE]
        for name, tariff_id, hours, published_at, *audience in reads.all(
            _LISTINGS_OF, station_ids=some
        ):
            found[name] = ListingView(
                name, tariff_id, _hours(hours), published_at, _audience(*audience)
            )
    return found


@lru_cache(maxsize=4096)  # owners mostly state the same few
def _hours(text: str) -> Hours:
    return read_hours(orjson.loads(text))


@lru_cache(maxsize=4096)
def _audience(access: Access, group_id: str | None) -> Audience:
    return Audience(access, group_id)


def _view(row: Row[Any]) -> ListingView:
    return ListingView(
        row.station_id,
        row.tariff_id,
        read_hours(row.hours),
        row.published_at,
        Audience(row.access, row.group_id),
    )
