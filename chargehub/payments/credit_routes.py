"""Credits over REST: what a driver has with the hub, and what came of it."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from chargehub.payments import credits
from chargehub.payments.credits import CreditView, Kind, Reason
from chargehub.people.access import CurrentActor
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentPage, CurrentStore, page
from chargehub.units import Money

router = APIRouter(tags=["payments"])


class CreditBody(BaseModel):
    """A change of your credit: above zero it grew, below zero it was spent or taken back.

    `given` for a booking, and why; `withdrawn` because you did charge in that booking; `spent` on
    a session, or given back because the session came to cost less; `redeemed` by a code that you
    had as a guest, `passed_on` by one.
    """

    id: str
    kind: Kind
    reason: Reason | None
    amount: MoneyBody
    booking_id: str | None
    session_id: str | None
    at: datetime

    @classmethod
    def of(cls, credit: CreditView) -> Self:
        return cls.model_validate(
            {
                "id": credit.id,
                "kind": credit.kind,
                "reason": credit.reason,
                "amount": MoneyBody.of(Money(credit.amount_minor, credit.currency)),
                "booking_id": credit.booking_id,
                "session_id": credit.session_id,
                "at": credit.at,
            }
        )


class CreditsBody(BaseModel):
    """What you have, by currency, and part of the list of what changed it, newest first."""

    balances: list[MoneyBody]
    items: list[CreditBody]
    next: str | None


@router.get("/credits")
async def get_credits(actor: CurrentActor, store: CurrentStore, asked: CurrentPage) -> CreditsBody:
    """Your credit with the hub. It pays for your next sessions before your card does."""
    who = actor.account_id
    rows = await store.read(credits.page, who, asked.after_id(), asked.fetch)
    shown = page(rows, asked, lambda row: (row.id,), CreditBody.of)
    held = await store.read(credits.balances, who)
    return CreditsBody(
        balances=[MoneyBody.of(amount) for amount in held], items=shown.items, next=shown.next
    )
