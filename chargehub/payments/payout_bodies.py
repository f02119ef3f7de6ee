"""What REST takes and gives for payouts and their plan."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.payments.awaiting import Waiting
from chargehub.payments.bodies import RefusalBody
from chargehub.payments.plan import LAST_MONTH_DAY, Plan, Schedule
from chargehub.payments.views import PayoutView
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.units import TOKEN, Money, major_text


class PayoutBody(BaseModel):
    """Money on its way to an owner. `state`: requested, paid, failed: refused, or, where it has a
    `reference` all the same, sent and come back. `requested` with a `refusal` waits, as that says.

    `taken_back` of it was, or is being: `GET /payout-reversals`.
    Paid in tokens: how many, and the price of one in the payout's currency, both as text.
    """

    id: str
    owner_id: str
    rail: str
    destination: str
    state: str
    amount: MoneyBody
    taken_back: MoneyBody
    tokens: str | None
    token_price: str | None
    reference: str | None
    refusal: RefusalBody | None
    requested_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, payout: PayoutView) -> Self:
        units = payout.token_units
        return cls(
            id=payout.id,
            owner_id=payout.owner_id,
            rail=payout.rail,
            destination=payout.destination,
            state=payout.state,
            amount=MoneyBody.of(Money(payout.amount_minor, payout.currency)),
            taken_back=MoneyBody.of(Money(payout.reversed_minor, payout.currency)),
            tokens=None if units is None else major_text(units, TOKEN),
            token_price=payout.token_price,
            reference=payout.rail_reference,
            refusal=RefusalBody.of(payout.refusal_code, payout.refusal_detail),
            requested_at=payout.requested_at,
            finished_at=payout.finished_at,
        )


class WaitingBody(BaseModel):
    """A matured balance that has not left yet; `reasons`: why, as sentences that say what to do.

    `next_at`: when the payout plan sends it; null: shortly, or not before the reasons are gone.
    """

    amount: MoneyBody
    reasons: list[str]
    next_at: datetime | None

    @classmethod
    def of(cls, waiting: Waiting) -> Self:
        return cls(
            amount=MoneyBody.of(waiting.amount),
            reasons=list(waiting.reasons),
            next_at=waiting.next_at,
        )


class PayoutsBody(BaseModel):
    """Part of the list of payouts, newest first; `waiting` is the same on every page."""

    items: list[PayoutBody]
    next: str | None
    waiting: list[WaitingBody]


class PayoutWish(Body):
    """What is to be paid out now: the balance of a currency; without one, all of them."""

    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None


class RequestedBody(BaseModel):
    """The payouts that were asked for, on their way."""

    items: list[PayoutBody]


class ReturnWish(Body):
    """Why a payout came back, as a sentence for its owner."""

    because: Annotated[str, Field(min_length=3, max_length=300)]


class PlanWish(Body):
    """How often you are paid. `day`: of the week (Monday is 1) for `weekly`, of the month for
    `monthly`; days begin at 00:00Z. `minimum`: balances of its currency below it wait."""

    schedule: Schedule
    day: Annotated[int, Field(ge=1, le=LAST_MONTH_DAY)] | None = None
    minimum: MoneyBody | None = None


class PlanBody(BaseModel):
    """How often you are paid, as stated. `next_at`: when the schedule pays next, if it has days."""

    schedule: Schedule
    day: int | None
    minimum: MoneyBody | None
    next_at: datetime | None

    @classmethod
    def of(cls, plan: Plan | None) -> Self:
        if plan is None:
            return cls(schedule="at_once", day=None, minimum=None, next_at=None)
        minimum = None if plan.minimum is None else MoneyBody.of(plan.minimum)
        return cls(schedule=plan.schedule, day=plan.day, minimum=minimum, next_at=plan.next_at)
