"""Photos of a station: added and removed by its owner, seen by everybody while it is published."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import col

from chargehub.errors import Conflict, NotFound
from chargehub.listings import tables
from chargehub.listings.audience import is_seen_by
from chargehub.listings.pictures import Picture
from chargehub.listings.schema import StationPhoto
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.stations.registration import owned_station
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

MAX_PHOTOS = 10  # of a station; at some 300 kB each


class TooManyPhotos(Conflict):
    """A station has as many photos as it may."""

    code = "too_many_photos"


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo without its content."""

    id: str
    station_id: str
    width: int
    height: int
    size_bytes: int
    added_at: datetime


_COLUMNS = tuple(col(getattr(StationPhoto, name)) for name in PhotoView.__dataclass_fields__)


def add_photo(
    work: Work, actor: Actor, station_id: str, picture: Picture, now: datetime
) -> PhotoView:
    """Show this photo of the actor's station. Raises NotFound, TooManyPhotos."""
    owned_station(work, actor.account_id, station_id)
    of_station = col(StationPhoto.station_id) == station_id
    if work.value(select(func.count()).where(of_station)) >= MAX_PHOTOS:
        raise TooManyPhotos(f"A station has {MAX_PHOTOS} photos at most. Remove one first.")
    photo = PhotoView(
        new_id(), station_id, picture.width, picture.height, len(picture.content), now
    )
    values = {name: getattr(photo, name) for name in PhotoView.__dataclass_fields__}
    work.insert(StationPhoto, **values, content=picture.content)
    return photo


def remove_photo(work: Work, actor: Actor, station_id: str, photo_id: str) -> None:
    """Show it no more; nothing of it is kept. Twice is once. Raises NotFound."""
    owned_station(work, actor.account_id, station_id)
    is_it = (col(StationPhoto.id) == photo_id) & (col(StationPhoto.station_id) == station_id)
    work.execute(delete(StationPhoto).where(is_it))


def photos_of(
    reads: Reads, actor: Actor | None, station_id: str, after: str | None, limit: int
) -> tuple[PhotoView, ...]:
    """A station's photos, the oldest first, after the id `after`. Raises NotFound."""
    if not _is_shown(reads, actor, station_id):
        raise NotFound("There is no such station, or it is not published.")
    wanted = select(*_COLUMNS).where(col(StationPhoto.station_id) == station_id)
    if after is not None:
        wanted = wanted.where(col(StationPhoto.id) > after)
    rows = reads.all(wanted.order_by(col(StationPhoto.id)).limit(limit))
    return tuple(PhotoView(**row._mapping) for row in rows)


def content(reads: Reads, actor: Actor | None, photo_id: str) -> tuple[bytes, bool]:
    """The JPEG file of a photo, and whether everybody may see it. Raises NotFound."""
    wanted = select(col(StationPhoto.station_id), col(StationPhoto.content))
    row = reads.one(wanted.where(col(StationPhoto.id) == photo_id))
    if row is None or not _is_shown(reads, actor, row.station_id):
        raise NotFound("There is no such photo, or its station is not published.")
    return bytes(row.content), _is_shown(reads, None, row.station_id)


def _is_shown(reads: Reads, actor: Actor | None, station_id: str) -> bool:
    """To everybody it is published for; to its owner and operators always."""
    station = stations.station(reads, station_id)
    if station is None:
        return False
    if actor is not None and (actor.is_operator or actor.account_id == station.owner_id):
        return True
    listing = tables.listing(reads, station_id) if station.retired_at is None else None
    return listing is not None and is_seen_by(reads, listing, station.owner_id, actor)
