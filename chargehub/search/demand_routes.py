"""What drivers looked for in vain, for the owners around."""

from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel

from chargehub.people.access import CurrentActor
from chargehub.rest.manners import CurrentStore, Now
from chargehub.search import demand, watches
from chargehub.search.demand import Unmet
from chargehub.stations.cells import Cell
from chargehub.stations.registration import owned_location

router = APIRouter(tags=["search"])
_DEGREE = 1_000_000


class UnmetBody(BaseModel):
    """So many searches found nothing on a day (UTC), around this H3 cell of resolution 7, whose
    middle this is in degrees. An address counts once a day and cell; under five is not told."""

    cell: str
    latitude: float
    longitude: float
    day: str
    searches: int

    @classmethod
    def of(cls, unmet: Unmet) -> Self:
        return cls(
            cell=unmet.cell.index,
            latitude=unmet.cell.latitude_e6 / _DEGREE,
            longitude=unmet.cell.longitude_e6 / _DEGREE,
            day=unmet.day,
            searches=unmet.searches,
        )


class WatchersBody(BaseModel):
    """So many drivers wait for a charger around this cell; fewer than five are not told of."""

    cell: str
    latitude: float
    longitude: float
    watchers: int

    @classmethod
    def of(cls, cell: Cell, watchers: int) -> Self:
        latitude, longitude = cell.latitude_e6 / _DEGREE, cell.longitude_e6 / _DEGREE
        return cls(cell=cell.index, latitude=latitude, longitude=longitude, watchers=watchers)


class DemandBody(BaseModel):
    """What was looked for in vain in the last 28 days within some 5 km, the latest first; and
    where drivers wait now, the most first."""

    items: list[UnmetBody]
    watched: list[WatchersBody]


@router.get("/locations/{location_id}/demand")
async def get_demand(
    location_id: Annotated[str, Path(max_length=36)],
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
) -> DemandBody:
    """How many searches around your location found nothing, and how many drivers wait there.

    Of who searched nothing is kept, and who waits is not told.
    """
    location = await store.read(owned_location, actor.account_id, location_id)
    found = await store.read(demand.around, location, now)
    waiting = await store.read(watches.around, location, now)
    return DemandBody(
        items=[UnmetBody.of(each) for each in found],
        watched=[WatchersBody.of(*each) for each in waiting],
    )
