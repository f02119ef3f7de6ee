"""A site's sun over REST: what is installed, what it feeds in, and by whose word."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.prices import sites, solar
from chargehub.prices.bodies import (
    SiteExportBody,
    SiteExportRequest,
    SiteSolarBody,
    SiteSolarRequest,
)
from chargehub.prices.sites import Site
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.work import Reads

router = APIRouter(tags=["prices"])
Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("stations:write"))]


@router.put("/locations/{location_id}/export")
async def put_site_export(
    location_id: Id, wanted: SiteExportRequest, actor: Writer, store: CurrentStore, now: Now
) -> SiteExportBody:
    """Report what your site feeds into the grid now, as your inverter or meter tells it.

    A meter that you named goes before it, while it speaks.
    """
    await store.do(solar.report_export, actor, location_id, wanted.export_w, now)
    return SiteExportBody.of(await store.read(_site, actor, location_id, now))


@router.get("/locations/{location_id}/export")
async def get_site_export(
    location_id: Id, actor: CurrentActor, store: CurrentStore, now: Now
) -> SiteExportBody:
    """What your site feeds into the grid, by its meter or your newest report, if that counts."""
    return SiteExportBody.of(await store.read(_site, actor, location_id, now))


@router.put("/locations/{location_id}/solar")
async def put_site_solar(
    location_id: Id, wanted: SiteSolarRequest, actor: Writer, store: CurrentStore, now: Now
) -> SiteSolarBody:
    """State the solar power of your site, and which station meters its grid connection."""
    stated = wanted.installed_w, wanted.station_id
    await store.do(solar.state, actor, location_id, *stated, now)
    return SiteSolarBody.of(await store.read(_solar, actor, location_id))


@router.get("/locations/{location_id}/solar")
async def get_site_solar(
    location_id: Id, actor: CurrentActor, store: CurrentStore
) -> SiteSolarBody:
    """The solar power of your site, and what its meter told last."""
    return SiteSolarBody.of(await store.read(_solar, actor, location_id))


@router.delete("/locations/{location_id}/solar", status_code=204)
async def delete_site_solar(location_id: Id, actor: Writer, store: CurrentStore) -> None:
    """There is no solar power, or none is to be bounded and metered. Twice is once."""
    await store.do(solar.withdraw, actor, location_id)


def _site(reads: Reads, actor: Actor, location_id: str, now: datetime) -> Site:
    solar.own_location(reads, actor, location_id)
    return sites.site(reads, location_id, now)


def _solar(reads: Reads, actor: Actor, location_id: str) -> Any:
    solar.own_location(reads, actor, location_id)
    row = sites.solar(reads, location_id)
    if row is None:
        raise NotFound("No solar power is stated for this location. PUT states it.")
    return row
