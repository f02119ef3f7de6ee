"""The calendar of one EVSE, as its hours, its bookings and its owner's times make it."""

from datetime import datetime, timedelta

from chargehub.bookings import kept, policies, tables
from chargehub.bookings.availability import Occupied, Stretch, Taken, calendar, looked_at
from chargehub.bookings.rules import has_lapsed
from chargehub.errors import Invalid, NotFound
from chargehub.listings import audience
from chargehub.listings import tables as listings
from chargehub.listings.rules import open_spans
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.units import Span

LONGEST = timedelta(days=62)
MOST_BOOKINGS = 10_000  # so long a time holds no more slots of a quarter of an hour without buffer


def check(start: datetime, end: datetime) -> Span:
    """The time a calendar is asked for. Raises Invalid for a reversed or too long one."""
    if not start < end or end - start > LONGEST:
        raise Invalid(f"Ask for a time that ends after it starts, {LONGEST.days} days at most.")
    return Span(start, end)


def calendar_of(
    reads: Reads, actor: Actor | None, evse_id: str, during: Span, now: datetime
) -> tuple[tuple[Stretch, ...], bool]:
    """When an EVSE can be had, and whether `actor` is its owner (or an operator).

    Its owner sees it also while it is not published; it is closed then. Raises NotFound.
    """
    evse = stations.evse(reads, evse_id)
    listing = listings.listing(reads, evse.station_id) if evse else None
    is_owner = actor is not None and (
        actor.is_operator or (evse is not None and evse.owner_id == actor.account_id)
    )
    is_seen = listing is not None and (
        evse is not None and audience.is_seen_by(reads, listing, evse.owner_id, actor)
    )
    if evse is None or not (is_owner or is_seen):
        raise NotFound("There is no such EVSE, or it is not published.")
    policy = policies.current(reads, evse.station_id).policy
    wide = looked_at(during, policy)
    there = tables.overlapping(reads, evse.id, wide, MOST_BOOKINGS)
    occupied = Occupied(
        is_open=open_spans(listing.hours, evse.time_zone, wide) if listing else (),
        taken=[
            Taken(Span(one.starts_at, one.blocked_until), one.id, one.status)
            for one in there
            if not has_lapsed(one, now)
        ],
        kept=kept.kept_spans(reads, evse, wide),
    )
    return calendar(during, occupied, now, policy), is_owner
