"""Earnings that wait because the energy of their session is implausible, over REST."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from chargehub.errors import Forbidden
from chargehub.meters.trust import WHY
from chargehub.people.access import CurrentActor, CurrentOperator
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.settlement import actions, doubting
from chargehub.settlement.doubting import Doubted
from chargehub.units import Money

router = APIRouter(tags=["settlement"])

Whose = Annotated[
    Literal["own", "all"], Query(description="Your own, or, for operators, those of all owners.")
]


class DoubtReason(BaseModel):
    """Why the energy is implausible."""

    code: str
    text: str


class DoubtedBody(BaseModel):
    """Your share of a session that is not paid out while its energy is implausible.

    It matures when an operator accepts it, or has set the energy, or decided a dispute about it.
    """

    cdr_id: str
    session_id: str
    earnings: MoneyBody
    reasons: list[DoubtReason]

    @classmethod
    def of(cls, doubted: Doubted) -> Self:
        return cls(
            cdr_id=doubted.cdr_id,
            session_id=doubted.session_id,
            earnings=MoneyBody.of(Money(doubted.earnings_minor, doubted.currency)),
            reasons=[DoubtReason(code=code, text=WHY[code]) for code in doubted.reasons],
        )


class AcceptanceRequest(Body):
    """Why the owner may have it all the same."""

    because: Annotated[str, Field(min_length=3, max_length=500)]


@router.get("/doubted-earnings")
async def get_doubted_earnings(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore, whose: Whose = "own"
) -> Page[DoubtedBody]:
    """What does not mature because something contradicts the bill, newest first."""
    if whose == "all" and not actor.is_operator:
        raise Forbidden("Only an operator sees what waits of all owners. Leave `whose` out.")
    owner_id = actor.account_id if whose == "own" else None
    found = await store.read(doubting.doubted, owner_id, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.cdr_id,), DoubtedBody.of)


@router.post("/doubted-earnings/{cdr_id}/acceptance")
async def post_acceptance(
    cdr_id: Annotated[str, Path(max_length=36)],
    wanted: AcceptanceRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> DoubtedBody:
    """You have looked at it: the owner's share matures now."""
    return DoubtedBody.of(await store.do(actions.accept, operator, cdr_id, wanted.because, now))
