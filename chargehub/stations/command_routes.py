"""Commands and calls over REST, and what passed over a station's line."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Path, Request

from chargehub.bus.live import LiveBus
from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.stations import actions, bodies, frames, notes, pages, registration, repairs, tables
from chargehub.stations.command_bodies import CallRequest, CommandBody, CommandRequest
from chargehub.stations.reports import NoteTopic
from chargehub.stations.views import CommandView
from chargehub.store.work import Reads

router = APIRouter(tags=["stations"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]


@router.post("/stations/{station_id}/commands", status_code=202)
async def post_command(
    station_id: Id,
    wanted: CommandRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> CommandBody:
    """Ask something of a station. It is sent when the station has a line, until it expires."""
    owner_id = actor.account_id
    command_id = await store.do(
        actions.command_own, owner_id, station_id, wanted.command(), now, wanted.expires_in
    )
    return CommandBody.of(await store.read(_command, owner_id, command_id))


@router.get("/stations/{station_id}/commands")
async def get_commands(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[CommandBody]:
    """What was asked of a station, by you or by the hub, the newest first."""
    await store.read(registration.owned_station, actor.account_id, station_id)
    rows = await store.read(pages.commands_of, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), CommandBody.of)


@router.get("/commands/{command_id}")
async def get_command(command_id: Id, actor: CurrentActor, store: CurrentStore) -> CommandBody:
    """How far a command to one of your stations came."""
    return CommandBody.of(await store.read(_command, actor.account_id, command_id))


@router.post("/stations/{station_id}/calls")
async def post_call(
    station_id: Id,
    wanted: CallRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    request: Request,
    now: Now,
) -> CommandBody:
    """Send any OCPP call to a station and wait for what comes of it. For operators.

    `state` tells: answered (`outcome.details.answer`), failed (the station's error, or why it was
    not sent), or queued and sent if the time was over before; then ask for the command later.
    """
    waits = timedelta(seconds=wanted.timeout_s)
    command_id = await store.do(actions.call, station_id, wanted.command(), now, waits)
    live: LiveBus = request.app.state.hub.live
    with live.watch(f"command:{command_id}") as changed, suppress(TimeoutError):
        async with asyncio.timeout(wanted.timeout_s):
            while (await store.read(_call, command_id)).is_open:
                await changed.wait()
                changed.clear()
    return CommandBody.of(await store.read(_call, command_id))


@router.get("/stations/{station_id}/notes")
async def get_notes(
    station_id: Id,
    actor: CurrentActor,
    store: CurrentStore,
    asked: CurrentPage,
    topic: NoteTopic | None = None,
) -> Page[bodies.NoteBody]:
    """What a station told beside sessions, the newest first: upkeep, limits, security, logs.

    What it tells of customers is for operators.
    """
    await store.read(registration.seen_station, actor, station_id)
    topics = [topic] if topic else list(get_args(NoteTopic))
    shown = [each for each in topics if actor.is_operator or each not in notes.OF_CUSTOMERS]
    rows = await store.read(notes.page_of, station_id, shown, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), bodies.NoteBody.of)


@router.get("/stations/{station_id}/repairs")
async def get_repairs(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[bodies.RepairBody]:
    """What the hub had to mend of what a station sent, by rule: how often, and when last."""
    await store.read(registration.seen_station, actor, station_id)
    rows = await store.read(repairs.page_of, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.rule,), bodies.RepairBody.of)


@router.get("/stations/{station_id}/frames")
async def get_frames(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[bodies.FrameBody]:
    """What passed over a station's line, the newest first, a second after it did. The log is short.

    It may have holes where a station told very much at once. Customers are for operators.
    """
    await store.read(registration.seen_station, actor, station_id)
    key = asked.after_key(int)
    before = None if key is None else int(key[0])
    rows = await store.read(frames.page_of, station_id, actor.is_operator, before, asked.fetch)
    return page(rows, asked, lambda row: (row.id,), bodies.FrameBody.of)


def _call(reads: Reads, command_id: str) -> CommandView:
    found = tables.command(reads, command_id)
    assert found is not None, command_id
    return found


def _command(reads: Reads, owner_id: str, command_id: str) -> CommandView:
    found = tables.command(reads, command_id)
    if found is None or found.owner_id != owner_id:
        raise NotFound("You have no command with this id.")
    return found
