"""Owners' matured balances on their way out: requested, sent by an effect, confirmed or taken back.

The balance leaves `owner:payable` in the commit that requests its payout, so it cannot be sent
twice. A refused payout gives it back; it is tried again after a day, or when the owner chooses
anew. Tokens are bought at the price of the moment of the request, which stays with the payout.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import assert_never

import structlog
from sqlalchemy import update

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger import rules as postings
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import rules, tables, withheld
from chargehub.payments.rail import (
    RAIL_TIMEOUT_S,
    PaidOut,
    PayoutOrder,
    RailBroken,
    Rails,
    RailUnreachable,
    Refusal,
)
from chargehub.payments.steps import told
from chargehub.payments.tables import PAYOUT, PayoutRow
from chargehub.payments.views import PayoutView, Preference
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from chargehub.units import TOKEN, Money

log = structlog.get_logger(__name__)

SHORTLY = "It is due, and leaves shortly."


class PayoutMoved(Exception):
    """Another unit of work ended the payout in between. The delivery is tried again."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A balance that leaves now. `token_units` None: it is paid in money."""

    place: Preference
    balance: Money
    token_units: int | None


def request_due_payouts(
    work: Work, now: datetime, token_price: Decimal = rules.TOKEN_PRICE, chunk: Chunk = ALL
) -> int:
    """Send what is due on its way, at most 50 payouts; how many. `token_price`: EUR for one CHG."""
    found = tables.due_payouts(work, now - rules.PAYOUT_RETRY, chunk.limit)
    due = [_Due(place, balance, _tokens(place, balance, token_price)) for place, balance in found]
    payable = [one for one in due if one.token_units != 0]
    request = partial(_request, token_price=token_price, now=now)
    return chunk.each(work, payable, _key, request)


def _tokens(place: Preference, balance: Money, token_price: Decimal) -> int | None:
    if place.pays_in is None:
        return None
    return rules.token_units(balance.amount_minor, balance.currency, token_price)


def _key(due: _Due) -> str:
    return f"{due.place.owner_id} {due.balance.currency}"


def _request(work: Work, due: _Due, token_price: Decimal, now: datetime) -> None:
    place, balance, token_units = due.place, due.balance, due.token_units
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


def send(
    rails: Rails, store: Store
) -> Callable[[events.PayoutRequested, str], Awaitable[PaidOut | Refusal | None]]:
    """The effect that has a rail pay an owner. None: it is not wanted any more."""

    async def run(event: events.PayoutRequested, key: str) -> PaidOut | Refusal | None:
        payout = await store.read(tables.payout, event.payout_id)
        if payout is None or payout.state != "requested":
            return None
        rail, order = rails.paying_out[payout.rail], _order(payout)
        try:
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                known = await rail.read_back(order, key)
                return known if known is not None else await rail.pay_out(order, key)
        except TimeoutError as error:
            raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error

    return run


def _order(payout: PayoutView) -> PayoutOrder:
    purpose = f"payout:{payout.id}"
    if payout.token_units is not None:
        return PayoutOrder(payout.destination, payout.token_units, TOKEN, purpose)
    return PayoutOrder(payout.destination, payout.amount_minor, payout.currency, purpose)


def record_payout(
    work: Work, event: events.PayoutRequested, outcome: PaidOut | Refusal | None, now: datetime
) -> None:
    """Note what the rail did: the owner is paid, or has the balance again."""
    payout = tables.payout(work, event.payout_id)
    if payout is None or outcome is None or payout.state != "requested":
        return
    match outcome:
        case PaidOut():
            _paid(work, payout, outcome, now)
        case Refusal():
            _failed(work, payout, outcome, now)
        case _:
            assert_never(outcome)


def _paid(work: Work, payout: PayoutView, paid: PaidOut, now: datetime) -> None:
    if paid.amount_minor != _order(payout).amount_minor:
        raise RailBroken(f"{payout.rail} was asked for {_order(payout)} and said {paid}")
    _finish(work, payout, now, state="paid", rail_reference=paid.reference)
    who, amount_minor, currency = payout.owner_id, payout.amount_minor, payout.currency
    entries = (
        postings.payout_confirmed(who, amount_minor, currency)
        if payout.token_units is None
        else postings.payout_confirmed_in_tokens(who, amount_minor, currency, payout.token_units)
    )
    _post(work, payout.id, "payout_paid", entries, now)
    work.record(events.PayoutPaid(payout.id))


def _failed(work: Work, payout: PayoutView, why: Refusal, now: datetime) -> None:
    log.warning("payout refused", payout=payout.id, rail=payout.rail, code=why.code)
    _finish(work, payout, now, state="failed", **told(why))
    ledger.reverse(
        work,
        transfer_id("payout", payout.id, "payout_requested"),
        transfer_id("payout", payout.id, "payout_failed"),
        reason=why.code,
        now=now,
    )
    _net(work, payout, now)
    work.record(events.PayoutFailed(payout.id))


def _net(work: Work, payout: PayoutView, now: datetime) -> None:
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


def _finish(work: Work, payout: PayoutView, now: datetime, **values: str) -> None:
    """Compare-and-set: a payout ends once."""
    mine = PAYOUT.c.id == payout.id, PAYOUT.c.state == "requested"
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


def waiting(reads: Reads, owner_id: str, now: datetime) -> tuple[tuple[Money, str], ...]:
    """An owner's matured balances that have not left yet, and why, as sentences."""
    account = people.account(reads, owner_id)
    is_verified = account is not None and account.is_verified
    place = tables.preference(reads, owner_id)
    found = []
    why_withheld = withheld.why(reads, owner_id)
    for balance in tables.payable(reads, owner_id):
        if why_withheld is not None:
            reason = why_withheld
        elif tables.newest_payout(reads, owner_id, balance.currency, "requested"):
            reason = "An earlier payout is still on its way; this follows."
        else:
            refused = tables.newest_payout(reads, owner_id, balance.currency, "failed")
            reason = rules.why_waiting(balance, is_verified, place, refused, now) or SHORTLY
        found.append((balance, reason))
    return tuple(found)
