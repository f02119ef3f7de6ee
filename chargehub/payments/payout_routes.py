"""REST for payouts: what was paid, what waits and why, when to be paid, and being paid now."""

import asyncio
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query

from chargehub.errors import Forbidden
from chargehub.payments import (
    actions,
    awaiting,
    coming_back,
    payout,
    plans,
    tables,
)
from chargehub.payments.asked import CurrentRails, CurrentTokenPrice
from chargehub.payments.payout import NothingToPayOut
from chargehub.payments.payout_bodies import (
    PayoutBody,
    PayoutsBody,
    PayoutWish,
    PlanBody,
    PlanWish,
    RequestedBody,
    ReturnWish,
    WaitingBody,
)
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailUnreachable, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.views import PayoutView
from chargehub.people.access import CurrentActor, CurrentOperator, CurrentPerson, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    idempotent,
    page,
)
from chargehub.store.work import Work
from chargehub.store.writer import Store

router = APIRouter(tags=["payments"])

Whose = Annotated[
    Literal["own", "all"], Query(description="Your own, or, for operators, those of all owners.")
]


@router.get("/payouts")
async def get_payouts(
    actor: CurrentActor,
    asked: CurrentPage,
    store: CurrentStore,
    rails: CurrentRails,
    now: Now,
    whose: Whose = "own",
) -> PayoutsBody:
    """What you were paid as an owner, newest first; what waits of yours, why, and when it leaves.

    `GET /maturing-earnings` tells what is yours from which day on.
    """
    if whose == "all" and not actor.is_operator:
        raise Forbidden("Only an operator sees the payouts of all owners. Leave `whose` out.")
    who, listed = actor.account_id, actor.account_id if whose == "own" else None
    found = await store.read(tables.page_of_payouts, listed, asked.after_id(), asked.fetch)
    waiting = await store.read(awaiting.waiting, who, now)
    of_rail = await _refusal(rails, store, who) if waiting else None
    if of_rail is not None:
        waiting = await store.read(awaiting.waiting, who, now, of_rail)
    shown = page(found, asked, key=_key, body=PayoutBody.of)
    told = [WaitingBody.of(one) for one in waiting]
    return PayoutsBody(items=shown.items, next=shown.next, waiting=told)


def _key(one: PayoutView) -> tuple[str]:
    return (one.id,)


async def _refusal(rails: Rails, store: Store, owner_id: str) -> str | None:
    """Why the rail that an owner chose does not pay there now, as a sentence for the owner; None:
    it does, or cannot be asked."""
    place = await store.read(tables.preference, owner_id)
    if place is None:
        return None
    rail = rails.paying_out.get(place.rail)
    if rail is None:
        return f"The hub has no rail {place.rail} any more: PUT /api/v1/payout-preference."
    try:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            answer = await rail.destination(owner_id, place.destination)
    except (TimeoutError, RailUnreachable):
        return None
    return answer.detail if isinstance(answer, Refusal) else None


@router.post("/payouts", status_code=201)
async def post_payout(
    wanted: PayoutWish,
    actor: Annotated[Actor, Depends(needs("payments:write"))],
    store: CurrentStore,
    rails: CurrentRails,
    token_price: CurrentTokenPrice,
    now: Now,
    key: IdempotencyKey = None,
) -> RequestedBody:
    """Be paid now what has matured, whatever your plan says, where you are usually paid."""
    who, price = actor.account_id, Decimal(token_price)
    refusal = await _refusal(rails, store, who)
    if refusal is not None:
        raise NothingToPayOut(refusal)
    asked = (who, wanted.currency, now, price)
    answer = await idempotent(store, who, key, "POST /payouts", wanted, _request, *asked)
    return RequestedBody.model_validate(answer)


def _request(work: Work, owner_id: str, currency: str | None, now: Now, price: Decimal) -> Any:
    requested = payout.request_now(work, owner_id, currency, now, price)
    body = RequestedBody(items=[PayoutBody.of(one) for one in requested])
    return body.model_dump(mode="json")


@router.post("/payouts/{payout_id}/return")
async def post_return(
    payout_id: Annotated[str, Path(max_length=36)],
    wanted: ReturnWish,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> PayoutBody:
    """A payout that was paid has come back, and its rail does not say so by itself. It is the
    owner's again, who is told why. For operators."""
    why = Refusal("returned", wanted.because)
    return PayoutBody.of(await store.do(coming_back.came_back, payout_id, why, now))


@router.put("/payout-plan")
async def put_payout_plan(
    wanted: PlanWish, actor: CurrentPerson, store: CurrentStore, now: Now
) -> PlanBody:
    """Say when you want to be paid as an owner: `at_once`, as without a plan, `daily`, `weekly`,
    `monthly`, or only `on_request`."""
    minimum = None if wanted.minimum is None else wanted.minimum.money()
    stated = wanted.schedule, wanted.day, minimum
    chosen = await store.do(actions.choose_plan, actor.account_id, stated, now)
    return PlanBody.of(chosen)


@router.get("/payout-plan")
async def get_payout_plan(actor: CurrentActor, store: CurrentStore) -> PlanBody:
    """When you are paid as an owner."""
    return PlanBody.of(await store.read(plans.plan, actor.account_id))
