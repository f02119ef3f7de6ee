"""REST for what is taken back of payouts, because their owners owe it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from chargehub.errors import Forbidden
from chargehub.payments import reversals, reversing
from chargehub.payments.asked import CurrentRails
from chargehub.payments.bodies import RefusalBody
from chargehub.payments.reversals import ReversalView
from chargehub.payments.reversing import Wanted
from chargehub.people.access import CurrentActor, CurrentOperator
from chargehub.rest.bodies import Body, CurrencyCode, MoneyBody
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    idempotent,
    page,
)
from chargehub.store.work import Work
from chargehub.units import Money

router = APIRouter(tags=["payments"])

Whose = Annotated[
    Literal["own", "all"], Query(description="Your own, or, for operators, those of all owners.")
]


class MostBody(Body):
    """No more than this: whole minor units of a currency."""

    amount_minor: Annotated[int, Field(gt=0, le=10**15)]
    currency: CurrencyCode


class ReversalWish(Body):
    """What to take back. `most`: null: all that is owed, in every currency. `payout_id`: of which
    payout; null: the newest first. `because`: a sentence for the owner."""

    because: Annotated[str, Field(min_length=3, max_length=300)]
    most: MostBody | None = None
    payout_id: Annotated[str, Field(min_length=1, max_length=36)] | None = None


class PayoutReversalBody(BaseModel):
    """So much of a payout is taken back. `state`: requested, taken, refused (it is owed as before,
    and `refusal` says why). `is_by_clock`: after `CHARGEHUB_REVERSE_PAYOUTS_AFTER_DAYS`."""

    id: str
    payout_id: str
    owner_id: str
    rail: str
    amount: MoneyBody
    state: str
    because: str
    is_by_clock: bool
    reference: str | None
    refusal: RefusalBody | None
    requested_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, found: ReversalView) -> Self:
        return cls(
            id=found.id,
            payout_id=found.payout_id,
            owner_id=found.owner_id,
            rail=found.rail,
            amount=MoneyBody.of(Money(found.amount_minor, found.currency)),
            state=found.state,
            because=found.because,
            is_by_clock=found.asked_by is None,
            reference=found.rail_reference,
            refusal=RefusalBody.of(found.refusal_code, found.refusal_detail),
            requested_at=found.requested_at,
            finished_at=found.finished_at,
        )


class PayoutReversalsBody(BaseModel):
    """Part of the list of reversals, newest first."""

    items: list[PayoutReversalBody]
    next: str | None


class ReversalsAskedBody(BaseModel):
    """The reversals that were asked for, on their way; at most one of each payout."""

    items: list[PayoutReversalBody]


@router.post("/owner-debts/{owner_id}/reversals", status_code=201)
async def post_reversals(
    owner_id: Annotated[str, Path(max_length=36)],
    wanted: ReversalWish,
    operator: CurrentOperator,
    store: CurrentStore,
    rails: CurrentRails,
    now: Now,
    key: IdempotencyKey = None,
) -> ReversalsAskedBody:
    """Take back from an owner's payouts what the owner owes: no more than is owed now, and of each
    payout no more than it paid. What the rail refuses stays owed. For operators."""
    most = None if wanted.most is None else Money(wanted.most.amount_minor, wanted.most.currency)
    what = Wanted(wanted.because, operator.account_id, most, wanted.payout_id)
    able, who = reversing.taking_back(rails), operator.account_id
    route = f"POST /owner-debts/{owner_id}/reversals"
    asked = owner_id, what, able, now
    answer = await idempotent(store, who, key, route, wanted, _ask, *asked)
    return ReversalsAskedBody.model_validate(answer)


def _ask(work: Work, owner_id: str, wanted: Wanted, rails: tuple[str, ...], now: datetime) -> Any:
    asked = reversing.ask(work, owner_id, wanted, rails, now)
    body = ReversalsAskedBody(items=[PayoutReversalBody.of(one) for one in asked])
    return body.model_dump(mode="json")


@router.get("/payout-reversals")
async def get_payout_reversals(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore, whose: Whose = "own"
) -> PayoutReversalsBody:
    """What was taken back of your payouts as an owner, and why, newest first."""
    if whose == "all" and not actor.is_operator:
        raise Forbidden("Only an operator sees the reversals of all owners. Leave `whose` out.")
    listed = actor.account_id if whose == "own" else None
    found = await store.read(reversals.page, listed, asked.after_id(), asked.fetch)
    shown = page(found, asked, key=_key, body=PayoutReversalBody.of)
    return PayoutReversalsBody(items=shown.items, next=shown.next)


def _key(one: ReversalView) -> tuple[str]:
    return (one.id,)
