"""When an owner's earnings mature, over REST."""

from datetime import date
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from chargehub.people.access import CurrentActor
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.settlement import maturing
from chargehub.settlement.maturing import Maturing

router = APIRouter(tags=["settlement"])


class MaturingBody(BaseModel):
    """So much of your earnings can be paid out from that day on (UTC); null: in 14 days or more."""

    day: date | None
    amount: MoneyBody

    @classmethod
    def of(cls, found: Maturing) -> Self:
        return cls(day=found.day, amount=MoneyBody.of(found.amount))


class MaturingEarnings(BaseModel):
    """Your earnings to come by day and currency, the soonest first."""

    items: list[MaturingBody]


@router.get("/maturing-earnings")
async def get_maturing_earnings(
    actor: CurrentActor, store: CurrentStore, now: Now
) -> MaturingEarnings:
    """What you have earned that cannot be paid out yet, by the day on which it can.

    Not what a dispute has frozen, nor what waits for an operator (`GET /doubted-earnings`).
    """
    found = await store.read(maturing.ahead, actor.account_id, now)
    return MaturingEarnings(items=[MaturingBody.of(one) for one in found])
