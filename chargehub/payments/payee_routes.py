"""REST for owners' accounts at a rail, and where the rail's pages lead back to."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from chargehub.payments import onboarding
from chargehub.payments.asked import CurrentRails
from chargehub.payments.payees import PayoutAccountView
from chargehub.payments.required import sentences
from chargehub.payments.return_pages import BACK, go_on, return_page
from chargehub.people.access import CurrentActor, CurrentPerson
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now, Page
from chargehub.sessions.code_bodies import PublicUrl

router = APIRouter(tags=["payments"])


class PayoutAccountWish(Body):
    """Where you live, or your company is: its country as two letters."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class PayoutAccountBody(BaseModel):
    """Your account at the rail that pays you.

    `state`: opening, incomplete (do what `required` says, by a link), pending (the rail checks
    what you told), ready, rejected. `required`: what the rail wants to know, in sentences, at the
    latest `required_by`; an account can be ready and have to tell more later.
    """

    rail: str
    state: str
    country: str
    reference: str | None
    required: list[str]
    required_by: datetime | None
    asked_at: datetime

    @classmethod
    def of(cls, account: PayoutAccountView) -> Self:
        return cls(
            rail=account.rail,
            state=account.state,
            country=account.country,
            reference=account.reference,
            required=list(sentences(account.due)),
            required_by=account.due_by,
            asked_at=account.asked_at,
        )


class AccountLinkBody(BaseModel):
    """Open `url` in a browser before `expires_at`; it works once."""

    url: str
    expires_at: datetime


@router.post("/payout-accounts", status_code=201)
async def post_payout_account(
    wanted: PayoutAccountWish,
    actor: CurrentPerson,
    store: CurrentStore,
    rails: CurrentRails,
    now: Now,
) -> PayoutAccountBody:
    """Open your account at the rail that pays owners' banks; again, it is the same one."""
    country = wanted.country
    found = await onboarding.open_account(store, rails, actor.account_id, country, now)
    return PayoutAccountBody.of(found)


@router.get("/payout-accounts")
async def get_payout_accounts(
    actor: CurrentActor, store: CurrentStore, rails: CurrentRails, now: Now
) -> Page[PayoutAccountBody]:
    """Your account at the rail that pays you, at most one, and what the rail still requires."""
    found = await onboarding.look(store, rails, actor.account_id, now)
    return Page(items=[] if found is None else [PayoutAccountBody.of(found)], next=None)


@router.post("/payout-accounts/links", status_code=201)
async def post_payout_account_link(
    actor: CurrentPerson, store: CurrentStore, rails: CurrentRails, public_url: PublicUrl
) -> AccountLinkBody:
    """A fresh link to the rail's own page, where you tell what it requires and your bank."""
    back_url = f"{public_url.rstrip('/')}/api/v1/payout-accounts"
    made = await onboarding.link(store, rails, actor.account_id, back_url)
    return AccountLinkBody(url=made.url, expires_at=made.expires_at)


@router.get("/payout-accounts/return", response_class=HTMLResponse)
async def get_payout_account_return(request: Request) -> HTMLResponse:
    """Where the rail's page leads back to."""
    told = "What you told the payment service is with it. Your account here says what is missing."
    app_url = request.app.state.hub.settings.app_url
    return return_page("You are back", told, go_on(app_url), on_to="" if app_url else BACK)


@router.get("/payout-accounts/refresh", response_class=HTMLResponse)
async def get_payout_account_refresh(request: Request) -> HTMLResponse:
    """Where a link leads that is over, or was used."""
    told = "It works once and for a few minutes. Ask for another one where you got it."
    return return_page("This link is over", told, go_on(request.app.state.hub.settings.app_url))
