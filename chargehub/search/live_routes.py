"""What drivers would find at some EVSEs, live; nobody has to log in for it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chargehub.errors import Invalid, TooMany
from chargehub.people.access import FOR_ANYBODY, KnownActor, Standing
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled, address_of
from chargehub.search import areas, live
from chargehub.search.candidates import TooManyFound
from chargehub.search.live import MOST_EVSES, Seen, Watched
from chargehub.stations.rules import microdegrees

router = APIRouter()

LOOK_AGAIN_S = 15.0  # a booking begins to count without any message, and messages may be lost
REST_S = 1.0  # between two looks: a busy place changes many times a second
SLOW_S = 30.0  # who takes longer for one event is let go
LASTS_S = 3_600.0  # then a reader comes again, with what it knows
STREAMS_AT_ONCE = 5  # of one address; each looks at up to a hundred EVSEs at every change
STREAMS_OF_ALL = 1_000
LARGEST_KM2 = 10_000
_ALL = ""
_THROTTLE = Depends(Throttled("evse_stream", rate_per_s=1, burst=20))


def _degrees(most: int) -> Any:
    return Query(ge=-most, le=most, allow_inf_nan=False, description="Degrees, of an area.")


async def _watched(
    actor: KnownActor,
    evse_id: Annotated[
        list[Annotated[str, Query(max_length=36)]],
        Query(max_length=MOST_EVSES, description="EVSEs to watch, or else name an area."),
    ] = [],  # noqa: B006 - FastAPI copies it
    south: Annotated[float | None, _degrees(90)] = None,
    west: Annotated[float | None, _degrees(180)] = None,
    north: Annotated[float | None, _degrees(90)] = None,
    east: Annotated[float | None, _degrees(180)] = None,
) -> Watched:
    sides = [side for side in (south, west, north, east) if side is not None]
    viewer_id = actor.account_id if actor else ""
    if evse_id and not sides:
        return Watched(evse_ids=tuple(sorted(set(evse_id))), viewer_id=viewer_id)
    if evse_id or len(sides) < 4:
        raise Invalid("Name EVSEs by `evse_id`, or an area by south, west, north and east.")
    boxes = areas.area(*map(microdegrees, sides))
    if areas.size_km2(boxes) > LARGEST_KM2:
        raise Invalid(f"An area has {LARGEST_KM2} km² at most. Make it smaller.")
    return Watched(boxes=boxes, viewer_id=viewer_id)


CurrentWatched = Annotated[Watched, Depends(_watched)]


async def _first_look(watched: CurrentWatched, store: CurrentStore, now: Now) -> Seen:
    """Judged before the stream begins: behind a started answer nobody can be refused."""
    return await store.read(live.first_look, watched, now)


async def _one_of_few(request: Request) -> AsyncIterator[None]:
    """Counts the streams of an address, and all, as long as they last. Raises TooMany."""
    state, address = request.app.state, address_of(request)
    if not hasattr(state, "evse_streams"):
        state.evse_streams = Counter()
    streams: Counter[str] = state.evse_streams
    if streams[address] >= STREAMS_AT_ONCE or streams[_ALL] >= STREAMS_OF_ALL:
        detail = "Too many streams are open. Close one, and watch up to 100 EVSEs with another."
        raise TooMany(detail, retry_after_s=int(LOOK_AGAIN_S))
    streams.update((address, _ALL))
    try:
        yield
    finally:
        streams.subtract((address, _ALL))
        if not streams[address]:
            del streams[address]


@router.get(
    "/evses/stream",
    response_class=EventSourceResponse,
    dependencies=[_THROTTLE, Depends(_one_of_few)],
    openapi_extra=FOR_ANYBODY,
    tags=["search"],
)
async def get_evse_stream(
    request: Request,
    watched: CurrentWatched,
    seen: Annotated[Seen, Depends(_first_look)],
    store: CurrentStore,
    stands: Standing,
    last_event_id: Annotated[str | None, Header(max_length=1_000)] = None,
) -> AsyncIterable[ServerSentEvent]:
    """What a driver finds at up to 100 EVSEs, as server-sent events: all first, then what changes.

    `evses` has all that is watched, and takes the place of what was told before; `evse` has one
    that changed. Who comes again with `Last-Event-ID` is told only what changed meanwhile. It ends
    after an hour, or with the login that asked; and for who reads too slowly.
    """
    hub, until = request.app.state.hub, time.monotonic() + LASTS_S
    with hub.live.watch(*(f"station:{station_id}" for station_id in seen.station_ids)) as woken:
        known = last_event_id
        while time.monotonic() < until:
            for event in _events(seen, known):
                sent_at = time.monotonic()
                yield event
                if time.monotonic() - sent_at > SLOW_S:
                    return
            known = live.event_id(seen.evses)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await woken.wait()
            await asyncio.sleep(REST_S)
            woken.clear()
            if watched.viewer_id and not await stands():
                return
            try:
                seen = await store.read(live.look, watched, hub.clock.now())
            except TooManyFound:  # others were published there: whoever comes again is told so
                return


def _events(seen: Seen, known: str | None) -> list[ServerSentEvent]:
    """What somebody who knows that has to be told of what was seen."""
    everything = live.event_id(seen.evses)
    if known == everything:
        return []
    names = live.changed(seen.evses, known)
    if names is None:
        told = [{"id": name, "availability": what} for name, what in seen.evses.items()]
        return [ServerSentEvent(data={"items": told}, event="evses", id=everything)]
    return [
        ServerSentEvent(
            data={"id": name, "availability": seen.evses[name]},
            event="evse",
            # Only with the last of them is all of it known.
            id=everything if name == names[-1] else known,
        )
        for name in names
    ]
