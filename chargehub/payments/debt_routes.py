"""What owners owe the hub, over REST."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chargehub.payments import netting
from chargehub.payments.netting import Debt
from chargehub.people.access import CurrentOperator
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentStore, Now

router = APIRouter(tags=["payments"])

OVERDUE_DAYS = 90

Days = Annotated[int, Query(ge=0, le=3_650, description="Owed for so many days or longer.")]


class DebtBody(BaseModel):
    """What an owner owes, and since when. `owner_id` may be an agreement of co-owners."""

    owner_id: str
    owed: MoneyBody
    since: datetime

    @classmethod
    def of(cls, debt: Debt) -> Self:
        return cls(owner_id=debt.owner_id, owed=MoneyBody.of(debt.owed), since=debt.since)


class DebtsBody(BaseModel):
    """Owners' debts, the oldest first, at most 500. Later earnings pay them by themselves."""

    items: list[DebtBody]


@router.get("/owner-debts")
async def get_owner_debts(
    operator: CurrentOperator, store: CurrentStore, now: Now, days: Days = OVERDUE_DAYS
) -> DebtsBody:
    """Owners whose earnings have not paid for 90 days what they owe after refunds, lost disputes
    or penalties: write to them. For operators."""
    found = await store.read(netting.debts, now - timedelta(days=days))
    return DebtsBody(items=[DebtBody.of(one) for one in found])
