"""What operators see and do about the machine itself: deliveries that wait for a person."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from chargehub.errors import Conflict, NotFound
from chargehub.people.access import CurrentOperator
from chargehub.rest.manners import CurrentPage, CurrentStore, Page, page
from chargehub.store import deliveries
from chargehub.store.deliveries import DeliveryView
from chargehub.store.outbox import Relay

router = APIRouter(tags=["operation"])

State = Annotated[Literal["parked", "pending"], Query()]


class DeliveryBody(BaseModel):
    """An event that is owed to one follower: who it is, and what it failed with last.

    `state`: pending (tried again by itself at `due_at`), parked (waits for you, and keeps what
    follows of its `aggregate` waiting).
    """

    id: str
    event: str
    aggregate: str
    follower: str
    state: str
    tries: int
    error: str | None
    recorded_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, found: DeliveryView) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


async def _relay(request: Request) -> Relay:
    relay: Relay = request.app.state.hub.relay
    return relay


CurrentRelay = Annotated[Relay, Depends(_relay)]


@router.get("/deliveries", response_model=Page[DeliveryBody])
async def get_deliveries(
    operator: CurrentOperator, store: CurrentStore, asked: CurrentPage, state: State = "parked"
) -> Any:
    """Deliveries that wait, the oldest first. For operators."""
    rows = await store.read(deliveries.page_of, state, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), DeliveryBody.of)


@router.post("/deliveries/{delivery_id}/retry", status_code=202)
async def post_retry(
    delivery_id: str, operator: CurrentOperator, store: CurrentStore, relay: CurrentRelay
) -> DeliveryBody:
    """Try a parked delivery again, and then what waits behind it. For operators."""
    found = await store.read(deliveries.delivery, delivery_id)
    if found is None:
        raise NotFound("There is no delivery with this id; it may be done by now.")
    if not await relay.retry(delivery_id):
        raise Conflict("The delivery is not parked: it is tried again by itself.")
    return DeliveryBody.of(replace(found, state="pending", tries=0))
