"""What a month has left to an owner, over REST and as CSV."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from chargehub.margins import reckoning
from chargehub.margins.margin_bodies import (
    CSV_HEAD,
    LocationMarginBody,
    MarginBody,
    as_rows,
)
from chargehub.margins.reckoning import Margin, Month
from chargehub.people.access import CurrentActor
from chargehub.rest.csv import CsvResponse, csv_file
from chargehub.rest.manners import CurrentStore
from chargehub.rest.throttle import Narrow

router = APIRouter(tags=["margins"])
Id = Annotated[str, Path(max_length=36)]
# A month of readings takes a reader some time, and stations come first.
_narrow = Depends(Narrow("margins", at_once=1, waiting=20), scope="function")


async def _month(
    month: Annotated[
        str,
        Query(
            pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$",
            examples=["2026-10"],
            description="By the location's calendar; sessions count where they began.",
        ),
    ],
) -> Month:
    return Month(int(month[:4]), int(month[5:]))


AskedMonth = Annotated[Month, Depends(_month)]


@router.get("/stations/{station_id}/margin", dependencies=[_narrow])
async def get_station_margin(
    station_id: Id, actor: CurrentActor, store: CurrentStore, month: AskedMonth
) -> MarginBody:
    """What a month at your station earned you, what its energy cost you, and what is left."""
    return MarginBody.of(await store.read(reckoning.of_station, actor, station_id, month))


@router.get("/stations/{station_id}/margin.csv", response_class=CsvResponse, dependencies=[_narrow])
async def get_station_margin_csv(
    station_id: Id, actor: CurrentActor, store: CurrentStore, month: AskedMonth
) -> CsvResponse:
    """The same as a table, a row for each session; amounts in major units."""
    return _file(await store.read(reckoning.of_station, actor, station_id, month))


@router.get("/locations/{location_id}/margin", dependencies=[_narrow])
async def get_location_margin(
    location_id: Id, actor: CurrentActor, store: CurrentStore, month: AskedMonth
) -> LocationMarginBody:
    """What a month at all stations of your location has left, whole and by station."""
    return LocationMarginBody.of(await store.read(reckoning.of_location, actor, location_id, month))


@router.get(
    "/locations/{location_id}/margin.csv", response_class=CsvResponse, dependencies=[_narrow]
)
async def get_location_margin_csv(
    location_id: Id, actor: CurrentActor, store: CurrentStore, month: AskedMonth
) -> CsvResponse:
    """The sessions of all stations of your location as a table; amounts in major units."""
    return _file(await store.read(reckoning.of_location, actor, location_id, month))


def _file(margin: Margin) -> CsvResponse:
    name = f"margin-{margin.month}"
    if not margin.is_whole:
        name += f"-newest-{reckoning.MOST_SESSIONS}"
    return csv_file(name, CSV_HEAD, as_rows(margin))
