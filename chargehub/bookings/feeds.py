"""The calendar of a station as a feed, read by who knows its secret address: whoever its owner
gives it to. It tells when, at which EVSE and whether it is sure; of drivers it tells nothing.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, bindparam, delete, select
from sqlmodel import Field, SQLModel

from chargehub.bookings import kept
from chargehub.bookings.ical import Entry
from chargehub.bookings.rules import has_lapsed
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.errors import NotFound
from chargehub.people.rules import Actor, digest
from chargehub.stations import tables as stations
from chargehub.stations.registration import owned_station
from chargehub.stations.views import EvseView
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

BEHIND, AHEAD = timedelta(days=31), timedelta(days=93)
MOST_BOOKINGS = 5_000  # of one station in four months; programs refuse larger files
MOST_KEPT = 5_000
_SHOWN = ("requested", "held", "confirmed", "active", "completed")
_FIRM = ("confirmed", "active", "completed")
_KEPT = {"blackout": "kept", "own_car": "kept for the own car"}


class CalendarFeedRow(SQLModel, table=True):
    """The secret of a station's feed, as SHA-256. A new one takes the place of the one before."""

    __tablename__ = "calendar_feed"
    __table_args__ = (Index("uq_calendar_feed_token", "token_hash", unique=True),)

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    token_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed shows: a station's name and zone, and its times within `known`, in order."""

    name: str
    time_zone: str
    entries: tuple[Entry, ...]
    known: Span


FEED = table_of(CalendarFeedRow)
_OF_STATION = select(FEED.c.created_at).where(FEED.c.station_id == bindparam("station_id"))
_BY_TOKEN = select(FEED.c.station_id).where(FEED.c.token_hash == bindparam("token_hash"))
_BOOKED = (
    select(BOOKING)
    .where(
        BOOKING.c.station_id == bindparam("station_id"),
        BOOKING.c.status.in_(_SHOWN),
        BOOKING.c.starts_at >= bindparam("start"),
        BOOKING.c.starts_at < bindparam("end"),
    )
    .order_by(BOOKING.c.starts_at, BOOKING.c.id)
    .limit(MOST_BOOKINGS)
)


def make(work: Work, actor: Actor, station_id: str, now: datetime) -> str:
    """A new secret for the feed of one's own station; the one before ends. Raises NotFound."""
    owned_station(work, actor.account_id, station_id)
    revoke(work, actor, station_id)
    token = secrets.token_urlsafe(24)
    work.add(CalendarFeedRow(station_id=station_id, token_hash=digest(token), created_at=now))
    return token


def made_at(reads: Reads, actor: Actor, station_id: str) -> datetime:
    """When the secret that counts was made. Raises NotFound, also where there is none."""
    owned_station(reads, actor.account_id, station_id)
    found: datetime | None = reads.value(_OF_STATION, station_id=station_id)
    if found is None:
        raise NotFound("This station's calendar has no feed. Make one with POST.")
    return found


def revoke(work: Work, actor: Actor, station_id: str) -> None:
    """Its address shows nothing any more; twice is once. Raises NotFound."""
    owned_station(work, actor.account_id, station_id)
    work.execute(delete(FEED).where(FEED.c.station_id == station_id))


def shown(reads: Reads, token: str, now: datetime) -> Feed:
    """What the feed with this secret shows today. Raises NotFound."""
    station_id = reads.value(_BY_TOKEN, token_hash=digest(token))
    station = stations.station(reads, station_id) if station_id else None
    if station is None:
        raise NotFound("This feed was ended by its owner, or never was. Ask for a new address.")
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = Span(today - BEHIND, today + AHEAD)
    evses = stations.evses_of_station(reads, station.id)
    asked = {"station_id": station.id, "start": known.start, "end": known.end}
    booked = [BookingView(*row) for row in reads.all(_BOOKED, **asked)]
    names = {evse.id: f"EVSE {evse.number}" for evse in evses}
    entries = [_booked(one, names) for one in booked if not has_lapsed(one, now)]
    entries += _kept(reads, evses, known)
    entries.sort(key=lambda entry: (entry.span.start, entry.key))
    return Feed(station.name or station.identity, station.time_zone, tuple(entries), known)


def _booked(booking: BookingView, names: dict[str, str]) -> Entry:
    is_firm = booking.status in _FIRM
    return Entry(
        key=f"booking-{booking.id}",
        span=Span(booking.starts_at, booking.ends_at),
        title=f"{names[booking.evse_id]}: {'booked' if is_firm else 'asked for'}",
        changed_at=max(booking.created_at, booking.ended_at or booking.created_at),
        is_firm=is_firm,
    )


def _kept(reads: Reads, evses: Sequence[EvseView], known: Span) -> list[Entry]:
    if not evses:
        return []
    blocks = kept.blocks_at(reads, [evses[0].station_id], known.start)
    some = blocks.get(evses[0].station_id, [])
    stated = {block.id: block.created_at for block in some}
    return [
        Entry(
            key=f"block-{one.block_id}-{evse.number}-{one.span.start:%Y%m%dT%H%M}",
            span=one.span,
            title=f"EVSE {evse.number}: {_KEPT[one.kind]}",
            changed_at=stated[one.block_id],
        )
        for evse in evses
        for one in kept.kept_by(some, evse, known)
    ][:MOST_KEPT]
