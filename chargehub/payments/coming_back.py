"""Payouts that come back after the rail had confirmed them: a bank refused, days later.

The balance is the owner's again, less what is owed by now; it is tried again after a day, or when
the owner chooses anew, and after three failures in a row only then. A rail with webhooks tells it
by itself; others are looked at a few times (`TellsReturns`), or an operator says it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from operator import attrgetter

import structlog
from sqlalchemy import bindparam, select, update

from chargehub import events
from chargehub.errors import Conflict
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import transfer_id
from chargehub.payments import payout, tables
from chargehub.payments.facts import PayoutReversed
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailUnreachable, Refusal, TellsReturns
from chargehub.payments.rails import Rails
from chargehub.payments.steps import told
from chargehub.payments.tables import PAYOUT
from chargehub.payments.views import PayoutView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import Money

log = structlog.get_logger(__name__)

SUBJECT = "A payout came back"
LOOKS = tuple(timedelta(days=days) for days in (1, 3, 7))
"""When a payout is looked at, after it was paid: banks return within five banking days."""

_TO_LOOK_AT = (
    select(PAYOUT)
    .where(PAYOUT.c.look_at <= bindparam("now", type_=Instant()), PAYOUT.c.state != "requested")
    .order_by(PAYOUT.c.look_at, PAYOUT.c.id)
    .limit(bindparam("limit"))
)


class NotPaidOut(Conflict):
    """The payout is none that can come back: not paid yet, refused, paid in tokens, or taken back
    in part."""

    code = "not_paid_out"


def came_back(work: Work, payout_id: str, why: Refusal, now: datetime) -> PayoutView:
    """Book that a payout which was paid is with the hub again, once; told again it is the same.

    `why.detail` is told to the owner. Raises NotPaidOut.
    """
    found = tables.payout(work, payout_id)
    if found is not None and found.state == "failed" and found.rail_reference is not None:
        return found
    if found is None or found.state != "paid" or found.token_units is not None:
        raise NotPaidOut("Only a payout in money that is paid can come back.")
    if found.reversed_minor:
        raise NotPaidOut("A part of it was taken back for what the owner owes, so it did arrive.")
    log.warning("payout came back", payout=found.id, rail=found.rail, code=why.code)
    payout.finish(work, found, now, was="paid", state="failed", **told(why))
    for step in ("payout_paid", "payout_requested"):
        undone = transfer_id("payout", found.id, f"{step}_undone")
        ledger.reverse(work, transfer_id("payout", found.id, step), undone, why.code, now)
    payout.net(work, found, now)
    work.record(events.PayoutFailed(found.id))
    _write(work, found, why, now)
    return after(work, found.id)


def hear_reversed(work: Work, rail: str, fact: PayoutReversed, now: datetime) -> None:
    """A rail says that somebody took a payout back there."""
    found = tables.payout_by_reference(work, rail, fact.reference)
    if found is not None and found.state == "paid":
        why = Refusal("reversed", f"it was taken back at {rail.capitalize()}.")
        came_back(work, found.id, why, now)


def after(work: Work, payout_id: str) -> PayoutView:
    """The payout as it stands now."""
    found = tables.payout(work, payout_id)
    assert found is not None, payout_id
    return found


def look_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have the rails looked at for what was paid a while ago; at most 50 payouts; how many."""
    rows = work.all(_TO_LOOK_AT, now=now, limit=chunk.limit)

    def look(unit: Work, found: PayoutView) -> None:
        paid_at = found.finished_at or now
        later = [paid_at + step for step in LOOKS if paid_at + step > now]
        is_it = PAYOUT.c.id == found.id, PAYOUT.c.look_at == found.look_at
        looking = update(PAYOUT).where(*is_it).values(look_at=min(later, default=None))
        if unit.execute(looking) and found.state == "paid":
            unit.record(events.PayoutLookedAt(found.id))

    return chunk.each(work, [PayoutView(*row) for row in rows], attrgetter("id"), look)


def look(
    rails: Rails, store: Store
) -> Callable[[events.PayoutLookedAt, str], Awaitable[Refusal | None]]:
    """The effect that asks a rail what became of a payout. None: nothing is known against it."""

    async def run(event: events.PayoutLookedAt, _key: str) -> Refusal | None:
        found = await store.read(tables.payout, event.payout_id)
        rail = None if found is None else rails.paying_out.get(found.rail)
        if found is None or found.state != "paid" or not isinstance(rail, TellsReturns):
            return None
        try:
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                return await rail.returned(found.rail_reference or "")
        except TimeoutError as error:
            raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error

    return run


def record_look(
    work: Work, event: events.PayoutLookedAt, outcome: Refusal | None, now: datetime
) -> None:
    """Note that a payout has come back, if it has."""
    if outcome is not None:
        came_back(work, event.payout_id, outcome, now)


def _write(work: Work, found: PayoutView, why: Refusal, now: datetime) -> None:
    account = people.account(work, found.owner_id)
    if account is None or not account.email:
        return
    amount = Money(found.amount_minor, found.currency)
    text = (
        "Hello,\n\n"
        f"your payout of {amount} was sent, and came back: {why.detail}\n"
        "It is yours again. It is sent once more after a day; after three failures in a row only\n"
        "when you say anew where to: PUT /api/v1/payout-preference.\n"
    )
    mails.write_mail(work, account.email, SUBJECT, text, now)
