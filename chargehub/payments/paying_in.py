"""Topping up on a page of a rail's, with a card that nobody keeps.

What is held there is captured as soon as the rail says that it stands; until then the top-up is
`requested`. The page's own word counts: the rail is asked when its driver looks, when a rail
hints, and by the clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import assert_never

from sqlalchemy import update

from chargehub import events
from chargehub.payments import prepaid, top_up_pages, topping_up
from chargehub.payments.funds import Limits, TopUpRefused
from chargehub.payments.outside import reached
from chargehub.payments.page import (
    HasPages,
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    PageState,
)
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailBroken, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import NoPages
from chargehub.payments.top_up_pages import PAGE, TopUpPage, TopUpPageRow
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import Money

LASTS = timedelta(minutes=30)  # meanwhile no other top-up of the currency can be begun
ASK_EVERY = timedelta(minutes=10)
NOT_PAID = Refusal("page_expired", "Nobody paid on the page in time. Nothing was taken.")


def rail_with_pages(rails: Rails, wanted: str | None) -> str:
    """The rail of this name, or the hub's first, on whose pages somebody can pay. Raises
    NoPages."""
    having = sorted(name for name, one in rails.collecting.items() if isinstance(one, HasPages))
    if (wanted is not None and wanted not in having) or not having:
        raise NoPages(having)
    return wanted or ("stripe" if "stripe" in having else having[0])


def begin(
    work: Work, account_id: str, amount: Money, rail: str, limits: Limits, now: datetime
) -> prepaid.TopUpView:
    """A page is to be opened for this. Raises TopUpRefused, TopUpUnderWay."""
    asked = topping_up.ask(work, account_id, amount, (rail, ""), limits, now)
    work.insert(TopUpPageRow, top_up_id=asked.id, until=now + LASTS, asked_at=now)
    return asked


async def open_page(
    store: Store, rails: Rails, top_up_id: str, back_url: str, now: datetime
) -> None:
    """Open the page that was begun; again, it is the same. Raises TopUpRefused, Unavailable."""
    page = await store.read(top_up_pages.page, top_up_id)
    top_up = await store.read(prepaid.top_up, top_up_id)
    if page is None or page.reference is not None or top_up is None or top_up.state != "requested":
        return
    account = await store.read(people.account, top_up.account_id)
    rail = rails.collecting.get(top_up.rail)
    if account is None or not isinstance(rail, HasPages):
        return
    order = HoldPageOrder(
        account_id=None,
        email=account.email or None,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        purpose=f"top_up:{top_up_id}",
        back_url=back_url,
    )
    opened = await reached(rail.open_page(order, f"{top_up_id}:page"))
    await store.do(_opened, top_up_id, opened, now)
    if isinstance(opened, Refusal):
        raise TopUpRefused(opened.detail)


def _opened(work: Work, top_up_id: str, opened: PageOpen | Refusal, now: datetime) -> None:
    if isinstance(opened, Refusal):
        topping_up.record_top_up(work, events.TopUpRequested(top_up_id), opened, now)
        return
    is_it = PAGE.c.top_up_id == top_up_id, PAGE.c.reference.is_(None)
    work.execute(update(PAGE).where(*is_it).values(reference=opened.reference, url=opened.url))


async def look(store: Store, rails: Rails, top_up_id: str, now: datetime) -> None:
    """Ask the rail at once, for a driver who looks. Raises Unavailable."""
    event = events.TopUpPageDue(top_up_id)
    found = await reached(_asked(store, rails, event))
    await store.do(record_page, event, found, now)


def hint(work: Work, rail: str, reference: str, now: datetime) -> None:
    """A rail says that something became of a page: ask it what. Unknown pages are none of ours."""
    page = top_up_pages.of_reference(work, rail, reference)
    if page is not None:
        _ask(work, page, now)


def ask_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask about pages that nobody looks at, and close those whose time is over; how many."""
    found = top_up_pages.to_ask(work, now - ASK_EVERY, now, chunk.limit)
    return chunk.each(work, found, attrgetter("top_up_id"), partial(_ask, now=now))


def _ask(work: Work, page: TopUpPage, now: datetime) -> None:
    is_over = page.until <= now
    if is_over and page.reference is None:  # nobody was led there, so nothing can be held
        record_page(work, events.TopUpPageDue(page.top_up_id, True), PageExpired(), now)
        return
    later = max(now, page.until) + ASK_EVERY if is_over else page.until
    values = {"asked_at": now, "until": later}
    work.execute(update(PAGE).where(PAGE.c.top_up_id == page.top_up_id).values(**values))
    work.record(events.TopUpPageDue(page.top_up_id, is_over))


def read_page(
    rails: Rails, store: Store
) -> Callable[[events.TopUpPageDue, str], Awaitable[PageState | None]]:
    """The effect that asks a rail what became of a page, or closes it. None: nothing is open."""

    async def run(event: events.TopUpPageDue, _key: str) -> PageState | None:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await _asked(store, rails, event)

    return run


async def _asked(store: Store, rails: Rails, event: events.TopUpPageDue) -> PageState | None:
    page = await store.read(top_up_pages.page, event.top_up_id)
    top_up = await store.read(prepaid.top_up, event.top_up_id)
    rail = None if top_up is None else rails.collecting.get(top_up.rail)
    if page is None or page.hold is not None or page.reference is None:
        return None
    if top_up is None or top_up.state != "requested" or not isinstance(rail, HasPages):
        return None
    asking = rail.close_page if event.is_closing else rail.read_page
    return await asking(page.reference)


def record_page(
    work: Work, event: events.TopUpPageDue, outcome: PageState | None, now: datetime
) -> None:
    """Note what became of a page: what was held there is taken, once."""
    asked = events.TopUpRequested(event.top_up_id)
    match outcome:
        case PageDone():
            if outcome.held is None:
                raise RailBroken(f"nothing was held on a page for it: {outcome}")
            is_it = PAGE.c.top_up_id == event.top_up_id, PAGE.c.hold.is_(None)
            hold = {"hold": outcome.held.reference, "url": None}
            if work.execute(update(PAGE).where(*is_it).values(**hold)) == 1:
                work.record(asked)
        case PageExpired():
            page = top_up_pages.page(work, event.top_up_id)
            if page is not None and page.hold is None:
                topping_up.record_top_up(work, asked, NOT_PAID, now)
        case PageOpen() | None:
            pass
        case _:
            assert_never(outcome)
