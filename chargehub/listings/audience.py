"""Who is let in where a station is offered to members alone. To others it is as if not there."""

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from chargehub.errors import NotFound
from chargehub.listings import tables
from chargehub.listings.tables import Listing, ListingView
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.stations.schema import Station
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.tariffs import tables as price_lists
from chargehub.tariffs.tables import MEMBERSHIP

_NOT_THERE = "There is no such station on the market."
_IS_MEMBER = (
    select(MEMBERSHIP.c.id)
    .where(
        MEMBERSHIP.c.driver_id == bindparam("viewer_id"),
        MEMBERSHIP.c.owner_id == col(Station.owner_id),
        or_(col(Listing.group_id).is_(None), MEMBERSHIP.c.group_id == col(Listing.group_id)),
    )
    .exists()
)
IS_SHOWN = or_(
    col(Listing.access) == "public",
    col(Station.owner_id) == bindparam("viewer_id"),
    _IS_MEMBER,
)
"""For statements over listings and stations: what `viewer_id` may see; '' is nobody known."""
_SHOWN = Hot(
    select(col(Listing.station_id))
    .join(Station, col(Station.id) == col(Listing.station_id))
    .where(any_of(col(Listing.station_id), "station_ids"), IS_SHOWN)
)


def shown(reads: Reads, station_ids: Sequence[str], viewer_id: str) -> dict[str, ListingView]:
    """What some stations offer to this account ('': to everybody), by station id."""
    found = tables.listings_of(reads, station_ids)
    closed = [each.station_id for each in found.values() if each.audience.access != "public"]
    if not closed:
        return found
    rows = reads.all(_SHOWN, station_ids=closed, viewer_id=viewer_id)
    hidden = set(closed) - {row.station_id for row in rows}
    return {name: each for name, each in found.items() if name not in hidden}


def is_for(reads: Reads, listing: ListingView, owner_id: str, account_id: str | None) -> bool:
    """Is the listing there for this account? Its owner always, None only where it is public."""
    audience = listing.audience
    if audience.access == "public" or account_id == owner_id:
        return True
    if account_id is None:
        return False
    membership = price_lists.membership(reads, account_id, owner_id)
    return membership is not None and audience.group_id in (None, membership.group_id)


def is_seen_by(reads: Reads, listing: ListingView, owner_id: str, actor: Actor | None) -> bool:
    """As `is_for`, and operators see everything."""
    if actor is not None and actor.is_operator:
        return True
    return is_for(reads, listing, owner_id, actor.account_id if actor else None)


def offered_to(reads: Reads, station_id: str, actor: Actor | None) -> ListingView:
    """What a station offers to who asks. Raises NotFound, also where it is there for others."""
    station, listing = stations.station(reads, station_id), tables.listing(reads, station_id)
    if station is None or listing is None:
        raise NotFound(_NOT_THERE)
    if not is_seen_by(reads, listing, station.owner_id, actor):
        raise NotFound(_NOT_THERE)
    return listing
