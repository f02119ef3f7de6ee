"""Publish a station with a tariff and opening hours; take it back."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from chargehub import events
from chargehub.errors import NotFound
from chargehub.listings import (
    duties,
    offering,
    suspensions,
    tables,
)
from chargehub.listings.rules import (
    EVERYBODY,
    Audience,
    Hours,
    StationSuspended,
    write_hours,
)
from chargehub.people.rules import Actor
from chargehub.stations.registration import owned_station
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.tariffs import members
from chargehub.tariffs import tables as tariffs

_ACCESS = select(col(tables.Listing.access)).where(
    col(tables.Listing.station_id) == bindparam("station_id")
)


def publish(
    work: Work,
    actor: Actor,
    station_id: str,
    tariff_id: str,
    opening_hours: Hours,
    now: datetime,
    audience: Audience = EVERYBODY,
    takes_cards: bool | None = None,
) -> tables.ListingView:
    """Offer the station from now on, or change what is offered and to whom.

    Bookings and sessions keep the tariff they were made with, and stand whoever is let in from
    now on. Raises NotFound where the station, the tariff or the group is not the actor's,
    StationSuspended, DutiesOpen for what the station's country asks for. `takes_cards` as in
    `duties.check`.
    """
    station = owned_station(work, actor.account_id, station_id)
    if station.retired_at is not None:
        raise NotFound("This station is retired.")
    until = suspensions.suspended_until(work, station_id)
    if until is not None and until > now:
        raise StationSuspended(
            "You cancelled too many bookings of this station. It is listed again"
            f" on {until:%Y-%m-%dT%H:%MZ}."
        )
    tariff = tariffs.tariff(work, tariff_id)
    if tariff is None or tariff.owner_id != actor.account_id:
        raise NotFound("You have no tariff with this id.")
    if audience.group_id is not None:
        members.own_group(work, actor.account_id, audience.group_id)
    duties.check(work, station, tariff.content, takes_cards)
    values = {
        "tariff_id": tariff_id,
        "hours": write_hours(opening_hours),
        "published_at": now,
        "withdrawn_at": None,
        "access": audience.access,
        "group_id": audience.group_id,
    }
    is_it = col(tables.Listing.station_id) == station_id
    suspensions.end(work, station_id)
    _note_listed(work, station_id, audience)
    remember(work, station_id, now)
    if not work.execute(update(tables.Listing).where(is_it).values(values)):
        work.add(tables.Listing(station_id=station_id, **values))
    offering.refresh(work, station_id)
    return tables.ListingView(station_id, tariff_id, opening_hours, now, audience)


def _note_listed(work: Work, station_id: str, audience: Audience) -> None:
    """It is on the market for the first time; or for everybody, and until now for members."""
    before = work.value(_ACCESS, station_id=station_id)
    if before is None or (before != "public" and audience.access == "public"):
        work.record(events.StationListed(station_id, is_first=before is None))


def remember(work: Work, station_id: str, now: datetime) -> None:
    """What was offered until now prices what was charged until now and is told later."""
    past = tables.newest(work, station_id)
    if past is None:
        return
    ended_at = past.withdrawn_at or now
    if past.published_at < ended_at:
        work.add(
            tables.PastListing(
                id=new_id(),
                station_id=station_id,
                tariff_id=past.tariff_id,
                published_at=past.published_at,
                ended_at=ended_at,
                hours=past.hours,
            )
        )


def withdraw(work: Work, actor: Actor, station_id: str, now: datetime) -> None:
    """Offer the station to nobody new; what is booked stays booked. Twice is once.

    Raises NotFound where the station is not the actor's.
    """
    owned_station(work, actor.account_id, station_id)
    suspensions.stay_away(work, station_id)
    is_it = col(tables.Listing.station_id) == station_id
    is_published = col(tables.Listing.withdrawn_at).is_(None)
    work.execute(update(tables.Listing).where(is_it, is_published).values(withdrawn_at=now))
    offering.refresh(work, station_id)
