"""What was measured, over REST: of stations for everybody, of drivers for themselves."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehub.bookings import cancelling
from chargehub.bookings import tables as bookings
from chargehub.listings.audience import offered_to
from chargehub.people.access import FOR_ANYBODY, CurrentActor, KnownActor
from chargehub.people.rules import Actor
from chargehub.reputation import measuring, pages, tables
from chargehub.reputation.bodies import (
    DriverFactsBody,
    EvseUptimeBody,
    MonthBody,
    RateBody,
    StationFactsBody,
    UptimeBody,
)
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Narrow, Throttled
from chargehub.store.work import Reads

router = APIRouter(tags=["reputation"])

BookingId = Annotated[str, Path(max_length=36)]
StationId = Annotated[str, Path(max_length=36)]
_throttle = Depends(Throttled("reputation", rate_per_s=10, burst=60))
_narrow = Depends(Narrow("reputation", at_once=2, waiting=20), scope="function")

MONTHS = 13  # the running one, and twelve whole ones, as NEVI asks
MOST_MONTHS = MONTHS * 20  # of as many EVSEs as a station may have


@router.get(
    "/stations/{station_id}/facts",
    dependencies=[_throttle, _narrow],
    openapi_extra=FOR_ANYBODY,
)
async def get_station_facts(
    station_id: StationId, actor: KnownActor, store: CurrentStore, now: Now
) -> StationFactsBody:
    """What the hub measured at a published station: uptime, starts, cancellations, answers."""
    return await store.read(_station_facts, actor, station_id, now)


@router.get("/drivers/me/facts")
async def get_my_facts(actor: CurrentActor, store: CurrentStore, now: Now) -> DriverFactsBody:
    """What the hub counted of you as a driver."""
    return await store.read(_driver_facts, actor.account_id, now)


@router.get("/bookings/{booking_id}/driver")
async def get_booked_driver(
    booking_id: BookingId, actor: CurrentActor, store: CurrentStore, now: Now
) -> DriverFactsBody:
    """What the hub counted of who booked, for the owner who is asked to agree."""
    return await store.read(_booked_driver, actor, booking_id, now)


def _booked_driver(reads: Reads, actor: Actor, booking_id: str, now: datetime) -> DriverFactsBody:
    booking = cancelling.seen_by(actor, bookings.booking(reads, booking_id))
    return _driver_facts(reads, booking.driver_id, now)


def _driver_facts(reads: Reads, driver_id: str, now: datetime) -> DriverFactsBody:
    found = tables.driver_facts(reads, driver_id, now - timedelta(days=measuring.FACTS_DAYS))
    rated = pages.rated(reads, now, "owner", subject_id=driver_id)
    return DriverFactsBody.of_driver(found, rated)


def _station_facts(
    reads: Reads, actor: Actor | None, station_id: str, now: datetime
) -> StationFactsBody:
    offered_to(reads, station_id, actor)
    found = measuring.facts(reads, station_id, now)
    rated = pages.rated(reads, now, "driver", station_id=station_id)
    standing = tables.standing(reads, station_id)
    evses = tables.uptime_since(reads, station_id, measuring.uptime_from(now))
    months = tables.months(reads, station_id, _first_month(now), MOST_MONTHS)
    return StationFactsBody(
        station_id=station_id,
        measured_until=standing.measured_until if standing else None,
        uptime=UptimeBody.of(found.uptime),
        evses=[EvseUptimeBody.of_evse(each) for each in evses],
        months=[MonthBody.of_month(each) for each in months],
        starts=RateBody.of_rate(found.starts),
        cancelled_by_owner=RateBody.of_rate(found.cancelled),
        answer_s=found.answer_s,
        answers=found.answers,
        sessions=found.sessions,
        rating_thousandths=rated.thousandths,
        reviews=rated.reviews,
    )


def _first_month(now: datetime) -> str:
    """The first of the months that are shown."""
    number = now.year * 12 + now.month - MONTHS
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
