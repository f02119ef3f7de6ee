"""Grid connections over REST, and the charging profile of a session. Owners see their own."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehub.energy import actions, bodies, tables
from chargehub.energy.tables import Site
from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentStore, Now
from chargehub.stations import tables as stations
from chargehub.stations.command_bodies import CommandBody
from chargehub.stations.views import CommandView
from chargehub.store.work import Reads

router = APIRouter(tags=["energy"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]


@router.put("/locations/{location_id}/grid-connection")
async def put_grid_connection(
    location_id: Id,
    wanted: bodies.GridConnectionRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> bodies.GridConnectionBody:
    """State the fuse of your place and the stations behind it: their cars then share it.

    Limits that were set at these stations before are taken back.
    """
    await store.do(actions.connect, actor, location_id, wanted.connection(), now)
    return bodies.GridConnectionBody.of(await store.read(_site, actor, location_id, now))


@router.get("/locations/{location_id}/grid-connection")
async def get_grid_connection(
    location_id: Id, actor: CurrentActor, store: CurrentStore, now: Now
) -> bodies.GridConnectionBody:
    """The grid connection of your place, and what each EVSE may draw now and why."""
    return bodies.GridConnectionBody.of(await store.read(_site, actor, location_id, now))


@router.delete("/locations/{location_id}/grid-connection", status_code=204)
async def delete_grid_connection(
    location_id: Id, actor: Writer, store: CurrentStore, now: Now
) -> None:
    """Share nothing any more: the hub takes its limits back. Twice is once."""
    await store.do(actions.disconnect, actor, location_id, now)


@router.post("/sessions/{session_id}/charging-profile", status_code=202)
async def post_session_profile(
    session_id: Id,
    wanted: bodies.SessionProfileRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> CommandBody:
    """Limit how fast a session at your station charges, until it ends."""
    schedule, waits = wanted.schedule(), wanted.expires_in
    command_id = await store.do(actions.limit_session, actor, session_id, schedule, now, waits)
    return CommandBody.of(await store.read(_command, command_id))


def _site(reads: Reads, actor: Actor, location_id: str, now: datetime) -> Site:
    actions.owned_location(reads, actor, location_id)
    found = tables.site(reads, location_id, now)
    if found is None:
        raise NotFound("This location has no grid connection yet.")
    return found


def _command(reads: Reads, command_id: str) -> CommandView:
    found = stations.command(reads, command_id)
    assert found is not None, command_id
    return found
