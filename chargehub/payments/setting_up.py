"""A card enters a driver's wallet: by a page of its rail, and in no other way.

The page's own word counts, not the browser that comes back from it: the rail is asked what became
of it, when its driver asks, when a rail hints, and by the clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import delete, update

from chargehub import events
from chargehub.payments import actions, setups, tables
from chargehub.payments.actions import NewMethod
from chargehub.payments.outside import reached
from chargehub.payments.page import (
    HasPages,
    PageDone,
    PageExpired,
    PageOpen,
    PageState,
    SetUpPageOrder,
)
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailBroken, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import (
    MethodRefused,
    NoPages,
    NoSuchSetup,
    TooManyMethods,
    TooManySetups,
)
from chargehub.payments.setups import SETUP, MethodSetupRow, SetupView
from chargehub.payments.tables import METHODS_PER_ACCOUNT
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store

MOST_OPEN = 5  # pages of an account: one for each of its devices
OPENING = timedelta(minutes=10)  # a page whose opening nobody heard of counts so long
READ_AT_MOST_EVERY = timedelta(seconds=1)  # however often a driver looks
ASK_EVERY = timedelta(hours=1)  # about pages that nobody looks at
KEPT = timedelta(days=30)  # after the end of its time, for who asks what became of it


def pages_of(rails: Rails, name: str) -> HasPages:
    """The rail of this name, if cards are entered on its pages. Raises NoPages."""
    rail = rails.collecting.get(name)
    if isinstance(rail, HasPages) and rail.enters_cards:
        return rail
    found = rails.collecting.items()
    having = (name for name, one in found if isinstance(one, HasPages) and one.enters_cards)
    raise NoPages(sorted(having))


def begin(work: Work, account_id: str, rail: str, now: datetime) -> str:
    """A page is to be opened; its id. Raises TooManySetups, TooManyMethods."""
    n_open = setups.count_open(work, account_id, now)
    if n_open >= MOST_OPEN:
        raise TooManySetups(
            f"You have {MOST_OPEN} open pages for cards. Use one of them, or wait until it expires."
        )
    if len(tables.methods(work, account_id)) + n_open >= METHODS_PER_ACCOUNT:
        raise TooManyMethods(
            f"You may have {METHODS_PER_ACCOUNT} payment methods, those you are about to add "
            "included. Remove one to add another."
        )
    setup_id = new_id()
    work.insert(
        MethodSetupRow,
        id=setup_id,
        account_id=account_id,
        rail=rail,
        state="opening",
        expires_at=now + OPENING,
        asked_at=now,
        created_at=now,
    )
    return setup_id


async def open_page(
    store: Store, rail: HasPages, setup_id: str, back_url: str, now: datetime
) -> SetupView:
    """Open the page that was begun; again, it is the same. Raises MethodRefused, Unavailable."""
    setup = await store.read(setups.setup, setup_id)
    account = None if setup is None else await store.read(people.account, setup.account_id)
    if setup is None or account is None:
        raise NoSuchSetup
    if setup.state != "opening":
        return setup
    order = SetUpPageOrder(setup.account_id, account.email, back_url)
    page = await reached(rail.open_page(order, setup_id))
    if isinstance(page, Refusal):
        raise MethodRefused(page.detail)
    return await store.do(_opened, setup_id, page, now)


def _opened(work: Work, setup_id: str, page: PageOpen, now: datetime) -> SetupView:
    is_it = SETUP.c.id == setup_id, SETUP.c.state == "opening"
    values = {"reference": page.reference, "url": page.url, "expires_at": page.expires_at}
    work.execute(update(SETUP).where(*is_it).values(state="open", asked_at=now, **values))
    found = setups.setup(work, setup_id)
    if found is None:  # the account was erased meanwhile
        raise NoSuchSetup
    return found


async def look(store: Store, rails: Rails, setup: SetupView, now: datetime) -> SetupView:
    """What became of a page by now, the card being in the wallet if it was entered.

    Raises Unavailable, and TooManyMethods as long as the wallet is full.
    """
    rail = rails.collecting.get(setup.rail)
    is_early = now - setup.asked_at < READ_AT_MOST_EVERY
    if setup.state != "open" or is_early or not isinstance(rail, HasPages):
        return setup
    assert setup.reference is not None, setup
    page = await reached(rail.read_page(setup.reference))
    return await store.do(finish, setup.id, page, now)


def finish(work: Work, setup_id: str, page: PageState, now: datetime) -> SetupView:
    """Note what became of a page; what was entered is in the wallet, once. Raises TooManyMethods,
    NoSuchSetup."""
    setup = setups.setup(work, setup_id)
    if setup is None:
        raise NoSuchSetup
    if setup.state != "open":
        return setup
    state = {PageOpen: "open", PageExpired: "expired", PageDone: "done"}[type(page)]
    is_it = SETUP.c.id == setup_id, SETUP.c.state == "open"
    if work.execute(update(SETUP).where(*is_it).values(state=state, asked_at=now)) != 1:
        return setups.setup(work, setup_id) or setup  # another node was first
    found = replace(setup, state=state, asked_at=now)
    if isinstance(page, PageDone):
        found = replace(found, method_id=_add(work, setup, page, now))
        kept = update(SETUP).where(SETUP.c.id == setup_id).values(method_id=found.method_id)
        work.execute(kept)
    return found


def _add(work: Work, setup: SetupView, page: PageDone, now: datetime) -> str:
    if page.method is None or page.label is None:
        raise RailBroken(f"{setup.rail} kept no card on a page for one: {page}")
    new = NewMethod(setup.rail, page.method, page.label, True, page.expires_at)
    return actions.add_method(work, setup.account_id, new, now).id


# --- what the clock and the rail say -----------------------------------------------------------


def hint(work: Work, rail: str, reference: str, now: datetime) -> None:
    """A rail says that something became of a page: ask it what. Unknown pages are none of ours."""
    setup = setups.of_reference(work, rail, reference)
    if setup is not None and setup.state == "open":
        _ask(work, setup, now)


def ask_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask about open pages that nobody looked at, at most 50; how many."""
    found = setups.to_ask(work, now - ASK_EVERY, now, chunk.limit)
    return chunk.each(work, found, attrgetter("id"), partial(_ask, now=now))


def _ask(work: Work, setup: SetupView, now: datetime) -> None:
    work.execute(update(SETUP).where(SETUP.c.id == setup.id).values(asked_at=now))
    work.record(events.MethodSetupAsked(setup.id))


def read_page(
    rails: Rails, store: Store
) -> Callable[[events.MethodSetupAsked, str], Awaitable[PageState | None]]:
    """The effect that asks a rail what became of a page. None: nothing needs to be known."""

    async def run(event: events.MethodSetupAsked, _key: str) -> PageState | None:
        setup = await store.read(setups.setup, event.setup_id)
        rail = None if setup is None else rails.collecting.get(setup.rail)
        if setup is None or setup.state != "open" or not isinstance(rail, HasPages):
            return None
        assert setup.reference is not None, setup
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await rail.read_page(setup.reference)

    return run


def record_page(
    work: Work, event: events.MethodSetupAsked, outcome: PageState | None, now: datetime
) -> None:
    """Note what the rail said. Into a full wallet nothing goes until its holder makes room."""
    setup = setups.setup(work, event.setup_id)
    if outcome is None or setup is None:
        return
    is_full = len(tables.methods(work, setup.account_id)) >= METHODS_PER_ACCOUNT
    if not (is_full and isinstance(outcome, PageDone)):
        finish(work, event.setup_id, outcome, now)


def forget(work: Work, now: datetime) -> int:
    """Delete pages whose time is long over; how many."""
    return work.execute(delete(SETUP).where(SETUP.c.expires_at <= now - KEPT))
