"""Finding a place to charge, for everybody; nobody has to log in for it."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from chargehub.errors import NotFound
from chargehub.people.access import FOR_ANYBODY, CurrentActor, KnownActor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import address_of
from chargehub.search import offering, rules, tables
from chargehub.search.asked import (
    NARROW,
    THROTTLE,
    CurrentFilters,
    Latitude,
    Longitude,
)
from chargehub.search.bodies import OfferedEvse
from chargehub.search.ranking import Weights
from chargehub.search.rules import MAX_RADIUS_M, Place, Wanted
from chargehub.search.tables import Found
from chargehub.stations.offered import CurrentSettings
from chargehub.stations.rules import microdegrees

router = APIRouter()

Radius = Annotated[int, Query(ge=1, le=MAX_RADIUS_M, description="Metres over ground.")]
Order = Annotated[
    Literal["distance", "price", "best"],
    Query(description="What comes first: the nearest, the cheapest, or the best of all."),
]


async def _counting(
    request: Request, latitude: Latitude, longitude: Longitude, asked: CurrentPage, now: Now
) -> Callable[[Sequence[Any]], None]:
    """Counts a search that found nothing, for the owners around."""

    def count(rows: Sequence[Any]) -> None:
        if not rows and asked.after is None:
            where = microdegrees(latitude), microdegrees(longitude)
            request.app.state.hub.unmet.note(*where, address_of(request), now)

    return count


@router.get("/evses", dependencies=[THROTTLE, NARROW], openapi_extra=FOR_ANYBODY, tags=["search"])
async def get_evses(
    latitude: Latitude,
    longitude: Longitude,
    store: CurrentStore,
    now: Now,
    asked: CurrentPage,
    filters: CurrentFilters,
    settings: CurrentSettings,
    count: Annotated[Callable[[Sequence[Any]], None], Depends(_counting)],
    radius_m: Radius = 5_000,
    order: Order = "distance",
) -> Page[OfferedEvse]:
    """Published EVSEs around a place, the nearest first, or the cheapest for your need.

    With `from` and `to` only those that their owner's policy, hours and calendar let be booked in
    all that time, and those free now if it has begun. With `energy_wh` each has what that costs
    in that time, by part. The cheapest and the best are sought among the 300 nearest that fit. Log
    in to find what is there for members alone.
    """
    wanted = Wanted(Place(microdegrees(latitude), microdegrees(longitude)), radius_m, filters)
    if order == "price":
        rules.check_ranked(filters)
        rows = await store.read(tables.cheapest, wanted, now, _after_rank(asked), asked.fetch)
        count(rows)
        return page(rows, asked, _price_key, OfferedEvse.of)
    if order == "best":
        if filters.need is not None:
            rules.check_ranked(filters)
        weights = Weights(
            settings.rank_km_points, settings.rank_failure_points, settings.rank_star_points
        )
        seen = (_after_rank(asked), asked.fetch)
        rows = await store.read(tables.best, wanted, now, weights, seen)
        count(rows)
        return page(rows, asked, _rank_key, OfferedEvse.of)
    rows = await store.read(tables.near, wanted, now, _after(asked), asked.fetch)
    count(rows)
    return page(rows, asked, lambda found: (found.distance_m or 0, found.evse.id), OfferedEvse.of)


def _after(asked: CurrentPage) -> tuple[int, str] | None:
    key = asked.after_key(int, str)
    return None if key is None else (int(key[0]), str(key[1]))


def _after_rank(asked: CurrentPage) -> tuple[int, int, str] | None:
    key = asked.after_key(int, int, str)
    return None if key is None else (int(key[0]), int(key[1]), str(key[2]))


def _rank_key(found: Found) -> tuple[int, int, str]:
    assert found.rank is not None
    return found.rank.total, found.distance_m or 0, found.evse.id


def _price_key(found: Found) -> tuple[int, int, str]:
    assert found.quote is not None
    return found.quote.cost.total_minor, found.distance_m or 0, found.evse.id


@router.get("/evses/{evse_id}", openapi_extra=FOR_ANYBODY, tags=["search"])
async def get_evse(
    evse_id: Annotated[str, Path(max_length=36)], actor: KnownActor, store: CurrentStore, now: Now
) -> OfferedEvse:
    """A published EVSE as a driver would find it now."""
    found = await store.read(tables.one, evse_id, now, actor.account_id if actor else "")
    if found is None:
        raise NotFound("There is no such EVSE, or it is not published.")
    return OfferedEvse.of(found)


@router.get("/bookings/{booking_id}/alternatives", tags=["bookings"])
async def get_alternatives(
    booking_id: Annotated[str, Path(max_length=36)],
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
) -> Page[OfferedEvse]:
    """Where else to charge: what is free near your booked EVSE with the same plug, nearest first.

    From the start of your slot, or from now on, for as long as you booked; five at most.
    """
    found = await store.read(offering.alternatives, actor, booking_id, now)
    return Page(items=[OfferedEvse.of(each) for each in found], next=None)
