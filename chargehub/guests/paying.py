"""Guests pay on a page of the rail: their booking stands when it is done, and ends with its time.

A deposit that is due now is held on the page itself; for one that is held later, or not before
its owner agrees, a card is entered. Either way the card is kept for the guest's account, so that
what is due in the end is taken as from every driver.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import assert_never

from sqlalchemy import update

from chargehub.bookings import rules as booking_rules
from chargehub.bookings import tables as bookings
from chargehub.bookings.approving import mail_account
from chargehub.bookings.steps import Ending, release
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.events import AuthorisationRequested, GuestPageDue
from chargehub.guests import pages
from chargehub.guests.pages import PAGE, GuestPageRow, GuestPageView
from chargehub.payments import actions as payments
from chargehub.payments import collect
from chargehub.payments import tables as payment_tables
from chargehub.payments.actions import NewMethod
from chargehub.payments.outside import reached
from chargehub.payments.page import (
    LOOK_EVERY,
    HasPages,
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    PageOrder,
    PageState,
    SetUpPageOrder,
    look_at,
)
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailBroken, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import MethodRefused
from chargehub.payments.tables import PAYMENT, PaymentRow
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store

PAY_WITHIN = timedelta(minutes=30)  # to find the card and satisfy the bank
KNOWN_BY = timedelta(minutes=10)  # after its end: the rail may be silent just then
NOT_PAID = Refusal("page_expired", "The page was not completed in time. Book the slot anew.")
UNPAID_SUBJECT = "Your booking does not stand: no card was entered"


def page_rail(rails: Rails) -> str | None:
    """The rail on whose pages guests enter their cards; None: there is none."""
    for name, rail in rails.collecting.items():
        if isinstance(rail, HasPages) and rail.enters_cards:
            return name
    return None


def begin(work: Work, booking: BookingView, rail: str, now: datetime) -> None:
    """A guest's booking is to be paid on a page; one that costs nothing is not."""
    if booking.deposit_minor == 0:
        return
    until, payment_id = now + PAY_WITHIN, None
    if booking.status == "held":
        payment_id = _ask_payment(work, booking, rail, now)
        is_it = BOOKING.c.id == booking.id
        work.execute(update(BOOKING).where(is_it).values(pay_by=until + KNOWN_BY))
    work.insert(
        GuestPageRow,
        id=new_id(),
        booking_id=booking.id,
        account_id=booking.driver_id,
        rail=rail,
        payment_id=payment_id,
        state="open",
        until=until,
        look_at=now + LOOK_EVERY,
    )


def _ask_payment(work: Work, booking: BookingView, rail: str, now: datetime) -> str:
    payment_id = new_id()
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=booking.driver_id,
        booking_id=booking.id,
        rail=rail,
        method="",
        currency=booking.currency,
        hold_minor=booking.deposit_minor,
        state="requested",
        created_at=now,
        changed_at=now,
    )
    return payment_id


async def open_page(
    store: Store, rails: Rails, booking_id: str, back_to: str, now: datetime
) -> GuestPageView | None:
    """The page of a guest's booking, opened if it was not; again, it is the same. None: nothing is
    to be paid on a page. `back_to`: where it leads, but for its id. Raises MethodRefused,
    Unavailable."""
    one = await store.read(pages.of_booking, booking_id)
    if one is None or one.state != "open" or one.url is not None or one.until <= now:
        return one
    rail = rails.collecting.get(one.rail)
    assert isinstance(rail, HasPages), one.rail
    order = await store.read(_order, one, back_to)
    found = await reached(rail.open_page(order, one.id))
    if isinstance(found, Refusal):
        raise MethodRefused(found.detail)
    await store.do(_opened, one.id, found)
    return replace(one, reference=found.reference, url=found.url)


def _order(reads: Reads, one: GuestPageView, back_to: str) -> PageOrder:
    account = people.account(reads, one.account_id)
    assert account is not None, one.account_id
    back_url = f"{back_to}/{one.id}/return"
    if one.payment_id is None:
        return SetUpPageOrder(one.account_id, account.email, back_url)
    payment = payment_tables.payment(reads, one.payment_id)
    assert payment is not None, one.payment_id
    held = payment.hold_minor, payment.currency
    return HoldPageOrder(one.account_id, account.email, *held, payment.purpose, back_url)


def _opened(work: Work, page_id: str, found: PageOpen) -> None:
    values = {"reference": found.reference, "url": found.url}
    work.execute(update(PAGE).where(PAGE.c.id == page_id).values(**values))


# --- what becomes of it ------------------------------------------------------------------------


def look_at_pages(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have open pages looked at, at most 50, those whose time is over closed; how many."""
    found = pages.due(work, now, chunk.limit)
    return chunk.each(work, found, attrgetter("id"), partial(_look, now=now))


def _look(work: Work, one: GuestPageView, now: datetime) -> None:
    booking = bookings.booking(work, one.booking_id)
    is_live = booking is not None and booking.status in booking_rules.LIVE
    later = look_at(one.unanswered, now)
    if now < one.until:  # then it is closed, however seldom it is looked at
        later = min(later, one.until)
    values = {"look_at": later, "unanswered": one.unanswered + 1}
    work.execute(update(PAGE).where(PAGE.c.id == one.id).values(**values))
    work.record(GuestPageDue(one.id, is_over=one.until <= now or not is_live))


def read_page(
    rails: Rails, store: Store
) -> Callable[[GuestPageDue, str], Awaitable[PageState | None]]:
    """The effect that looks at a page, and closes one whose time is over. None: it was told."""

    async def run(event: GuestPageDue, _key: str) -> PageState | None:
        one = await store.read(pages.page, event.page_id)
        if one is None or one.state != "open":
            return None
        if one.reference is None:  # its opening was not heard of: nobody was led there
            return PageExpired() if event.is_over else None
        rail = rails.collecting.get(one.rail)
        if not isinstance(rail, HasPages):  # it was taken away: nobody is led there any more
            return PageExpired() if event.is_over else None
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            if event.is_over:
                return await rail.close_page(one.reference)
            return await rail.read_page(one.reference)

    return run


async def look(store: Store, rails: Rails, page_id: str, now: datetime) -> GuestPageView | None:
    """What became of a page by now, its booking with it; None: there is no such page.

    Raises Unavailable.
    """
    one = await store.read(pages.page, page_id)
    if one is not None and one.state == "open":
        event = GuestPageDue(one.id, is_over=one.until <= now)
        outcome = await reached(read_page(rails, store)(event, one.id))
        await store.do(record_page, event, outcome, now)
    return await store.read(pages.page, page_id)


def record_page(work: Work, event: GuestPageDue, outcome: PageState | None, now: datetime) -> None:
    """Note what became of a page, once: the card, and what is held, are the booking's."""
    one = pages.page(work, event.page_id)
    if one is None or outcome is None or one.state != "open":
        return
    match outcome:
        case PageOpen():
            if one.unanswered:
                values = {"look_at": min(now + LOOK_EVERY, one.until), "unanswered": 0}
                work.execute(update(PAGE).where(PAGE.c.id == one.id).values(**values))
        case PageDone():
            _end(work, one, "done")
            _keep_card(work, one, outcome, now)
        case PageExpired():
            _end(work, one, "expired")
            _let_go(work, one, now)
        case _:
            assert_never(outcome)


def _end(work: Work, one: GuestPageView, state: str) -> None:
    work.execute(update(PAGE).where(PAGE.c.id == one.id).values(state=state))


def _keep_card(work: Work, one: GuestPageView, done: PageDone, now: datetime) -> None:
    if done.method is None or done.label is None:
        raise RailBroken(f"{one.rail} kept no card of a guest: {done}")
    card = NewMethod(one.rail, done.method, done.label, is_default=True)
    payments.add_method(work, one.account_id, card, now)
    if one.payment_id is None:
        return
    if done.held is None:
        raise RailBroken(f"{one.rail} holds nothing by a page that was for that: {done}")
    is_it = PAYMENT.c.id == one.payment_id
    work.execute(update(PAYMENT).where(is_it).values(method=done.method))
    collect.record_authorisation(work, AuthorisationRequested(one.payment_id), done.held, now)


def _let_go(work: Work, one: GuestPageView, now: datetime) -> None:
    """Nobody paid: the slot is free again."""
    if one.payment_id is not None:
        collect.record_authorisation(work, AuthorisationRequested(one.payment_id), NOT_PAID, now)
        return
    booking = bookings.booking(work, one.booking_id)
    if booking is None or booking.status not in ("requested", "confirmed"):
        return
    release(work, booking, Ending("expired"), now)
    text = (
        "No card was entered for your booking within half an hour, so it does not stand, and costs"
        " nothing. Book it anew if you need it.\n"
    )
    mail_account(work, booking.driver_id, UNPAID_SUBJECT, text, now)
