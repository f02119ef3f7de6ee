"""REST for what drivers owe: seen, paid, and forgiven by operators."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.errors import Forbidden
from chargehub.owing import actions, tables
from chargehub.owing.actions import Wanted
from chargehub.owing.tables import Debt
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.store.work import Work
from chargehub.units import Money

router = APIRouter(tags=["payments"])

Payer = Annotated[Actor, Depends(needs("payments:write"))]
DebtId = Annotated[str, Path(max_length=36)]
Id = Annotated[str, Field(min_length=1, max_length=36)]


class DriverDebtBody(BaseModel):
    """What a driver owes, and since when: for a session, or for a top-up that its card's bank
    took back after some of it was spent. `is_being_paid`: its rail was asked.

    `asked_at`: when it is asked for by itself next; null: no more. `written_off_at`: the hub
    does not count on it any more; it can be paid all the same.
    """

    id: str
    session_id: str | None
    cdr_id: str | None
    top_up_id: str | None
    driver_id: str
    owed: MoneyBody
    since: datetime
    is_being_paid: bool
    asked_at: datetime | None
    written_off_at: datetime | None

    @classmethod
    def of(cls, debt: Debt) -> Self:
        return cls(
            id=debt.id,
            session_id=debt.session_id,
            cdr_id=debt.cdr_id,
            top_up_id=debt.top_up_id,
            driver_id=debt.driver_id,
            owed=MoneyBody.of(Money(debt.owed_minor, debt.currency)),
            since=debt.since,
            is_being_paid=debt.payment_id is not None,
            asked_at=debt.ask_at,
            written_off_at=debt.written_off_at,
        )


class DriverDebtsBody(BaseModel):
    """Debts, the oldest first, at most 500."""

    items: list[DriverDebtBody]


class DebtPaymentWish(Body):
    """Which debt is paid, and by what: name a session or a top-up. Null: all of them; by what
    you pay with."""

    session_id: Id | None = None
    top_up_id: Id | None = None
    method_id: Id | None = None


class DebtPaymentsBody(BaseModel):
    """The payments that were begun; `GET /payments` says what becomes of them."""

    payment_ids: list[str]


class ForgivenessWish(Body):
    """Why nobody wants a debt any more; it is noted with who said so."""

    because: Annotated[str, Field(min_length=3, max_length=500)]


@router.get("/debts")
async def get_debts(
    actor: CurrentActor, store: CurrentStore, whose: Literal["own", "all"] = "own"
) -> DriverDebtsBody:
    """What you owe as a driver. `whose=all`, for operators: what all drivers owe."""
    if whose == "own":
        found = await store.read(tables.owed_by, actor.account_id)
    elif actor.is_operator:
        found = await store.read(tables.owed_by_all)
    else:
        raise Forbidden("Only operators see what others owe. Leave `whose` out.")
    return DriverDebtsBody(items=[DriverDebtBody.of(debt) for debt in found])


@router.post("/debts/payments", status_code=202)
async def post_debt_payment(
    wanted: DebtPaymentWish,
    actor: Payer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> DebtPaymentsBody:
    """Pay one of your debts, or all of them, by the means you name or by what you pay with."""
    route, who = "POST /debts/payments", actor.account_id
    what = Wanted(wanted.session_id, wanted.top_up_id, wanted.method_id)
    answer = await idempotent(store, who, key, route, wanted, _pay, who, what, now)
    return DebtPaymentsBody.model_validate(answer)


def _pay(work: Work, driver_id: str, wanted: Wanted, now: datetime) -> Any:
    begun = actions.pay(work, driver_id, wanted, now)
    return {"payment_ids": [payment.id for payment in begun]}


@router.post("/debts/{debt_id}/forgive", status_code=204)
async def post_debt_forgive(
    debt_id: DebtId,
    wanted: ForgivenessWish,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> None:
    """Forgive a debt: it is written off, and in its driver's way no more.
    For operators."""
    await store.do(actions.forgive, operator, debt_id, wanted.because, now)
