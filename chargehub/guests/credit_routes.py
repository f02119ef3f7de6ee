"""Codes of guests' credits over REST, for those who have an account by now."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from chargehub.guests import redeeming
from chargehub.people.access import needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled

router = APIRouter(tags=["payments"])

_REDEMPTIONS = Depends(Throttled("credit_code", rate_per_s=0.2, burst=10))  # guesses at codes


class RedemptionRequest(Body):
    """The code that was mailed to you as a guest."""

    code: Annotated[str, Field(min_length=1, max_length=100)]


class RedemptionBody(BaseModel):
    """What you have now because of the code, by currency."""

    redeemed: list[MoneyBody]


@router.post("/credits/redemptions", status_code=201, dependencies=[_REDEMPTIONS])
async def post_redemption(
    wanted: RedemptionRequest,
    actor: Annotated[Actor, Depends(needs("payments:write"))],
    store: CurrentStore,
    now: Now,
) -> RedemptionBody:
    """Make the credit of a booking that you made as a guest your own. A code counts once."""
    held = await store.do(redeeming.redeem, wanted.code, actor.account_id, now)
    return RedemptionBody(redeemed=[MoneyBody.of(amount) for amount in held])
