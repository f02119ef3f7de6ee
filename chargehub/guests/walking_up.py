"""Somebody without an account pays at an EVSE and charges: nothing starts before a hold stands.

The rail's page is asked outside of any transaction, by the route or by the effect; what it says is
recorded here, once. From the start on the session is a guest's like any other.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, assert_never

from sqlalchemy import delete, update

from chargehub.errors import Conflict, NotFound, Refused
from chargehub.events import AdHocPageDue
from chargehub.guests import ad_hoc
from chargehub.guests.ad_hoc import AD_HOC, AdHocRow, AdHocView
from chargehub.payments import rules as payment_rules
from chargehub.payments import steps
from chargehub.payments import tables as payments
from chargehub.payments.page import (
    LOOK_EVERY,
    HasPages,
    PageDone,
    PageExpired,
    PageOpen,
    PageState,
    look_at,
)
from chargehub.payments.rail import Held, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.tables import PaymentRow
from chargehub.people import actions as people
from chargehub.people import mails
from chargehub.people.rules import Actor, digest
from chargehub.sessions import opening, remote
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.pricing import Tariff
from chargehub.units import Money

MAILED = 3  # links to one mailbox whose pages wait
SUBJECT = "Your charging, and what it costs"
RAIL_GONE = Refusal(
    "rail_gone",
    "The hub does not take cards this way any more. Nothing was started or taken; if something is"
    " held on your card, your bank lets it go by itself. Scan the code anew.",
)
Outcome = PageState | Refusal | None


class NoPages(Conflict):
    """The hub has no rail on whose pages somebody could pay."""

    code = "no_ad_hoc_payment"


class NothingToPay(Conflict):
    """Charging is free there: no card is needed."""

    code = "nothing_to_pay"


class NoSuchVisit(NotFound):
    """No link opens this."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be paid where, as it was told. `token` opens the link."""

    id: str
    token: str
    hold: Money
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody unknown could charge for now: the price list, and what is held before."""

    hold: Money
    tariff: Tariff


def rail_with_pages(rails: Rails) -> tuple[str, HasPages]:
    """The rail that unknown people pay by. Raises NoPages."""
    found = rails.with_pages()
    if found is None:
        raise NoPages("This hub takes no cards on pages. Make an account and add a way to pay.")
    return found


def check(reads: Reads, evse_id: str, now: datetime) -> Offer:
    """What an EVSE offers to somebody unknown who would start now.

    Raises NoSuchEvse, StationOffline, MayNotStart, NothingToPay.
    """
    evse = remote.check_ready(reads, evse_id)
    tariff = tariffs.snapshot(reads, opening.admit_anybody(reads, evse, now))
    hold_minor = pricing.deposit(tariff, evse.power_w, payment_rules.WALK_UP)
    if hold_minor == 0:
        raise NothingToPay("Charging is free here. Start with an account, or ask the owner.")
    return Offer(Money(hold_minor, tariff.currency), tariff)


def visit(work: Work, evse_id: str, email: str, rail: str, now: datetime) -> Visit:
    """Note that somebody stands at an EVSE and would pay to charge; nothing is kept for it.

    Raises NoSuchEvse, StationOffline, MayNotStart, NothingToPay.
    """
    offer = check(work, evse_id, now)
    found = Visit(new_id(), secrets.token_urlsafe(24), offer.hold, offer.tariff)
    work.add(
        AdHocRow(
            id=found.id,
            token_hash=digest(found.token),
            evse_id=evse_id,
            email=email,
            rail=rail,
            currency=offer.hold.currency,
            hold_minor=offer.hold.amount_minor,
            state="opened",
            look_at=now + LOOK_EVERY,
            created_at=now,
        )
    )
    return found


def note_page(work: Work, visit_id: str, page: PageOpen) -> None:
    """The rail has opened its page."""
    _set(work, visit_id, page_reference=page.reference)


def look_at_pages(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have open pages looked at, at most 50; how many."""
    found = ad_hoc.due(work, now, chunk.limit)
    return chunk.each(work, found, attrgetter("id"), partial(_look, now=now))


def hint(work: Work, rail: str, reference: str, now: datetime) -> None:
    """A rail says that something became of a page: ask it what. Unknown pages are none of ours."""
    one = ad_hoc.of_reference(work, rail, reference)
    if one is not None and one.state == "opened":
        _look(work, one, now)


def _look(work: Work, one: AdHocView, now: datetime) -> None:
    later = look_at(one.unanswered, now)
    _set(work, one.id, look_at=later, unanswered=one.unanswered + 1)
    work.record(AdHocPageDue(one.id))


def read_page(rails: Rails, store: Store) -> Callable[[AdHocPageDue, str], Awaitable[Outcome]]:
    """The effect that looks at a page. None: it was told before. A refusal: its rail is gone."""

    async def run(event: AdHocPageDue, key: str) -> Outcome:
        one = await store.read(ad_hoc.visit, event.visit_id)
        if one is None or one.state != "opened":
            return None
        if one.page_reference is None:  # its opening was not heard of: nobody was led there
            return PageExpired()
        rail = rails.collecting.get(one.rail)
        if not isinstance(rail, HasPages):
            return RAIL_GONE
        return await rail.read_page(one.page_reference)

    return run


def record_page(work: Work, event: AdHocPageDue, outcome: Outcome, now: datetime) -> None:
    """Note what became of a page. A hold starts the session, or goes back where it cannot."""
    one = ad_hoc.visit(work, event.visit_id)
    if one is None or outcome is None or one.state != "opened":
        return
    match outcome:
        case PageOpen():
            if one.unanswered:
                _set(work, one.id, look_at=now + LOOK_EVERY, unanswered=0)
        case Refusal():
            if _taken_up(work, one.id):
                _set(work, one.id, state="refused", why=outcome.detail, email="")
        case PageExpired():
            work.execute(delete(AD_HOC).where(AD_HOC.c.id == one.id))
        case PageDone():
            assert outcome.held is not None, one
            if _taken_up(work, one.id):
                _begin(work, one, outcome.held, now)
        case _:
            assert_never(outcome)


def _taken_up(work: Work, visit_id: str) -> bool:
    """True once: another hub may look at the same page at the same moment."""
    is_it = AD_HOC.c.id == visit_id, AD_HOC.c.state == "opened"
    return work.execute(update(AD_HOC).where(*is_it).values(state="started")) == 1


def _begin(work: Work, one: AdHocView, held: Held, now: datetime) -> None:
    account_id = people.open_guest(work, one.email, now)
    people.set_can_pay(work, account_id, True)
    _set(work, one.id, account_id=account_id, email="")
    payment_id = _note_hold(work, one, held, account_id, now)
    why = work.attempt(partial(_start, one=one, payment_id=payment_id, now=now))
    if why is None:
        return
    if not isinstance(why, Refused):
        raise why
    payment = payments.payment(work, payment_id)
    assert payment is not None, payment_id
    steps.release(work, payment, now)
    _set(work, one.id, state="refused", why=str(why)[:300])


def _start(work: Work, one: AdHocView, payment_id: str, now: datetime) -> None:
    begun = ad_hoc.visit(work, one.id)
    payment = payments.payment(work, payment_id)
    assert begun is not None and begun.account_id is not None and payment is not None, one
    actor = Actor(begun.account_id, is_operator=False, scopes=frozenset())
    session = remote.start_remote(work, actor, one.evse_id, now)
    steps.move(work, payment, now, session_id=session.id)
    _set(work, one.id, state="started", session_id=session.id)


def _note_hold(work: Work, one: AdHocView, held: Held, account_id: str, now: datetime) -> str:
    payment_id = new_id()
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=account_id,
        rail=one.rail,
        method="",
        currency=one.currency,
        hold_minor=one.hold_minor,
        capturable_minor=held.capturable_minor,
        state="authorised",
        rail_reference=held.reference,
        expires_at=held.expires_at,
        renew_at=payment_rules.renew_at(held.expires_at, now),
        created_at=now,
        changed_at=now,
    )
    payment = payments.payment(work, payment_id)
    assert payment is not None, payment_id
    steps.note_hold(work, payment, now)
    return payment_id


def write_link(work: Work, email: str, link: str, now: datetime) -> None:
    """Mail the link by which the session is watched, stopped, and its receipt is read.

    A mailbox gets no more than there can be reason for: anybody may name anybody's, unpaid.
    """
    if ad_hoc.waiting_of(work, email) > MAILED:
        return
    text = (
        "Hello,\n\nby this link you see what you charge and what it costs, stop it, and have the"
        f" receipt. Whoever has it can do the same:\n\n    {link}\n"
    )
    mails.write_mail(work, email, SUBJECT, text, now)


def _set(work: Work, visit_id: str, **values: Any) -> None:
    work.execute(update(AD_HOC).where(AD_HOC.c.id == visit_id).values(**values))
