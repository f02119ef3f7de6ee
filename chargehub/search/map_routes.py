"""Finding places to charge on a map and along a way; nobody has to log in for it."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chargehub.errors import Invalid
from chargehub.people.access import FOR_ANYBODY
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.search import areas, journeys, maps
from chargehub.search.asked import NARROW, THROTTLE, CurrentFilters
from chargehub.search.bodies import OfferedEvse
from chargehub.search.corridor import MAX_WIDTH_M, MOST_POINTS, Corridor
from chargehub.search.journeys import FoundAlong
from chargehub.search.maps import Cluster
from chargehub.search.rules import Place
from chargehub.stations.rules import microdegrees

router = APIRouter(tags=["search"])

_DEGREE = 1_000_000
_NUMBER = r"-?[0-9]{1,3}(\.[0-9]{1,6})?"

South = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Degrees north.")]
West = Annotated[
    float,
    Query(
        ge=-180,
        le=180,
        allow_inf_nan=False,
        description="Degrees east. Further east than `east`: the area lies across the date line.",
    ),
]
Points = Annotated[
    str,
    Query(
        max_length=MOST_POINTS * 24,
        pattern=f"^{_NUMBER},{_NUMBER}(;{_NUMBER},{_NUMBER})+$",
        description="Latitude and longitude of each point in degrees, like 59.91,10.75;60.39,5.32.",
    ),
]
Width = Annotated[int, Query(ge=1, le=MAX_WIDTH_M, description="Metres to either side of the way.")]


class ClusterBody(BaseModel):
    """So many EVSEs are offered in an H3 cell, whose middle this is, in degrees."""

    cell: str
    latitude: float
    longitude: float
    evses: int

    @classmethod
    def of(cls, cluster: Cluster) -> Self:
        return cls(
            cell=cluster.cell,
            latitude=cluster.latitude_e6 / _DEGREE,
            longitude=cluster.longitude_e6 / _DEGREE,
            evses=cluster.evses,
        )


class MapBody(BaseModel):
    """What lies in an area: the EVSEs, up to 200, or else how many lie where.

    EVSEs are those that can be had in the time and at the price asked for. Clusters count all
    that have the connector, the power and the amenities, whether they can be had or not.
    """

    evses: list[OfferedEvse]
    clusters: list[ClusterBody]


class EvseAlong(OfferedEvse):
    """An EVSE beside a way: `distance_m` from it, `along_m` from where it begins."""

    along_m: int

    @classmethod
    def beside(cls, found: FoundAlong) -> Self:
        evse = OfferedEvse.of(found.found)
        return cls.model_validate(evse.model_dump() | {"along_m": found.along_m})


@router.get("/maps/evses", dependencies=[THROTTLE, NARROW], openapi_extra=FOR_ANYBODY)
async def get_map(
    south: South,
    west: West,
    north: South,
    east: West,
    store: CurrentStore,
    now: Now,
    filters: CurrentFilters,
) -> MapBody:
    """What a map of this area shows: published EVSEs, or how many where they are many."""
    boxes = areas.area(*map(microdegrees, (south, west, north, east)))
    found = await store.read(maps.map_of, boxes, filters, now)
    return MapBody(
        evses=[OfferedEvse.of(each) for each in found.evses],
        clusters=[ClusterBody.of(each) for each in found.clusters],
    )


@router.get("/journeys/evses", dependencies=[THROTTLE, NARROW], openapi_extra=FOR_ANYBODY)
async def get_journey(
    points: Points,
    store: CurrentStore,
    now: Now,
    asked: CurrentPage,
    filters: CurrentFilters,
    width_m: Width = 2_000,
) -> Page[EvseAlong]:
    """Published EVSEs along a way of 2 to 50 points, in the order in which one passes them."""
    corridor = Corridor(_places(points), width_m)
    key = asked.after_key(int, str)
    after = None if key is None else (int(key[0]), str(key[1]))
    rows = await store.read(journeys.along, corridor, filters, now, (after, asked.fetch))
    return page(rows, asked, lambda row: (row.along_m, row.found.evse.id), EvseAlong.beside)


def _places(points: str) -> list[Place]:
    """Raises Invalid for what is not on the Earth."""
    places = []
    for point in points.split(";"):
        latitude, longitude = (microdegrees(float(part)) for part in point.split(","))
        if abs(latitude) > 90 * _DEGREE or abs(longitude) > 180 * _DEGREE:
            raise Invalid("Latitudes lie from -90 to 90, longitudes from -180 to 180 degrees.")
        places.append(Place(latitude, longitude))
    return places
