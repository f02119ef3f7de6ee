"""What energy costs an owner, over REST."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from chargehub.errors import NotFound
from chargehub.margins import stating
from chargehub.margins.bodies import CostModelBody, CostModelRequest
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Instant
from chargehub.rest.manners import CurrentStore, Now
from chargehub.stations.registration import owned_location
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models

router = APIRouter(tags=["margins"])
Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("tariffs:write"))]


@router.put("/locations/{location_id}/cost-model")
async def put_cost_model(
    location_id: Id, wanted: CostModelRequest, actor: Writer, store: CurrentStore, now: Now
) -> CostModelBody:
    """State what a kWh costs you at your location. Nobody else is told."""
    model = wanted.model()
    version = await store.do(stating.state, actor, location_id, model, wanted.since, now)
    return CostModelBody.of(version, model)


@router.get("/locations/{location_id}/cost-model")
async def get_cost_model(
    location_id: Id,
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
    at: Annotated[Instant | None, Query(description="At this instant; left out: now.")] = None,
) -> CostModelBody:
    """What a kWh costs you at your location, as you stated it."""
    return await store.read(_stated, actor, location_id, now if at is None else at)


@router.delete("/locations/{location_id}/cost-model", status_code=204)
async def delete_cost_model(location_id: Id, actor: Writer, store: CurrentStore, now: Now) -> None:
    """From now on you do not say what a kWh costs you there; what was stands. Twice is once."""
    await store.do(stating.end, actor, location_id, now)


def _stated(reads: Reads, actor: Actor, location_id: str, at: datetime) -> CostModelBody:
    owned_location(reads, actor.account_id, location_id)
    found = cost_models.version_at(reads, location_id, at)
    if found is None or found.model is None:
        raise NotFound("You have not said what energy costs you there then. PUT says it.")
    return CostModelBody.of(found, found.model)
