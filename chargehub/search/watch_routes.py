"""Watches over REST: be told when a place to charge comes free, or when a station joins nearby."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.search import fitting, watches, watching
from chargehub.search.asked import THROTTLE
from chargehub.search.watch_bodies import BegunWatchBody, WatchBody, WatchRequest
from chargehub.search.watching import Limits
from chargehub.stations.offered import CurrentSettings

router = APIRouter(tags=["search"])

Writer = Annotated[Actor, Depends(needs("bookings:write"))]
WatchId = Annotated[str, Path(max_length=36)]


@router.post("/watches", status_code=201, dependencies=[THROTTLE])
async def post_watch(
    wanted: WatchRequest, actor: Writer, store: CurrentStore, settings: CurrentSettings, now: Now
) -> BegunWatchBody:
    """Be told, by mail and event, when an EVSE that fits comes free, or a station joins nearby.

    Nothing is held for you: whoever books first has it. You are told of what a search by you
    shows then, never of your own stations, and of all that comes within half an hour at once.
    """
    new = wanted.new(actor.account_id)
    limits = Limits(settings.watches, timedelta(days=settings.watch_days))
    begun = await store.do(watching.begin, actor, new, limits, now)
    free = await store.read(fitting.free_now, begun.wish, now)
    return BegunWatchBody.begun(begun, free, now)


@router.get("/watches")
async def get_watches(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, now: Now
) -> Page[WatchBody]:
    """Your watches, the newest first; also those that ended in the last seven days."""
    rows = await store.read(watches.page, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), partial(WatchBody.of, now=now))


@router.get("/watches/{watch_id}")
async def get_watch(
    watch_id: WatchId, actor: CurrentActor, store: CurrentStore, now: Now
) -> WatchBody:
    """A watch of yours, and which EVSEs you were told of last."""
    return WatchBody.of(await store.read(watching.seen, actor, watch_id), now)


@router.delete("/watches/{watch_id}", status_code=204)
async def delete_watch(watch_id: WatchId, actor: Writer, store: CurrentStore) -> None:
    """Be told no more."""
    await store.do(watching.end, actor, watch_id)
