"""Owners' matured balances on their way out: requested, sent by an effect, confirmed or taken back.

What a rail cannot send yet, because the cards' money has not come, stays on its way and is sent
again each hour (`resuming`). The balance leaves `owner:payable` in the commit that requests its
payout, so it cannot be sent twice. A refused payout gives it back; it is tried again after a day,
or when the owner chooses anew. Tokens are bought at the price of the moment of the request, which
stays with the payout.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import assert_never

import structlog
from sqlalchemy import update

from chargehub import events
from chargehub.errors import Conflict
from chargehub.ledger import actions as ledger
from chargehub.ledger import rules as postings
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import awaiting, due, netting, plan, rules, tables
from chargehub.payments.balance import (
    FUNDS_MISSING,
    PAYEE_NOT_READY,
    TellsBalance,
    enough_at,
    funds_awaited,
)
from chargehub.payments.due import Due
from chargehub.payments.plan import Plan
from chargehub.payments.plans import PLAN
from chargehub.payments.rail import (
    RAIL_TIMEOUT_S,
    PaidOut,
    PayoutOrder,
    RailBroken,
    RailUnreachable,
    Refusal,
)
from chargehub.payments.rails import Rails
from chargehub.payments.steps import told
from chargehub.payments.tables import PAYOUT, PayoutRow
from chargehub.payments.views import PayoutView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import TOKEN

log = structlog.get_logger(__name__)


Sent = events.PayoutRequested | events.PayoutResumed
TRY_AGAIN = timedelta(hours=1)  # what the rail has no free money for
LOOK_AFTER = timedelta(days=1)  # until a rail is asked whether a payout came back


class PayoutMoved(Exception):
    """Another unit of work ended the payout in between. The delivery is tried again."""


class NothingToPayOut(Conflict):
    """Nothing of an owner's can be paid out now; the text says why, and what to do."""

    code = "nothing_to_pay_out"


def request_due_payouts(
    work: Work, now: datetime, token_price: Decimal = rules.TOKEN_PRICE, chunk: Chunk = ALL
) -> int:
    """Send what is due on its way, at most 50 payouts beside 50 plans whose day has come; how many
    there were of both. `token_price`: EUR for one CHG."""
    pay = partial(_pay_by_plan, token_price=token_price, now=now)
    plans = chunk.each(work, due.come(work, now, chunk.limit), attrgetter("owner_id"), pay)
    found = due.due_at_once(work, now - rules.PAYOUT_RETRY, chunk.limit)
    payable = [one for one in found if _tokens(one, token_price) != 0]

    def request(unit: Work, one: Due) -> None:
        _request(unit, one, token_price, now)

    return plans + chunk.each(work, payable, _key, request)


def request_now(
    work: Work, owner_id: str, currency: str | None, now: datetime, token_price: Decimal
) -> tuple[PayoutView, ...]:
    """An owner asks to be paid, whatever the plan says: all that can be, or of one currency.

    Raises NothingToPayOut.
    """
    netting.net_of(work, owner_id, now)
    found = [
        one
        for one in due.due_when_asked(work, owner_id, now - rules.PAYOUT_RETRY)
        if currency in (None, one[1].currency) and _tokens(one, token_price) != 0
    ]
    if not found:
        raise NothingToPayOut(_why_not(work, owner_id, currency, now))
    ids = [_request(work, one, token_price, now) for one in found]
    work.flush()
    requested = [tables.payout(work, payout_id) for payout_id in ids]
    return tuple(one for one in requested if one is not None)


def _why_not(work: Work, owner_id: str, currency: str | None, now: datetime) -> str:
    held = [one for one in awaiting.waiting(work, owner_id, now) if one.blocked]
    held = [one for one in held if currency in (None, one.amount.currency)]
    if not held:
        return "Nothing matured is left to be paid out: GET /api/v1/maturing-earnings, for when."
    return " ".join(dict.fromkeys(reason for one in held for reason in one.blocked))


def _pay_by_plan(work: Work, mine: Plan, token_price: Decimal, now: datetime) -> None:
    """The day of a plan has come: pay all that reaches its minimum, then the next day is set."""
    for one in due.due_by_plan(work, mine.owner_id, now - rules.PAYOUT_RETRY):
        if _tokens(one, token_price) != 0:
            _request(work, one, token_price, now)
    following = plan.next_at(mine.schedule, mine.day, now)
    work.execute(update(PLAN).where(PLAN.c.owner_id == mine.owner_id).values(next_at=following))


def _tokens(one: Due, token_price: Decimal) -> int | None:
    """What a balance is in tokens; None: it is paid in money."""
    place, balance = one
    if place.pays_in is None:
        return None
    return rules.token_units(balance.amount_minor, balance.currency, token_price)


def _key(one: Due) -> str:
    place, balance = one
    return f"{place.owner_id} {balance.currency}"


def _request(work: Work, one: Due, token_price: Decimal, now: datetime) -> str:
    place, balance = one
    token_units = _tokens(one, token_price)
    row = PayoutRow(
        id=new_id(),
        owner_id=place.owner_id,
        rail=place.rail,
        destination=place.destination,
        currency=balance.currency,
        amount_minor=balance.amount_minor,
        token_units=token_units,
        token_price=None if token_units is None else str(token_price),
        state="requested",
        requested_at=now,
    )
    work.add(row)
    entries = postings.payout_requested(row.owner_id, row.amount_minor, row.currency)
    _post(work, row.id, "payout_requested", entries, now)
    work.record(events.PayoutRequested(row.id))
    return row.id


def send(rails: Rails, store: Store) -> Callable[[Sent, str], Awaitable[PaidOut | Refusal | None]]:
    """The effect that has a rail pay an owner. None: it is not wanted any more."""

    async def run(event: Sent, key: str) -> PaidOut | Refusal | None:
        payout = await store.read(tables.payout, event.payout_id)
        if payout is None or payout.state != "requested":
            return None
        rail, order = rails.paying_out[payout.rail], _order(payout)
        try:
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                known = await rail.read_back(order, key)
                outcome = known if known is not None else await rail.pay_out(order, key)
                return await _with_the_day(rails, payout, outcome)
        except TimeoutError as error:
            raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error

    return run


async def _with_the_day(
    rails: Rails, payout: PayoutView, outcome: PaidOut | Refusal
) -> PaidOut | Refusal:
    """Where money has not come yet: say when it will have, if the rail can tell."""
    books = rails.books.get(payout.rail)
    is_short = isinstance(outcome, Refusal) and outcome.code == FUNDS_MISSING
    if not is_short or not isinstance(books, TellsBalance):
        return outcome
    try:
        kept = {one.currency: one for one in await books.balance()}
    except (RailUnreachable, RailBroken):
        return outcome  # it waits all the same
    at = enough_at(kept.get(payout.currency), payout.amount_minor)
    return Refusal(FUNDS_MISSING, funds_awaited(at))


def _order(payout: PayoutView) -> PayoutOrder:
    purpose = f"payout:{payout.id}"
    if payout.token_units is not None:
        return PayoutOrder(payout.destination, payout.token_units, TOKEN, purpose)
    return PayoutOrder(payout.destination, payout.amount_minor, payout.currency, purpose)


def record_payout(
    work: Work, event: Sent, outcome: PaidOut | Refusal | None, now: datetime
) -> None:
    """Note what the rail did: the owner is paid, or has the balance again."""
    payout = tables.payout(work, event.payout_id)
    if payout is None or outcome is None or payout.state != "requested":
        return
    match outcome:
        case PaidOut():
            _paid(work, payout, outcome, now)
        case Refusal() if outcome.code == FUNDS_MISSING:
            _put_off(work, payout, outcome, now)
        case Refusal():
            fail(work, payout, outcome, now)
        case _:
            assert_never(outcome)


def _paid(work: Work, payout: PayoutView, paid: PaidOut, now: datetime) -> None:
    if paid.amount_minor != _order(payout).amount_minor:
        raise RailBroken(f"{payout.rail} was asked for {_order(payout)} and said {paid}")
    done = {"state": "paid", "rail_reference": paid.reference}
    finish(work, payout, now, refusal_code=None, refusal_detail=None, **done)
    if payout.token_units is None:
        look_at = update(PAYOUT).where(PAYOUT.c.id == payout.id).values(look_at=now + LOOK_AFTER)
        work.execute(look_at)
    who, amount_minor, currency = payout.owner_id, payout.amount_minor, payout.currency
    entries = (
        postings.payout_confirmed(who, amount_minor, currency)
        if payout.token_units is None
        else postings.payout_confirmed_in_tokens(who, amount_minor, currency, payout.token_units)
    )
    _post(work, payout.id, "payout_paid", entries, now)
    work.record(events.PayoutPaid(payout.id))


def _put_off(work: Work, payout: PayoutView, why: Refusal, now: datetime) -> None:
    """It stays on its way, and says why; nothing failed."""
    log.info("payout waits", payout=payout.id, rail=payout.rail, code=why.code)
    is_it = PAYOUT.c.id == payout.id, PAYOUT.c.state == "requested"
    waits = update(PAYOUT).where(*is_it).values(look_at=now + TRY_AGAIN, **told(why))
    if work.execute(waits) != 1:
        raise PayoutMoved(payout.id)


def fail(work: Work, payout: PayoutView, why: Refusal, now: datetime) -> None:
    """A payout that is requested ends: its owner has the balance again, and is told why."""
    log.warning("payout refused", payout=payout.id, rail=payout.rail, code=why.code)
    finish(work, payout, now, state="failed", **told(why))
    ledger.reverse(
        work,
        transfer_id("payout", payout.id, "payout_requested"),
        transfer_id("payout", payout.id, "payout_failed"),
        reason=why.code,
        now=now,
    )
    net(work, payout, now)
    work.record(events.PayoutFailed(payout.id))
    if why.code == PAYEE_NOT_READY:  # the hub thought it was: nothing more is sent until it is
        work.record(events.PayoutAccountAsked(payout.owner_id))


def net(work: Work, payout: PayoutView, now: datetime) -> None:
    """Of a balance that came back, what the owner has come to owe meanwhile is taken at once."""
    who, currency = payout.owner_id, payout.currency
    owed = accounts.balance(work, f"owner:receivable:{who}", currency)
    netted = min(owed, -accounts.balance(work, f"owner:payable:{who}", currency))
    if netted > 0:
        transfer = Transfer(
            id=transfer_id("payout", payout.id, "net"),
            kind="net",
            entries=postings.netting_entries(who, netted, currency),
            effective_at=now,  # no payout_id: it is a debt that is paid, not a payout
        )
        ledger.post(work, transfer)


def finish(
    work: Work, payout: PayoutView, now: datetime, was: str = "requested", **values: str | None
) -> None:
    """Compare-and-set: a payout ends once, and comes back once. Raises PayoutMoved."""
    mine = PAYOUT.c.id == payout.id, PAYOUT.c.state == was, PAYOUT.c.reversed_minor == 0
    if work.execute(update(PAYOUT).where(*mine).values(finished_at=now, **values)) != 1:
        raise PayoutMoved(payout.id)


def _post(work: Work, payout_id: str, kind: str, entries: tuple[Entry, ...], now: datetime) -> None:
    transfer = Transfer(
        id=transfer_id("payout", payout_id, kind),
        kind=kind,
        entries=entries,
        effective_at=now,
        payout_id=payout_id,
    )
    ledger.post(work, transfer)
