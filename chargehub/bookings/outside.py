"""Which bookings to come lie outside the hours that a station's owner states now."""

from collections.abc import Iterator
from datetime import datetime

from chargehub.bookings import rules, tables
from chargehub.bookings.tables import BookingView
from chargehub.listings.rules import is_open_between
from chargehub.listings.shut_out import BookingOutside
from chargehub.listings.tables import ListingView
from chargehub.people.rules import fold_id_token
from chargehub.stations import tables as stations
from chargehub.stations.views import EvseView
from chargehub.store.work import Reads

MOST_TOLD = 50


def outside_hours(reads: Reads, listing: ListingView, now: datetime) -> tuple[BookingOutside, ...]:
    """Bookings of others than the owner and the household that are to come, or in use, and do not
    lie within the listing's hours: the soonest first, `MOST_TOLD` at most."""
    if listing.hours.windows is None:
        return ()
    evses = stations.evses_of_station(reads, listing.station_id)
    found = [one for evse in evses for one in _of_evse(reads, evse, listing, now)]
    soonest = sorted(found, key=lambda one: (one.starts_at, one.id))[:MOST_TOLD]
    return tuple(
        BookingOutside(one.id, one.evse_id, one.starts_at, one.ends_at, one.status)
        for one in soonest
    )


def _of_evse(
    reads: Reads, evse: EvseView, listing: ListingView, now: datetime
) -> Iterator[BookingView]:
    for booking in tables.to_come(reads, evse.id, now):
        slot = max(booking.starts_at, now), booking.ends_at
        if is_open_between(listing.hours, evse.time_zone, *slot):
            continue
        is_own = booking.driver_id == evse.owner_id or stations.is_household(
            reads, evse.id, fold_id_token(booking.id_token)
        )
        if not is_own and not rules.has_lapsed(booking, now):
            yield booking
