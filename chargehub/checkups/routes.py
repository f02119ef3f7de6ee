"""Check-ups over REST: begin one, watch its steps."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chargehub.checkups import actions, tables
from chargehub.checkups.actions import Checking
from chargehub.checkups.bodies import CheckupBody, CheckupRequest
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.stations.registration import seen_station

router = APIRouter(tags=["checkups"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]


async def _checking(request: Request) -> Checking:
    checking: Checking = request.app.state.hub.checking
    return checking


CurrentChecking = Annotated[Checking, Depends(_checking)]


@router.post("/stations/{station_id}/checkups", status_code=201)
async def post_checkup(
    station_id: Id,
    wanted: CheckupRequest,
    actor: Writer,
    store: CurrentStore,
    checking: CurrentChecking,
    now: Now,
) -> CheckupBody:
    """Check your station, step by step: what it is, what it does, how good that is for drivers.

    It takes a minute or two; a station without a line has an hour to come. One at a time.
    """
    evse = wanted.test_charge_evse
    return CheckupBody.of(await store.do(actions.begin, actor, station_id, evse, checking, now))


@router.get("/stations/{station_id}/checkups")
async def get_checkups(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[CheckupBody]:
    """The check-ups of a station, the newest first."""
    await store.read(seen_station, actor, station_id)
    rows = await store.read(tables.page_of, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), CheckupBody.of)


@router.get("/checkups/{checkup_id}")
async def get_checkup(checkup_id: Id, actor: CurrentActor, store: CurrentStore) -> CheckupBody:
    """How far a check-up is, and what it found."""
    return CheckupBody.of(await store.read(actions.seen, actor, checkup_id))
