"""The end of a station over REST: what it would mean, and doing it. For its owner alone."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.sessions import retiring
from chargehub.sessions.retiring import Retirement

router = APIRouter(tags=["stations"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
StationId = Annotated[str, Path(max_length=36)]


class RetirementBody(BaseModel):
    """What taking a station out of service means; `retired_at` null: what it would mean now.

    `cancelled_bookings` end as your cancellations: drivers get everything back, you owe the
    `penalties`. `is_done`: all of them are cancelled. `open_sessions` must end before.
    """

    station_id: str
    retired_at: datetime | None
    is_done: bool
    cancelled_bookings: int
    penalties: list[MoneyBody]
    open_sessions: list[str]

    @classmethod
    def of(cls, found: Retirement) -> Self:
        return cls(
            station_id=found.station_id,
            retired_at=found.retired_at,
            is_done=found.is_done,
            cancelled_bookings=found.bookings,
            penalties=[
                MoneyBody(amount_minor=amount, currency=currency)
                for currency, amount in found.penalties.items()
            ],
            open_sessions=list(found.open_sessions),
        )


@router.get("/stations/{station_id}/retirement")
async def get_retirement(
    station_id: StationId, actor: CurrentActor, store: CurrentStore, now: Now
) -> RetirementBody:
    """What taking your station out of service would mean now, or what it has meant."""
    return RetirementBody.of(await store.read(retiring.retirement, actor, station_id, now))


@router.post("/stations/{station_id}/retirement")
async def post_retirement(
    station_id: StationId, actor: Writer, store: CurrentStore, now: Now, request: Request
) -> RetirementBody:
    """Take your station out of service for good; refused while a session runs. Twice is once.

    It is withdrawn and its line closed, its password and certificates die, and its bookings are
    cancelled as your cancellations within seconds. What was charged there stays.
    """
    await store.do(retiring.retire, actor, station_id, now)
    await request.app.state.hub.switchboard.hang_up(station_id, "The station was retired.")
    return RetirementBody.of(await store.read(retiring.retirement, actor, station_id, now))
