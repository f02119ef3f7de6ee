"""Owners come to be paid: an account at a rail, completed on the rail's own pages.

What the rail itself says of an account counts: it is asked when its owner looks, when it hints,
and daily. As soon as it pays the account, and the owner has not chosen otherwise, that is chosen.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import delete, update

from chargehub import events
from chargehub.jurisdictions.book import check_country
from chargehub.payments import actions, payees, tables
from chargehub.payments.facts import AccountChanged, OwnersBankRefused
from chargehub.payments.outside import reached
from chargehub.payments.payee import AccountLink, AccountOrder, AccountState, Onboards
from chargehub.payments.payees import PAYEE, PayoutAccountRow, PayoutAccountView
from chargehub.payments.rail import RAIL_TIMEOUT_S, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import (
    MethodRefused,
    NoOnboarding,
    NoPayoutAccount,
    PayoutAccountExists,
)
from chargehub.payments.views import Preference
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import derived_id
from chargehub.store.work import Work
from chargehub.store.writer import Store

LOOK_EVERY = timedelta(minutes=1)  # however often an owner looks
ASK_EVERY = timedelta(days=1)
BANK_REFUSED = "Your bank did not take a payout"


def rail_of(rails: Rails) -> tuple[str, Onboards]:
    """The rail with accounts for owners, and its name. Raises NoOnboarding."""
    for name, rail in rails.paying_out.items():
        if isinstance(rail, Onboards):
            return name, rail
    raise NoOnboarding(sorted(rails.paying_out))


async def open_account(
    store: Store, rails: Rails, owner_id: str, country: str, now: datetime
) -> PayoutAccountView:
    """An owner's account, opened now or before. Raises PayoutAccountExists in another country,
    MethodRefused where the rail has none there, Unavailable."""
    name, rail = rail_of(rails)
    check_country(country)
    begun = await store.do(_begin, owner_id, name, country, now)
    if begun.reference is not None:
        return begun
    account = await store.read(people.account, owner_id)
    order = AccountOrder(owner_id, account.email if account else "", country)
    key = derived_id("payout account", owner_id, country, order.email)
    reference = await reached(rail.open_account(order, key))
    if isinstance(reference, Refusal):
        await store.do(_give_up, owner_id)
        raise MethodRefused(reference.detail)
    state = await reached(rail.read_account(reference))
    return await store.do(_opened, owner_id, reference, state, now)


def _begin(work: Work, owner_id: str, rail: str, country: str, now: datetime) -> PayoutAccountView:
    found = payees.of_owner(work, owner_id)
    if found is None:
        who = {"owner_id": owner_id, "rail": rail, "country": country}
        work.insert(PayoutAccountRow, **who, due=[], asked_at=now, created_at=now)
        found = payees.of_owner(work, owner_id)
    assert found is not None, owner_id
    if found.country != country:
        raise PayoutAccountExists(found.country)
    return found


def _give_up(work: Work, owner_id: str) -> None:
    is_it = PAYEE.c.owner_id == owner_id, PAYEE.c.reference.is_(None)
    work.execute(delete(PAYEE).where(*is_it))


def _opened(
    work: Work, owner_id: str, reference: str, state: AccountState | Refusal, now: datetime
) -> PayoutAccountView:
    """The first account that is noted stays."""
    is_it = PAYEE.c.owner_id == owner_id, PAYEE.c.reference.is_(None)
    work.execute(update(PAYEE).where(*is_it).values(reference=reference))
    note(work, reference, state, now)
    found = payees.of_owner(work, owner_id)
    if found is None:
        raise NoPayoutAccount
    return found


async def link(store: Store, rails: Rails, owner_id: str, back_url: str) -> AccountLink:
    """A fresh link to the rail's page for an owner's account. Raises NoPayoutAccount,
    MethodRefused, Unavailable."""
    _, rail = rail_of(rails)
    found = await store.read(payees.of_owner, owner_id)
    if found is None or found.reference is None:
        raise NoPayoutAccount
    refresh_url, return_url = f"{back_url}/refresh", f"{back_url}/return"
    made = await reached(rail.link_account(found.reference, refresh_url, return_url))
    if isinstance(made, Refusal):
        raise MethodRefused(made.detail)
    return made


async def look(
    store: Store, rails: Rails, owner_id: str, now: datetime
) -> PayoutAccountView | None:
    """An owner's account as the rail sees it now, at most a minute old; None: there is none.

    Raises Unavailable.
    """
    found = await store.read(payees.of_owner, owner_id)
    if found is None or found.reference is None or now - found.asked_at < LOOK_EVERY:
        return found
    rail = rails.paying_out.get(found.rail)
    if isinstance(rail, Onboards):
        state = await reached(rail.read_account(found.reference))
        await store.do(note, found.reference, state, now)
    return await store.read(payees.of_owner, owner_id)


def note(work: Work, reference: str, state: AccountState | Refusal, now: datetime) -> None:
    """What the rail says of an account; one that it does not show is not ready.

    Once it is ready it is how its owner is paid, unless the owner chose otherwise.
    """
    found = payees.of_reference(work, reference)
    if found is None:
        return
    told = AccountState(False, False, (), None) if isinstance(state, Refusal) else state
    values = {"is_ready": told.is_ready, "is_rejected": told.is_rejected, "due_by": told.due_by}
    is_it = PAYEE.c.owner_id == found.owner_id
    work.execute(update(PAYEE).where(is_it).values(**values, due=list(told.due), asked_at=now))
    if told.is_ready and tables.preference(work, found.owner_id) is None:
        place = Preference(found.owner_id, found.rail, reference, None, now)
        actions.choose_payout(work, place)


# --- what the clock and the rail say -----------------------------------------------------------


def hint(work: Work, rail: str, fact: AccountChanged, now: datetime) -> None:
    """A rail says that something about an account is another: ask it what."""
    found = payees.of_reference(work, fact.reference)
    if found is not None and found.rail == rail:
        _ask(work, found, now)


def bank_refused(work: Work, rail: str, fact: OwnersBankRefused, now: datetime) -> None:
    """An owner's bank sent back what the rail paid out. The hub has paid the owner all the same:
    the money is on the owner's account at the rail, so the owner alone can mend it."""
    found = payees.of_reference(work, fact.account)
    account = None if found is None else people.account(work, found.owner_id)
    if found is None or found.rail != rail or account is None or not account.email:
        return
    text = (
        "Hello,\n\n"
        f"your bank did not take {fact.amount}, which were on their way to you: {fact.detail}\n"
        f"The money is safe on your account at {rail.capitalize()}. Correct your bank account\n"
        "there (POST /api/v1/payout-accounts/links leads to it), and it is sent again.\n"
    )
    mails.write_mail(work, account.email, BANK_REFUSED, text, now)


def ask_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask daily how accounts stand, at most 50 at once; how many."""
    found = payees.to_ask(work, now - ASK_EVERY, chunk.limit)
    return chunk.each(work, found, attrgetter("owner_id"), partial(_ask, now=now))


def _ask(work: Work, found: PayoutAccountView, now: datetime) -> None:
    is_it = PAYEE.c.owner_id == found.owner_id
    work.execute(update(PAYEE).where(is_it).values(asked_at=now))
    work.record(events.PayoutAccountAsked(found.owner_id))


Asked = tuple[str, AccountState | Refusal]


def read_account(
    rails: Rails, store: Store
) -> Callable[[events.PayoutAccountAsked, str], Awaitable[Asked | None]]:
    """The effect that asks a rail how an account stands. None: there is none any more."""

    async def run(event: events.PayoutAccountAsked, _key: str) -> Asked | None:
        found = await store.read(payees.of_owner, event.owner_id)
        rail = None if found is None else rails.paying_out.get(found.rail)
        if found is None or found.reference is None or not isinstance(rail, Onboards):
            return None
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return found.reference, await rail.read_account(found.reference)

    return run


def record_account(
    work: Work, event: events.PayoutAccountAsked, outcome: Asked | None, now: datetime
) -> None:
    """Note what the rail said."""
    if outcome is not None:
        note(work, *outcome, now)
