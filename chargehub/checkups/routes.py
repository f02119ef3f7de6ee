"""Check-ups over REST: begin one, watch its steps."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chargehub.checkups import actions, tables
from chargehub.checkups.actions import Checking
from chargehub.checkups.bodies import CheckupBody, CheckupRequest, FitnessBody, WaiverRequest
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.stations import grades
from chargehub.stations.offered import CurrentSettings
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


@router.get("/stations/{station_id}/fitness")
async def get_fitness(
    station_id: Id, actor: CurrentActor, store: CurrentStore, settings: CurrentSettings
) -> FitnessBody:
    """Whether a station may be listed for everybody: its grade, or why it needs none."""
    await store.read(seen_station, actor, station_id)
    found = await store.read(grades.of_station, station_id)
    return FitnessBody.of(found, settings.listing_grade)


@router.put("/stations/{station_id}/checkup-waiver")
async def put_waiver(
    station_id: Id,
    wanted: WaiverRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> FitnessBody:
    """Let a station be listed whatever its grade is, for a reason that its owner reads.

    For operators.
    """
    await store.do(actions.waive, operator, station_id, wanted.because, now)
    found = await store.read(grades.of_station, station_id)
    return FitnessBody.of(found, settings.listing_grade)


@router.delete("/stations/{station_id}/checkup-waiver", status_code=204)
async def delete_waiver(
    station_id: Id, operator: CurrentOperator, store: CurrentStore, now: Now
) -> None:
    """The station needs a check-up like all others; it stays listed. For operators."""
    await store.do(actions.waive, operator, station_id, None, now)


@router.get("/checkups/{checkup_id}")
async def get_checkup(checkup_id: Id, actor: CurrentActor, store: CurrentStore) -> CheckupBody:
    """How far a check-up is, and what it found."""
    return CheckupBody.of(await store.read(actions.seen, actor, checkup_id))
