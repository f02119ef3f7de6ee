"""Booking policies over REST: how a published station may be booked."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.bookings import policies, stating, terms
from chargehub.bookings.overstay_bodies import OverstayBody
from chargehub.bookings.policies import Stated
from chargehub.bookings.rules import Cancellation, InstantFor, Mode, Policy
from chargehub.listings.audience import offered_to
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.work import Reads

router = APIRouter(tags=["bookings"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
StationId = Annotated[str, Path(max_length=36)]


_AMOUNT = r"^[0-9]{1,6}(\.[0-9]{1,3})?$"


def _between(bounds: tuple[int, int]) -> Any:
    return Field(ge=bounds[0], le=bounds[1])


class PolicyRequest(Body):
    """How your station may be booked: whole minutes and days, all with a usual value.

    `lead_minutes`: how long before its start a slot must be booked at the latest;
    `horizon_days`: at the earliest. `buffer_minutes` lie between two bookings.
    `arrival_grace_minutes` after the start a driver who has not come is a no-show.
    `cancellation`: free, or how much of the deposit goes back until when (all, half): flexible
    1 h, until the start; moderate 4 h, 1 h; firm 24 h, 4 h; strict 72 h, 24 h before the start.
    `no_show_fee`: the most that not coming costs, in major units of the tariff's currency; null:
    the usual 5 euros, or about as much. `mode` request: you agree to every booking, within
    `approval_minutes`; null: within half the time until its start, and 12 hours at most.
    `instant_for` trusted: drivers with less than 4 stars, and those who never charged and leave no
    deposit, ask first.
    `overstay`: what staying after the end of a booking costs; null: nothing.
    `ends_walk_ups`: who charges without a booking is stopped when one opens; else only told.
    """

    grid_minutes: Literal[1, 5, 10, 15, 30, 60] = 15
    shortest_minutes: Annotated[int, _between(terms.SHORTEST)] = 30
    longest_minutes: Annotated[int, _between(terms.LONGEST)] = 12 * 60
    lead_minutes: Annotated[int, _between(terms.LEAD)] = 0
    horizon_days: Annotated[int, _between(terms.HORIZON_DAYS)] = 30
    buffer_minutes: Annotated[int, _between(terms.BUFFER)] = 10
    arrival_grace_minutes: Annotated[int, _between(terms.GRACE)] = 15
    cancellation: Cancellation = "flexible"
    no_show_fee: Annotated[str | None, Field(pattern=_AMOUNT, examples=["5.00"])] = None
    mode: Mode = "instant"
    approval_minutes: Annotated[int | None, _between(terms.APPROVAL)] = None
    instant_for: InstantFor = "anybody"
    overstay: OverstayBody | None = None
    ends_walk_ups: bool = False

    def policy(self) -> Policy:
        """Raises BadPolicy."""
        return terms.read_policy(self.model_dump())


class PolicyBody(BaseModel):
    """How a station may be booked now; `version` 0: its owner stated nothing."""

    station_id: str
    version: int
    stated_at: datetime | None
    grid_minutes: int
    shortest_minutes: int
    longest_minutes: int
    lead_minutes: int
    horizon_days: int
    buffer_minutes: int
    arrival_grace_minutes: int
    cancellation: Cancellation
    no_show_fee: str | None
    mode: Mode
    approval_minutes: int | None
    instant_for: InstantFor
    overstay: OverstayBody | None
    ends_walk_ups: bool

    @classmethod
    def of(cls, station_id: str, stated: Stated) -> Self:
        return cls(
            station_id=station_id,
            version=stated.version,
            stated_at=stated.stated_at,
            **terms.write_policy(stated.policy),
        )


@router.put("/stations/{station_id}/policy")
async def put_policy(
    station_id: StationId, wanted: PolicyRequest, actor: Writer, store: CurrentStore, now: Now
) -> PolicyBody:
    """State how your station may be booked from now on; what is booked keeps its own policy."""
    stated = await store.do(stating.state_policy, actor, station_id, wanted.policy(), now)
    return PolicyBody.of(station_id, stated)


@router.get("/stations/{station_id}/policy")
async def get_policy(station_id: StationId, actor: CurrentActor, store: CurrentStore) -> PolicyBody:
    """How a published station may be booked, for everybody who may want to."""
    return PolicyBody.of(station_id, await store.read(_policy, actor, station_id))


def _policy(reads: Reads, actor: Actor, station_id: str) -> Stated:
    offered_to(reads, station_id, actor)
    return policies.current(reads, station_id)
