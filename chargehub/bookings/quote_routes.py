"""Quotes over REST: a price and its rules, promised for a slot and ten minutes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.bookings import promising
from chargehub.bookings.quotes import QuoteView
from chargehub.bookings.rules import Wanted
from chargehub.bookings.terms import write_policy
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.store.work import Reads, Work
from chargehub.tariffs import quoting
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.limits import most
from chargehub.tariffs.pricing import Tariff, conditions
from chargehub.tariffs.quote_bodies import QuoteBody
from chargehub.tariffs.quoting import MAX_ENERGY_WH
from chargehub.units import minor

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


class PriceLine(BaseModel):
    """One price of the formula. `when`: the hours, days and powers at which it holds; empty:
    always."""

    kind: str
    price: str
    unit: str
    when: str


class LockedQuoteBody(BaseModel):
    """A price and rules that count if you book on them (`quote_id` of a booking) until
    `valid_until`.

    `expected` prices the energy you asked for. The bill is the `formula` for what is metered, in
    major units, VAT included, and never less than `minimum` or more than `maximum` where there is
    one. `most`: whatever you do within the slot, at the EVSE's power, it is not more.
    `booking_id`: what was booked on it.
    """

    id: str
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    valid_until: datetime
    expected: QuoteBody
    formula: list[PriceLine]
    minimum: MoneyBody | None
    maximum: MoneyBody | None
    most: MoneyBody
    tariff_snapshot_id: str
    policy: dict[str, Any]
    policy_version: int
    booking_id: str | None

    @classmethod
    def of(cls, reads: Reads, quote: QuoteView) -> Self:
        tariff = tariffs.snapshot(reads, quote.tariff_snapshot_id)
        need = quoting.Need(quote.energy_wh, quote.slot, quote.power_w)
        most_minor = most(tariff, need.most_wh, quote.slot.duration, quote.power_w)
        return cls(
            id=quote.id,
            evse_id=quote.evse_id,
            starts_at=quote.starts_at,
            ends_at=quote.ends_at,
            valid_until=quote.valid_until,
            expected=QuoteBody.of(quoting.quote_need(tariff, need, quote.time_zone)),
            formula=_formula(tariff),
            minimum=_limit(tariff, tariff.minimum),
            maximum=_limit(tariff, tariff.maximum),
            most=MoneyBody(amount_minor=most_minor, currency=tariff.currency),
            tariff_snapshot_id=quote.tariff_snapshot_id,
            policy=write_policy(quote.locked.policy),
            policy_version=quote.policy_version,
            booking_id=quote.booking_id,
        )


def _formula(tariff: Tariff) -> list[PriceLine]:
    return [
        PriceLine(
            kind=each.kind,
            price=decimal_text(each.price),
            unit=each.unit,
            when=conditions(each),
        )
        for each in tariff.components
    ]


def _limit(tariff: Tariff, limit: Decimal | None) -> MoneyBody | None:
    if limit is None:
        return None
    return MoneyBody(amount_minor=minor(limit, tariff.currency), currency=tariff.currency)


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
