"""Prepaid balances over REST: paying in, what there is and what came of it, having it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from chargehub.payments import paying_in, prepaid, top_up_pages, topping_up
from chargehub.payments import tables as payments
from chargehub.payments.asked import CurrentRails
from chargehub.payments.bodies import RailName, RefusalBody
from chargehub.payments.funds import Change, Limits, NoSuchTopUp
from chargehub.payments.prepaid import Balance, ChangeView, PaybackView, TopUpView
from chargehub.payments.rails import Rails
from chargehub.payments.return_pages import return_page
from chargehub.payments.top_up_pages import TopUpPage
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, CurrencyCode, MoneyBody
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    idempotent,
    page,
)
from chargehub.sessions.code_bodies import PublicUrl
from chargehub.store.work import Reads, Work
from chargehub.units import Money

router = APIRouter(tags=["payments"])

Payer = Annotated[Actor, Depends(needs("payments:write"))]
_Id = Annotated[str, Path(max_length=36)]


@dataclass(frozen=True, slots=True)
class Sources:
    """By which rails money may come in, and how much."""

    rails: Rails
    limits: Limits


async def _sources(request: Request, rails: CurrentRails) -> Sources:
    settings = request.app.state.hub.settings
    limits = Limits(
        settings.prepaid_most_coins,
        settings.prepaid_least_coins,
        settings.prepaid_daily_coins,
        settings.prepaid_new_daily_coins,
    )
    return Sources(rails, limits)


class TopUpWish(Body):
    """What to pay in. `method_id`: by which of your means of payment; without it, by the one that
    you pay with. `rail`: on a page of this rail's instead, with a card that is not kept. Who has
    neither is given a page too."""

    amount: MoneyBody
    method_id: Annotated[str, Field(max_length=36)] | None = None
    rail: RailName | None = None


class TopUpPageBody(BaseModel):
    """Where to pay: open `url` in a browser before `expires_at`."""

    url: str
    expires_at: datetime


class TopUpBody(BaseModel):
    """What you pay in. `state`: requested, taken, refused. `paid_back` of it went back to you.

    `page`: where to pay it; null: it is taken of a card that is kept, or the page is over.
    `is_disputed`: the card's bank has taken it back, so nothing of it can go back to you.
    """

    id: str
    amount: MoneyBody
    paid_back: MoneyBody
    is_disputed: bool
    rail: str
    state: str
    refusal: RefusalBody | None
    page: TopUpPageBody | None
    requested_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, top_up: TopUpView, page: TopUpPage | None = None) -> Self:
        return cls(
            id=top_up.id,
            amount=MoneyBody.of(top_up.amount),
            paid_back=MoneyBody.of(Money(top_up.back_minor, top_up.currency)),
            is_disputed=top_up.is_disputed,
            rail=top_up.rail,
            state=top_up.state,
            refusal=RefusalBody.of(top_up.refusal_code, top_up.refusal_detail),
            page=(
                TopUpPageBody(url=page.url, expires_at=page.until)
                if page and page.url and top_up.state == "requested"
                else None
            ),
            requested_at=top_up.requested_at,
            finished_at=top_up.finished_at,
        )


class PaybackWish(Body):
    """Have prepaid money back: all that is available in a currency, or this much of it."""

    currency: CurrencyCode
    amount_minor: Annotated[int, Field(ge=1)] | None = None


class PaybackBody(BaseModel):
    """A part on its way back to where a top-up came from. `state`: requested, returned, failed."""

    id: str
    top_up_id: str
    amount: MoneyBody
    state: str
    refusal: RefusalBody | None
    requested_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, payback: PaybackView) -> Self:
        return cls(
            id=payback.id,
            top_up_id=payback.top_up_id,
            amount=MoneyBody.of(payback.amount),
            state=payback.state,
            refusal=RefusalBody.of(payback.refusal_code, payback.refusal_detail),
            requested_at=payback.requested_at,
            finished_at=payback.finished_at,
        )


class PaybacksBody(BaseModel):
    """One item for each top-up that something goes back of."""

    items: list[PaybackBody]


class BalanceBody(BaseModel):
    """What you have prepaid. `held` is kept for a session or booking, because a card's bank
    disputes a top-up, or is on its way back to you."""

    available: MoneyBody
    held: MoneyBody

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(available=MoneyBody.of(balance.available), held=MoneyBody.of(balance.held))


class PrepaidChangeBody(BaseModel):
    """A change of your balance: above zero it grew, unless a top-up was refused.

    `top_up` and `payback` have the state of those; `spent` on a payment, or `returned` from it;
    `charged_back`: a card's bank took back a top-up, and this was still there of it.
    """

    id: str
    kind: Change
    amount: MoneyBody
    state: str
    payment_id: str | None
    refusal: RefusalBody | None
    at: datetime

    @classmethod
    def of(cls, change: ChangeView) -> Self:
        return cls(
            id=change.id,
            kind=change.kind,
            amount=MoneyBody.of(Money(change.amount_minor, change.currency)),
            state=change.state,
            payment_id=change.purpose.removeprefix("payment:") if change.purpose else None,
            refusal=RefusalBody.of(change.refusal_code, change.refusal_detail),
            at=change.at,
        )


class PrepaidBody(BaseModel):
    """What you have, by currency, and part of the list of what changed it, newest first."""

    balances: list[BalanceBody]
    items: list[PrepaidChangeBody]
    next: str | None


@router.get("/prepaid")
async def get_prepaid(actor: CurrentActor, store: CurrentStore, asked: CurrentPage) -> PrepaidBody:
    """What you have prepaid. It never expires, and you can have it back (POST /paybacks).

    To pay by it, add it: POST /payment-methods with rail `prepaid` and reference `balance`.
    """
    who = actor.account_id
    found = await store.read(prepaid.changes, who, asked.after_id(), asked.fetch)
    shown = page(found, asked, lambda change: (change.id,), PrepaidChangeBody.of)
    held = await store.read(prepaid.balances, who)
    return PrepaidBody(
        balances=[BalanceBody.of(one) for one in held], items=shown.items, next=shown.next
    )


@router.post("/top-ups", status_code=201)
async def post_top_up(
    wanted: TopUpWish,
    actor: Payer,
    store: CurrentStore,
    sources: Annotated[Sources, Depends(_sources)],
    public_url: PublicUrl,
    now: Now,
    key: IdempotencyKey = None,
) -> TopUpBody:
    """Pay in by card. The money is there when `state` is `taken`: ask for the top-up again."""
    who, route = actor.account_id, "POST /top-ups"
    asked = who, wanted, sources, now
    answer = await idempotent(store, who, key, route, wanted, _top_up, *asked)
    top_up = TopUpBody.model_validate(answer)
    back_url = f"{public_url.rstrip('/')}/api/v1/top-ups/{top_up.id}/return"
    await paying_in.open_page(store, sources.rails, top_up.id, back_url, now)
    page = await store.read(top_up_pages.page, top_up.id)
    return top_up if page is None else await store.read(_shown, top_up.id)


def _top_up(work: Work, account_id: str, wanted: TopUpWish, sources: Sources, now: datetime) -> Any:
    amount, limits, has_page = wanted.amount.money(), sources.limits, wanted.rail is not None
    if wanted.method_id is None and payments.default_method(work, account_id) is None:
        has_page = True
    if has_page:
        rail = paying_in.rail_with_pages(sources.rails, wanted.rail)
        asked = paying_in.begin(work, account_id, amount, rail, limits, now)
    else:
        asked = topping_up.top_up(work, account_id, amount, wanted.method_id, limits, now)
    return TopUpBody.of(asked).model_dump(mode="json")


def _shown(reads: Reads, top_up_id: str) -> TopUpBody:
    found = prepaid.top_up(reads, top_up_id)
    assert found is not None, top_up_id
    return TopUpBody.of(found, top_up_pages.page(reads, top_up_id))


@router.get("/top-ups/{top_up_id}")
async def get_top_up(
    top_up_id: _Id, actor: CurrentActor, store: CurrentStore, rails: CurrentRails, now: Now
) -> TopUpBody:
    """What became of a top-up; one on a page is looked at there."""
    found = await store.read(prepaid.top_up, top_up_id)
    if found is None or found.account_id != actor.account_id:
        raise NoSuchTopUp("You have no such top-up.")
    await paying_in.look(store, rails, top_up_id, now)
    return await store.read(_shown, top_up_id)


@router.get("/top-ups/{top_up_id}/return", response_class=HTMLResponse)
async def get_top_up_return(top_up_id: _Id) -> HTMLResponse:
    """Where the page for a top-up leads back to; it knows nothing of what became of it."""
    sentence = "If you have paid, your balance grows in a moment. If not, nothing was taken."
    return return_page("Back from the payment page", sentence, "You can close this page.")


@router.post("/paybacks", status_code=201)
async def post_payback(
    wanted: PaybackWish,
    actor: Payer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> PaybacksBody:
    """Have back what you prepaid and did not spend, to the cards it came from."""
    asked = actor.account_id, wanted.currency, wanted.amount_minor, now
    route = "POST /paybacks"
    answer = await idempotent(store, actor.account_id, key, route, wanted, _pay_back, *asked)
    return PaybacksBody.model_validate(answer)


def _pay_back(
    work: Work, account_id: str, currency: str, amount_minor: int | None, now: datetime
) -> Any:
    asked = topping_up.pay_back(work, account_id, currency, amount_minor, now)
    return PaybacksBody(items=[PaybackBody.of(one) for one in asked]).model_dump(mode="json")
