"""Booking without an account over REST: a link by mail, then one booking and its credential."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chargehub.bookings.quote_bodies import LockedQuoteBody
from chargehub.guests import actions, paying
from chargehub.guests.access import CurrentGuest
from chargehub.guests.actions import Guest, Means, Wish
from chargehub.guests.bodies import (
    ConfirmedBody,
    GuestBookingBody,
    GuestCancellationBody,
    GuestConfirmation,
    GuestDepositBody,
    GuestRequest,
)
from chargehub.guests.rules import Secrets
from chargehub.payments.actions import NewMethod
from chargehub.payments.asked import described
from chargehub.payments.bodies import NewMethodBody
from chargehub.payments.rails import Rails
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Throttled
from chargehub.search import revealing
from chargehub.search.bodies import BookedPlaceBody
from chargehub.sessions import letting_in
from chargehub.sessions.bodies import CdrBody
from chargehub.sessions.code_bodies import AccessCodeBody, CurrentSecret, PublicUrl, StartedBody
from chargehub.stations.offered import CurrentSettings
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["guests"])

LinkToken = Annotated[str, Path(max_length=100)]
_LINKS = Depends(Throttled("guest_link", rate_per_s=0.05, burst=5))  # each sends a mail
_OPENINGS = Depends(Throttled("guest_opening", rate_per_s=0.2, burst=10))  # guesses at links


async def _hub_secrets(secret: CurrentSecret, public_url: PublicUrl) -> Secrets:
    return Secrets(secret, public_url)


async def _rails(request: Request) -> Rails:
    rails: Rails = request.app.state.hub.rails
    return rails


HubSecrets = Annotated[Secrets, Depends(_hub_secrets)]
CurrentRails = Annotated[Rails, Depends(_rails)]


@router.post("/guest-bookings", status_code=202, dependencies=[_LINKS])
async def post_guest_booking(
    wanted: GuestRequest, store: CurrentStore, public_url: PublicUrl, now: Now
) -> LockedQuoteBody:
    """Have a link mailed by which this slot can be booked without an account.

    Nothing is held before the link is opened and confirmed. What is answered here counts for half
    an hour.
    """
    return await store.do(_ask, wanted.wish(), public_url, now)


def _ask(work: Work, wish: Wish, public_url: str, now: datetime) -> LockedQuoteBody:
    return LockedQuoteBody.of(work, actions.ask_link(work, wish, public_url, now))


@router.get("/guest-bookings/{token}", dependencies=[_OPENINGS])
async def get_guest_offer(token: LinkToken, store: CurrentStore, now: Now) -> LockedQuoteBody:
    """What the link of a mail would book, at which price and rules."""
    return await store.read(_offered, token, now)


def _offered(reads: Reads, token: str, now: datetime) -> LockedQuoteBody:
    return LockedQuoteBody.of(reads, actions.offered(reads, token, now))


@router.post("/guest-bookings/{token}/confirm", status_code=201, dependencies=[_OPENINGS])
async def post_guest_confirmation(
    token: LinkToken,
    wanted: GuestConfirmation,
    store: CurrentStore,
    rails: CurrentRails,
    hub: HubSecrets,
    now: Now,
) -> ConfirmedBody:
    """Make the booking of a link. A repeat books nothing, and is answered the same.

    Where cards are entered on a page the answer names it: the booking stands when it is done.
    """
    # Nobody asks a rail through us whether a card is good who has no link.
    await store.read(actions.check_link, token, now)
    method = await _described(wanted.payment_method, rails)
    means = Means(method, wanted.credit_code, paying.page_rail(rails))
    made = await store.do(actions.confirm, token, means, hub, now)
    back_to = f"{hub.public_url.rstrip('/')}/api/v1/guest-bookings/pages"
    page_of = await paying.open_page(store, rails, made.booking.id, back_to, now)
    return ConfirmedBody.of(made, page_of)


async def _described(method: NewMethodBody | None, rails: Rails) -> NewMethod | None:
    if method is None:
        return None
    return replace(await described(rails, None, method), is_default=True)


@router.get("/guest-booking")
async def get_guest_booking(guest: CurrentGuest, store: CurrentStore) -> GuestBookingBody:
    """Your booking as a guest."""
    return GuestBookingBody.of(await store.read(actions.booking_of, guest))


@router.get("/guest-booking/cancellation")
async def get_guest_cancellation(
    guest: CurrentGuest, store: CurrentStore, now: Now
) -> GuestCancellationBody:
    """What it costs to cancel now; the same as `cancel` would take."""
    return await store.read(_cancellation, guest, now)


def _cancellation(reads: Reads, guest: Guest, now: datetime) -> GuestCancellationBody:
    price = actions.price_of_cancelling(reads, guest, now)
    return GuestCancellationBody.of(price, actions.booking_of(reads, guest).currency)


@router.post("/guest-booking/cancel")
async def post_guest_cancel(guest: CurrentGuest, store: CurrentStore, now: Now) -> GuestBookingBody:
    """Cancel before the session starts, for what the policy of the booking says. Twice is once."""
    return GuestBookingBody.of(await store.do(actions.cancel, guest, now))


@router.post("/guest-booking/deposit")
async def post_guest_deposit(
    wanted: GuestDepositBody,
    guest: CurrentGuest,
    store: CurrentStore,
    rails: CurrentRails,
    now: Now,
) -> GuestBookingBody:
    """Have a deposit that is missing asked for again; of another method, if one is named."""
    method = await _described(wanted.payment_method, rails)
    return GuestBookingBody.of(await store.do(actions.pay_deposit, guest, method, now))


@router.get("/guest-booking/place")
async def get_guest_place(
    guest: CurrentGuest, store: CurrentStore, settings: CurrentSettings, now: Now
) -> BookedPlaceBody:
    """Where to go, exactly from shortly before the slot to shortly after it."""
    margins = (
        timedelta(minutes=settings.address_before_minutes),
        timedelta(minutes=settings.address_after_minutes),
    )
    found = await store.do(revealing.reveal, guest.actor, guest.booking_id, margins, now)
    return BookedPlaceBody.of(found)


@router.get("/guest-booking/access-code")
async def get_guest_access_code(
    guest: CurrentGuest, store: CurrentStore, hub: HubSecrets, now: Now
) -> AccessCodeBody:
    """The code of your booking, to type at the EVSE or to give to who comes."""
    who = guest.actor
    found = await store.read(letting_in.code_of, who, guest.booking_id, hub.secret, now)
    return AccessCodeBody.of(found, hub.public_url)


@router.post("/guest-booking/start", status_code=201)
async def post_guest_start(guest: CurrentGuest, store: CurrentStore, now: Now) -> StartedBody:
    """Start charging at the booked EVSE in your slot."""
    return StartedBody.of(await store.do(actions.start, guest, now), now)


@router.post("/guest-booking/stop", status_code=202)
async def post_guest_stop(guest: CurrentGuest, store: CurrentStore, now: Now) -> GuestBookingBody:
    """Ask the station to stop your session; the meter decides what it costs."""
    return await store.do(_stop, guest, now)


def _stop(work: Work, guest: Guest, now: datetime) -> GuestBookingBody:
    actions.stop(work, guest, now)
    return GuestBookingBody.of(actions.booking_of(work, guest))


@router.get("/guest-booking/receipts")
async def get_guest_receipts(
    guest: CurrentGuest, store: CurrentStore, asked: CurrentPage
) -> Page[CdrBody]:
    """What your session cost, line by line, and what took that back, if anything did."""
    rows = await store.read(actions.receipts, guest, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), CdrBody.of)
