"""Who is let in where a station is offered to members alone. To others it is as if not there."""

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from chargehub.listings.tables import Listing, ListingView
from chargehub.people.rules import Actor
from chargehub.stations.schema import Station
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.tables import MEMBERSHIP

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


def is_for(reads: Reads, listing: ListingView, owner_id: str, account_id: str | None) -> bool:
    """Is the listing there for this account? Its owner always, None only where it is public."""
    audience = listing.audience
    if audience.access == "public" or account_id == owner_id:
        return True
    if account_id is None:
        return False
    membership = tariffs.membership(reads, account_id, owner_id)
    return membership is not None and audience.group_id in (None, membership.group_id)


def is_seen_by(reads: Reads, listing: ListingView, owner_id: str, actor: Actor | None) -> bool:
    """As `is_for`, and operators see everything."""
    if actor is not None and actor.is_operator:
        return True
    return is_for(reads, listing, owner_id, actor.account_id if actor else None)
