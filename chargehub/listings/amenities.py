"""What there is at a location: its owner says so, and search finds by it."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, text, update
from sqlmodel import col

from chargehub.listings.schema import LocationAmenities, OfferRow
from chargehub.listings.traits import amenities_in, amenities_mask
from chargehub.people.rules import Actor
from chargehub.stations.registration import owned_location
from chargehub.stations.schema import Station
from chargehub.store.work import Reads, Work

# The same words on both databases.
_SAY = text("""
INSERT INTO location_amenities (location_id, amenities) VALUES (:location_id, :amenities)
ON CONFLICT (location_id) DO UPDATE SET amenities = excluded.amenities
""")
_SAID = select(col(LocationAmenities.amenities)).where(
    col(LocationAmenities.location_id) == bindparam("location_id")
)


def say_amenities(
    work: Work, actor: Actor, location_id: str, names: Sequence[str]
) -> tuple[str, ...]:
    """What there is at the actor's location from now on; it replaces what was said before.

    Raises NotFound, UnknownAmenity.
    """
    owned_location(work, actor.account_id, location_id)
    mask = amenities_mask(names)
    work.execute(_SAY, location_id=location_id, amenities=mask)
    there = select(col(Station.id)).where(col(Station.location_id) == location_id)
    offered = update(OfferRow).where(col(OfferRow.station_id).in_(there))
    work.execute(offered.values(amenities=mask))
    return amenities_in(mask)


def amenities_of(reads: Reads, actor: Actor, location_id: str) -> tuple[str, ...]:
    """What there is at the actor's location, in OCPI's order. Raises NotFound."""
    owned_location(reads, actor.account_id, location_id)
    return amenities_in(reads.value(_SAID, location_id=location_id) or 0)
