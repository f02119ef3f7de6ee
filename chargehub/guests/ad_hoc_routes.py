"""Paying and charging without an account over REST: by a page of the rail, then by one link."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from chargehub.errors import Invalid, Unavailable
from chargehub.events import AdHocPageDue
from chargehub.guests import ad_hoc, scanning, walking_up
from chargehub.guests.ad_hoc import AdHocView
from chargehub.guests.pay_code_terms import CurrentCodeTerms
from chargehub.guests.scanning import CodeTerms
from chargehub.guests.walking_up import NoSuchVisit
from chargehub.payments.page import HoldPageOrder
from chargehub.payments.rail import RailUnreachable, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import MethodRefused
from chargehub.people.bodies import Email
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled
from chargehub.sessions import pages, remote
from chargehub.sessions.bodies import CdrBody, SessionBody, judged_body
from chargehub.sessions.code_bodies import PublicUrl
from chargehub.store.work import Reads
from chargehub.tariffs.pricing import as_json

router = APIRouter(tags=["guests"])

LinkToken = Annotated[str, Path(max_length=100)]
_VISITS = Depends(Throttled("ad_hoc", rate_per_s=0.05, burst=5))  # each opens a page at the rail
_LOOKS = Depends(Throttled("ad_hoc_link", rate_per_s=1, burst=30))
CDRS_SHOWN = 50  # of one session: the bill and what corrected it


async def _rails(request: Request) -> Rails:
    rails: Rails = request.app.state.hub.rails
    return rails


CurrentRails = Annotated[Rails, Depends(_rails)]


class AdHocWish(Body):
    """Where you would charge: the `code` that you scanned at the EVSE, or its id, not both.

    `email`: where the link is mailed."""

    code: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    evse_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None
    email: Email | None = None


class AdHocBody(BaseModel):
    """Pay at `page_url` before `page_expires_at`: `hold` is kept there, and what you do not use
    of it is given back. `tariff` is what it costs, VAT included. `link` shows all that follows."""

    token: str
    link: str
    page_url: str
    page_expires_at: datetime
    hold: MoneyBody
    tariff: dict[str, Any]


class AdHocStateBody(BaseModel):
    """`state`: opened (the page waits for you), started, refused (`why`; the hold was given back).

    `session` as it runs, with energy and cost; `receipts` once it is over.
    """

    state: str
    why: str | None
    session: SessionBody | None
    receipts: list[CdrBody]


@router.post("/ad-hoc-sessions", status_code=201, dependencies=[_VISITS])
async def post_ad_hoc_session(
    wanted: AdHocWish,
    store: CurrentStore,
    rails: CurrentRails,
    public_url: PublicUrl,
    terms: CurrentCodeTerms,
    now: Now,
) -> AdHocBody:
    """Charge without an account: have a page opened on which you pay. When the hold stands, the
    EVSE starts; plug in then. Nothing starts, and nothing is owed, without it."""
    name, rail = walking_up.rail_with_pages(rails)
    email = wanted.email or ""
    evse_id = await store.read(_wanted_evse, wanted, terms, now)
    found = await store.do(walking_up.visit, evse_id, email, name, now)
    link = f"{public_url.rstrip('/')}/ad-hoc/{found.token}"
    amount = found.hold.amount_minor, found.hold.currency
    order = HoldPageOrder(None, email or None, *amount, f"ad_hoc:{found.id}", link)
    try:
        page = await rail.open_page(order, found.id)
    except RailUnreachable as error:
        raise Unavailable("Cards cannot be taken just now; try again in a minute.") from error
    if isinstance(page, Refusal):
        raise MethodRefused(page.detail)
    await store.do(walking_up.note_page, found.id, page)
    if email:
        await store.do(walking_up.write_link, email, link, now)
    return AdHocBody(
        token=found.token,
        link=link,
        page_url=page.url,
        page_expires_at=page.expires_at,
        hold=MoneyBody.of(found.hold),
        tariff=as_json(found.tariff),
    )


def _wanted_evse(reads: Reads, wanted: AdHocWish, terms: CodeTerms, now: datetime) -> str:
    if (wanted.code is None) == (wanted.evse_id is None):
        raise Invalid("Name the EVSE by the `code` that you scanned there, or by its `evse_id`.")
    if wanted.code is not None:
        return scanning.scanned_evse(reads, wanted.code, terms, now)
    assert wanted.evse_id is not None
    scanning.check_unscanned(reads, wanted.evse_id)
    return wanted.evse_id


@router.get("/ad-hoc-sessions/{token}", response_model=AdHocStateBody, dependencies=[_LOOKS])
async def get_ad_hoc_session(
    token: LinkToken, store: CurrentStore, rails: CurrentRails, now: Now
) -> Any:
    """What became of it: whether you paid, what you charge and what it costs, the receipt."""
    one = _known(await store.read(ad_hoc.by_token, token))
    if one.state == "opened" and one.page_reference is not None:
        event = AdHocPageDue(one.id)
        try:
            outcome = await walking_up.read_page(rails, store)(event, one.id)
        except RailUnreachable:
            outcome = None  # it is looked at again by itself
        await store.do(walking_up.record_page, event, outcome, now)
    return await store.read(_state, token)


def _state(reads: Reads, token: str) -> dict[str, Any]:
    one = _known(ad_hoc.by_token(reads, token))
    session, receipts = None, []
    if one.session_id is not None:
        session = judged_body(reads, remote.seen_by(reads, _actor(one), one.session_id))
        found = pages.cdrs_of_session(reads, one.session_id, None, CDRS_SHOWN)
        receipts = [CdrBody.of(cdr) for cdr in found]
    return {"state": one.state, "why": one.why, "session": session, "receipts": receipts}


@router.post("/ad-hoc-sessions/{token}/stop", status_code=202, dependencies=[_LOOKS])
async def post_ad_hoc_stop(token: LinkToken, store: CurrentStore, now: Now) -> None:
    """Ask the station to stop; the meter decides what it costs."""
    one = _known(await store.read(ad_hoc.by_token, token))
    if one.session_id is None:
        raise NoSuchVisit("Nothing has started yet. GET this link tells what is missing.")
    await store.do(remote.stop_remote, _actor(one), one.session_id, now)


def _known(one: AdHocView | None) -> AdHocView:
    if one is None:
        raise NoSuchVisit("No such link, or its page was not paid in time. Scan the code anew.")
    return one


def _actor(one: AdHocView) -> Actor:
    return Actor(one.account_id or "", is_operator=False, scopes=frozenset())
