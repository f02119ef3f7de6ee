"""A hold whose bank wants to hear from its payer: a page of the rail's is opened for that.

Until the page is answered the rail has, for everybody else, not answered yet: the payment stays
`requested`. Completed, the hold stands as if it had been given at once; over, it is refused. The
page's own word counts, which is asked when somebody looks, when a rail hints, and by the clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import assert_never

from sqlalchemy import delete, update

from chargehub import events
from chargehub.bookings import deposit_pages, deposits
from chargehub.bookings import tables as bookings
from chargehub.bookings.approving import mail_account
from chargehub.payments import actions, collect, confirmations, tables
from chargehub.payments.actions import NewMethod
from chargehub.payments.confirmations import PAGE, HoldPage, HoldPageRow
from chargehub.payments.outside import reached
from chargehub.payments.page import (
    HasPages,
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    PageState,
)
from chargehub.payments.rail import (
    AUTHENTICATION_REQUIRED,
    RAIL_TIMEOUT_S,
    Held,
    RailBroken,
    Refusal,
)
from chargehub.payments.rails import Rails
from chargehub.payments.tables import METHODS_PER_ACCOUNT, PaymentMethodRow
from chargehub.payments.views import PaymentView
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from chargehub.units import Money

SUBJECT = "Confirm your payment"
WALK_UP = timedelta(minutes=10)  # for which somebody charges who has not confirmed yet
RENEWED = timedelta(hours=1)  # the hold before it still stands; then it is asked for again
LOOK_EVERY = timedelta(minutes=10)  # at a page that somebody may have completed and left
NO_PAGE = Refusal("no_page", "The means of payment wants you to confirm, which is not possible.")
NOT_CONFIRMED = Refusal("not_confirmed", "The payment was not confirmed in time.")
PATH = "/payments"

Outcome = PageState | Refusal | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How payers are asked. `within`: how long a slot that begins soon waits for its driver."""

    public_url: str = ""
    within: timedelta = timedelta(minutes=15)


USUAL = Manner()


def record_authorisation(
    work: Work,
    event: events.AuthorisationRequested,
    outcome: Held | Refusal | None,
    now: datetime,
    manner: Manner = USUAL,
) -> None:
    """Note what a rail said about a hold; where its payer must confirm, have a page opened."""
    payment = tables.payment(work, event.payment_id)
    if payment is not None and isinstance(outcome, Refusal) and _may_confirm(payment, outcome):
        until = _until(work, payment, manner, now)
        if until > now:
            _begin(work, payment, until, now)
            return
    collect.record_authorisation(work, event, outcome, now)


def _may_confirm(payment: PaymentView, why: Refusal) -> bool:
    is_wanted = payment.state == "requested" and payment.wish is None
    return is_wanted and why.code == AUTHENTICATION_REQUIRED and payment.driver_id is not None


def _until(reads: Reads, payment: PaymentView, manner: Manner, now: datetime) -> datetime:
    if payment.renews is not None:
        return now + RENEWED
    if payment.session_id is not None:
        return now + WALK_UP
    booking = bookings.booking(reads, payment.booking_id) if payment.booking_id else None
    if booking is not None and booking.status == "confirmed":
        return deposits.mend_by(booking.starts_at)
    is_held = booking is not None and booking.status == "held"
    return now + manner.within if is_held else now


def _begin(work: Work, payment: PaymentView, until: datetime, now: datetime) -> None:
    if confirmations.of_payment(work, payment.id) is not None:
        return
    work.insert(
        HoldPageRow,
        payment_id=payment.id,
        rail=payment.rail,
        reference=None,
        url=None,
        until=until,
        is_closing=False,
        look_at=now + LOOK_EVERY,
    )
    if payment.booking_id is not None:
        deposit_pages.wait(work, payment.booking_id, until)
    work.record(events.HoldPageDue(payment.id))


# --- the rail ----------------------------------------------------------------------------------


def ask_page(
    rails: Rails, store: Store, public_url: str
) -> Callable[[events.HoldPageDue, str], Awaitable[Outcome]]:
    """The effect that opens a page, reads it or closes it. None: it was answered before."""

    async def run(event: events.HoldPageDue, _key: str) -> Outcome:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await _ask(rails, store, public_url, event.payment_id)

    return run


async def _ask(rails: Rails, store: Store, public_url: str, payment_id: str) -> Outcome:
    page = await store.read(confirmations.of_payment, payment_id)
    if page is None:
        return None
    rail = rails.collecting.get(page.rail)
    if not isinstance(rail, HasPages):
        return NO_PAGE
    if page.reference is not None:
        asking = rail.close_page if page.is_closing else rail.read_page
        return await asking(page.reference)
    if page.is_closing:  # its opening was not heard of: nobody was led there
        return PageExpired()
    order = await store.read(_order, payment_id, public_url)
    return None if order is None else await rail.open_page(order, f"{payment_id}:page")


def _order(reads: Reads, payment_id: str, public_url: str) -> HoldPageOrder | None:
    payment = tables.payment(reads, payment_id)
    if payment is None or payment.driver_id is None:
        return None
    account = people.account(reads, payment.driver_id)
    is_known = account is not None and not people.is_guest(reads, payment.driver_id)
    return HoldPageOrder(
        account_id=payment.driver_id if is_known else None,
        email=account.email or None if account is not None else None,
        amount_minor=payment.hold_minor,
        currency=payment.currency,
        purpose=payment.purpose,
        back_url=f"{public_url.rstrip('/')}/api/v1{PATH}/{payment_id}/return",
    )


def record_page(work: Work, event: events.HoldPageDue, outcome: Outcome, now: datetime) -> None:
    """Note what became of a page: the hold stands, or is refused, as if the rail had said so."""
    page = confirmations.of_payment(work, event.payment_id)
    payment = tables.payment(work, event.payment_id)
    if page is None or payment is None or outcome is None:
        return
    asked = events.AuthorisationRequested(payment.id)
    match outcome:
        case PageOpen():
            _opened(work, page, payment, outcome, now)
        case PageDone():
            if outcome.held is None:
                raise RailBroken(f"{payment.rail} held nothing on a page for it: {outcome}")
            _forget(work, payment)
            _keep(work, payment, outcome, now)
            collect.record_authorisation(work, asked, outcome.held, now)
        case PageExpired():
            _forget(work, payment)
            collect.record_authorisation(work, asked, NOT_CONFIRMED, now)
        case Refusal():
            _forget(work, payment)
            collect.record_authorisation(work, asked, outcome, now)
        case _:
            assert_never(outcome)


def _opened(
    work: Work, page: HoldPage, payment: PaymentView, opened: PageOpen, now: datetime
) -> None:
    if page.reference is not None:
        return
    until = min(page.until, opened.expires_at)
    values = {"reference": opened.reference, "url": opened.url, "until": until}
    work.execute(update(PAGE).where(PAGE.c.payment_id == page.payment_id).values(**values))
    if payment.booking_id is not None:
        deposit_pages.show(work, payment.booking_id, opened.url, until)
    assert payment.driver_id is not None, payment
    amount = Money(payment.hold_minor, payment.currency)
    text = (
        f"The bank behind your means of payment wants you to confirm that {amount} are held"
        f"{_what_for(payment)}. Do so on this page, until {until:%Y-%m-%d %H:%M} UTC:\n\n"
        f"    {opened.url}\n\nNothing is taken by that; what you do not use is given back. "
        f"{_what_else(payment)}\n"
    )
    mail_account(work, payment.driver_id, SUBJECT, text, now)


def _what_for(payment: PaymentView) -> str:
    return " for your booking" if payment.booking_id else " for your charging"


def _what_else(payment: PaymentView) -> str:
    if payment.booking_id is not None:
        return "Without it the booking ends, and costs you nothing."
    return "Without it your charging is stopped; you pay what you have charged."


def _forget(work: Work, payment: PaymentView) -> None:
    work.execute(delete(PAGE).where(PAGE.c.payment_id == payment.id))
    if payment.booking_id is not None:
        deposit_pages.forget(work, payment.booking_id)


def _keep(work: Work, payment: PaymentView, page: PageDone, now: datetime) -> None:
    """A card that was entered there and is kept at the rail is in the wallet too, so that its
    holder can remove it; where there is no room it counts as removed at once."""
    if page.method is None or page.label is None or payment.driver_id is None:
        return
    known = tables.methods(work, payment.driver_id)
    if page.method in [one.reference for one in known if one.rail == payment.rail]:
        return
    if len(known) < METHODS_PER_ACCOUNT:
        new = NewMethod(payment.rail, page.method, page.label, is_default=False)
        actions.add_method(work, payment.driver_id, new, now)
        return
    work.insert(
        PaymentMethodRow,
        id=new_id(),
        account_id=payment.driver_id,
        rail=payment.rail,
        reference=page.method,
        label=page.label,
        is_default=False,
        created_at=now,
        removed_at=now,
    )


# --- who looks ---------------------------------------------------------------------------------


async def look(store: Store, rails: Rails, payment_id: str, now: datetime) -> None:
    """Ask the rail at once, for somebody who comes back from its page. Raises Unavailable."""
    page = await store.read(confirmations.of_payment, payment_id)
    rail = None if page is None else rails.collecting.get(page.rail)
    if page is not None and page.reference is not None and isinstance(rail, HasPages):
        found = await reached(rail.read_page(page.reference))
        await store.do(record_page, events.HoldPageDue(payment_id), found, now)


def hint(work: Work, rail: str, reference: str, now: datetime) -> None:
    """A rail says that something became of a page: ask it what. Unknown pages are none of ours."""
    page = confirmations.of_reference(work, rail, reference)
    if page is not None:
        _look(work, page, now)


def give_up(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A booking has ended: its page is closed, so that nothing is held for it any more."""
    payment = tables.live_of_booking(work, event.booking_id)
    page = confirmations.of_payment(work, payment.id) if payment is not None else None
    if page is not None and page.until > now:
        work.execute(update(PAGE).where(PAGE.c.payment_id == page.payment_id).values(until=now))


def look_at_pages(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have pages looked at, and those closed that are needed no more, at most 50; how many."""
    found = confirmations.due(work, now, chunk.limit)
    return chunk.each(work, found, attrgetter("payment_id"), partial(_look, now=now))


def _look(work: Work, page: HoldPage, now: datetime) -> None:
    payment = tables.payment(work, page.payment_id)
    is_over = page.until <= now or payment is None or payment.wish is not None
    if is_over and page.reference is None:  # nobody was led there, so nothing can be held
        record_page(work, events.HoldPageDue(page.payment_id), PageExpired(), now)
        return
    values = {"is_closing": is_over, "look_at": now + LOOK_EVERY}
    work.execute(update(PAGE).where(PAGE.c.payment_id == page.payment_id).values(**values))
    work.record(events.HoldPageDue(page.payment_id))
