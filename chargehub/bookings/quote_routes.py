"""Quotes over REST: a price and its rules, promised for a slot and ten minutes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from chargehub.bookings import promising
from chargehub.bookings.quote_bodies import LockedQuoteBody
from chargehub.bookings.rules import Wanted
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.store.work import Reads, Work
from chargehub.tariffs.quoting import MAX_ENERGY_WH

router = APIRouter(tags=["bookings"])

QuoteId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("bookings:write"))]


class QuoteRequest(Body):
    """The slot you would book, and the energy that your car will need."""

    evse_id: Annotated[str, Field(min_length=1, max_length=36)]
    starts_at: Instant
    ends_at: Instant
    energy_wh: Annotated[int, Field(ge=1, le=MAX_ENERGY_WH)]

    def wanted(self) -> Wanted:
        return Wanted(self.evse_id, self.starts_at, self.ends_at)


@router.post("/quotes", status_code=201, response_model=LockedQuoteBody)
async def post_quote(
    wanted: QuoteRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Have a price and its rules promised for a slot, for ten minutes. The slot is not held.

    What the owner states meanwhile does not count for a booking on this quote.
    """
    who, route = actor.account_id, "POST /quotes"
    return await idempotent(store, who, key, route, wanted, _give, actor, wanted, now)


def _give(work: Work, actor: Actor, asked: QuoteRequest, now: datetime) -> dict[str, Any]:
    given = promising.give_quote(work, actor, asked.wanted(), asked.energy_wh, now)
    return LockedQuoteBody.of(work, given).model_dump(mode="json")


@router.get("/quotes/{quote_id}", response_model=LockedQuoteBody)
async def get_quote(quote_id: QuoteId, actor: CurrentActor, store: CurrentStore) -> Any:
    """A quote that was given to you."""
    return await store.read(_seen, actor, quote_id)


def _seen(reads: Reads, actor: Actor, quote_id: str) -> LockedQuoteBody:
    return LockedQuoteBody.of(reads, promising.seen_by(reads, actor, quote_id))
