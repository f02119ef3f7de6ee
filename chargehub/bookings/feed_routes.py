"""A station's calendar as a feed: its owner makes the address, a calendar program reads it."""

import asyncio
import hashlib
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel

from chargehub.bookings import feeds
from chargehub.bookings.ical import LOOK_AGAIN, calendar_file
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled

router = APIRouter(tags=["bookings"])

StationId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("stations:write"))]
_THROTTLE = Depends(Throttled("calendar_feed", rate_per_s=2, burst=30))
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/calendar": {"schema": {"type": "string"}}},
        "description": "The calendar, as RFC 5545 writes it.",
    },
    304: {"description": "It is what you have."},
}
_CACHED = f"private, max-age={int(LOOK_AGAIN.total_seconds())}"


class FeedBody(BaseModel):
    """That a station's calendar has a feed. Its address was shown once, when it was made."""

    created_at: datetime


class NewFeedBody(BaseModel):
    """The address of a station's feed. It is a secret: who has it reads the calendar.

    Shown this once; whoever loses it makes a new one, which ends the one before.
    """

    url: str
    created_at: datetime


async def _public_url(request: Request) -> str:
    settings = request.app.state.hub.settings
    return settings.public_url or f"http://{settings.http}"


@router.post("/stations/{station_id}/calendar-feed", status_code=201)
async def post_feed(
    station_id: StationId,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    public_url: Annotated[str, Depends(_public_url)],
) -> NewFeedBody:
    """Make an address at which calendar programs read your station's calendar, or a new one.

    It shows when which EVSE is booked or kept, 31 days back and 93 ahead, and no drivers.
    """
    token = await store.do(feeds.make, actor, station_id, now)
    url = f"{public_url.rstrip('/')}/api/v1/calendar-feeds/{token}.ics"
    return NewFeedBody(url=url, created_at=now)


@router.get("/stations/{station_id}/calendar-feed")
async def get_feed(station_id: StationId, actor: CurrentActor, store: CurrentStore) -> FeedBody:
    """Whether your station's calendar has a feed, and since when. Not its address."""
    return FeedBody(created_at=await store.read(feeds.made_at, actor, station_id))


@router.delete("/stations/{station_id}/calendar-feed", status_code=204)
async def delete_feed(station_id: StationId, actor: Writer, store: CurrentStore) -> None:
    """End the feed: its address shows nothing any more. Twice is once."""
    await store.do(feeds.revoke, actor, station_id)


@router.get(
    "/calendar-feeds/{token}.ics",
    dependencies=[_THROTTLE],
    response_class=Response,
    responses=_FILE,
)
async def get_calendar_file(
    token: Annotated[str, Path(max_length=64)],
    store: CurrentStore,
    now: Now,
    if_none_match: Annotated[str | None, Header(max_length=1_000)] = None,
) -> Response:
    """A station's calendar for calendar programs. Ask again with the ETag: what did not change is
    not sent again."""
    feed = await store.read(feeds.shown, token, now)
    tag = f'"{hashlib.sha256(repr(feed).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _CACHED}
    if _is_known(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    written = (feed.name, feed.time_zone, feed.entries, feed.known)
    content = await asyncio.to_thread(calendar_file, *written)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _is_known(tag: str, if_none_match: str | None) -> bool:
    """Is it what the reader has? Source: RFC 9110, section 13.1.2, by the weak comparison."""
    if if_none_match is None:
        return False
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in known or tag in known
