"""Paying in, and having back what was not spent. The rails are asked by `effects.py`.

Money goes back only by the way it came. It never expires.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import chargebacks, charging_back, funds, prepaid, tables, top_ups
from chargehub.payments.facts import RefundReturned
from chargehub.payments.funds import (
    Limits,
    NothingPrepaid,
    TopUpRefused,
    TopUpUnderWay,
)
from chargehub.payments.prepaid import (
    PAYBACK,
    TOP_UP,
    PaybackRow,
    PaybackView,
    TopUpRow,
    TopUpView,
)
from chargehub.payments.rail import Captured, RailBroken, Refunded, Refusal
from chargehub.payments.rules import NoSuchMethod
from chargehub.payments.steps import told
from chargehub.payments.views import MethodView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.units import CURRENCIES, Money

DISPUTED = (
    "A card's bank disputes an earlier top-up of yours. Pay by card until it has decided, and what"
    " you owe for it first: GET /api/v1/debts."
)
CAME_BACK_SUBJECT = "Your bank did not take what we paid back"


def top_up(
    work: Work, account_id: str, amount: Money, method_id: str | None, limits: Limits, now: datetime
) -> TopUpView:
    """Ask for money to be taken and added to a driver's balance.

    `method_id` None: by what the driver pays with. Raises NoSuchMethod, TopUpRefused,
    TopUpUnderWay.
    """
    method = _method(work, account_id, method_id)
    asked = ask(work, account_id, amount, (method.rail, method.reference), limits, now)
    work.record(events.TopUpRequested(asked.id))
    return asked


def ask(
    work: Work,
    account_id: str,
    amount: Money,
    source: tuple[str, str],
    limits: Limits,
    now: datetime,
) -> TopUpView:
    """Note a top-up by a rail and what it is taken of there. Raises TopUpRefused,
    TopUpUnderWay."""
    if prepaid.open_top_up(work, account_id, amount.currency) is not None:
        raise TopUpUnderWay(f"A top-up in {amount.currency} is under way. Wait for its end.")
    if chargebacks.is_in_the_way(work, account_id):
        raise TopUpRefused(DISPUTED)
    has = prepaid.balance(work, account_id, amount.currency)
    limits.check(amount, has.available.amount_minor + has.held.amount_minor)
    is_new = not top_ups.is_older(work, account_id, now - funds.NEW)
    earlier = top_ups.asked_since(work, account_id, now - funds.DAY)
    limits.check_day(amount, earlier, is_new=is_new)
    row = TopUpRow(
        id=new_id(),
        account_id=account_id,
        rail=source[0],
        method=source[1],
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        state="requested",
        requested_at=now,
    )
    work.add(row)
    asked = prepaid.top_up(work, row.id)
    assert asked is not None, row.id
    return asked


def _method(work: Work, account_id: str, method_id: str | None) -> MethodView:
    if method_id is None:
        method = tables.default_method(work, account_id)
    else:
        method = tables.method(work, account_id, method_id)
    if method is None:
        raise NoSuchMethod("You have no such payment method. Add one: POST /payment-methods.")
    if method.rail == funds.RAIL:
        raise TopUpRefused("Say by which card (method_id); a balance cannot fill itself.")
    return method


def record_top_up(
    work: Work, event: events.TopUpRequested, outcome: Captured | Refusal | None, now: datetime
) -> None:
    """Note what the rail took, and add it to the balance."""
    asked = prepaid.top_up(work, event.top_up_id)
    if asked is None or outcome is None or asked.state != "requested":
        return
    if isinstance(outcome, Refusal):
        _set(work, TOP_UP, asked.id, state="refused", finished_at=now, **told(outcome))
    else:
        if outcome.amount_minor != asked.amount_minor:
            raise RailBroken(f"{asked.rail} was asked for {asked.amount_minor} and said {outcome}")
        _post(work, "top_up", asked.id, funds.paid_in(asked.account_id, asked.amount), now)
        reference = outcome.reference
        _set(work, TOP_UP, asked.id, state="taken", finished_at=now, rail_reference=reference)
    work.record(events.TopUpEnded(asked.id, asked.account_id))


def pay_back(
    work: Work, account_id: str, currency: str, amount_minor: int | None, now: datetime
) -> tuple[PaybackView, ...]:
    """Send back what was not spent, or this much of it, to where it came from; the newest first.

    What is held by a session or booking stays. Raises NothingPrepaid.
    """
    if currency not in CURRENCIES:
        raise NothingPrepaid(f"Nothing is ever prepaid in {currency}.")
    available = prepaid.balance(work, account_id, currency).available
    left_minor = available.amount_minor if amount_minor is None else amount_minor
    if not 0 < left_minor <= available.amount_minor:
        raise NothingPrepaid(f"You can have back up to {available}.")
    asked = []
    for source in prepaid.returnable(work, account_id, currency):
        part_minor = min(left_minor, source.amount_minor - source.back_minor)
        if part_minor:
            asked.append(_ask(work, source, Money(part_minor, currency), now))
            left_minor -= part_minor
    if left_minor:
        raise NothingPrepaid("That is in too many parts. Ask for less at a time.")
    return tuple(asked)


def _ask(work: Work, source: TopUpView, amount: Money, now: datetime) -> PaybackView:
    row = PaybackRow(
        id=new_id(),
        top_up_id=source.id,
        account_id=source.account_id,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        state="requested",
        requested_at=now,
    )
    work.add(row)
    _set(work, TOP_UP, source.id, back_minor=TOP_UP.c.back_minor + amount.amount_minor)
    _post(work, "payback", row.id, funds.set_aside(source.account_id, amount), now)
    work.record(events.PaybackRequested(row.id))
    asked = prepaid.payback(work, row.id)
    assert asked is not None, row.id
    return asked


def record_payback(
    work: Work, event: events.PaybackRequested, outcome: Refunded | Refusal | None, now: datetime
) -> None:
    """Note what went back. What the rail would not take is the driver's to spend, or to ask for
    again: other top-ups then come first."""
    asked = prepaid.payback(work, event.payback_id)
    if asked is None or outcome is None or asked.state != "requested":
        return
    who, amount = asked.account_id, asked.amount
    if isinstance(outcome, Refusal):
        back_minor = TOP_UP.c.back_minor - asked.amount_minor
        _set(work, TOP_UP, asked.top_up_id, back_minor=back_minor, is_back_refused=True)
        _post(work, "payback_failed", asked.id, funds.free_again(who, amount), now)
        charging_back.keep(work, who, amount, now)
        _set(work, PAYBACK, asked.id, state="failed", finished_at=now, **told(outcome))
        _write(work, asked, outcome, now)
    else:
        if outcome.amount_minor != asked.amount_minor:
            raise RailBroken(f"{asked.amount_minor} were to go back, and it said {outcome}")
        _post(work, "payback_done", asked.id, funds.left(who, amount), now)
        reference = outcome.reference
        _set(work, PAYBACK, asked.id, state="returned", finished_at=now, rail_reference=reference)
    work.record(events.PaybackEnded(asked.id, who))


def payback_returned(work: Work, top_up_id: str, fact: RefundReturned, now: datetime) -> bool:
    """What had gone back has come back: it is the driver's again, to spend or to ask for by other
    top-ups. Once; False where the rail's own answer about a payback is still to come."""
    found = prepaid.payback_known_as(work, top_up_id, fact.reference)
    if found is None:
        return prepaid.open_payback(work, top_up_id) is None
    failed = {"state": "failed", "finished_at": now, **told(fact.why)}
    is_it = PAYBACK.c.id == found.id, PAYBACK.c.state == "returned"
    if work.execute(update(PAYBACK).where(*is_it).values(**failed)) != 1:
        return True
    back_minor = TOP_UP.c.back_minor - found.amount_minor
    _set(work, TOP_UP, top_up_id, back_minor=back_minor, is_back_refused=True)
    entries = funds.returned(found.account_id, found.amount)
    _post(work, "payback_returned", found.id, entries, now)
    charging_back.keep(work, found.account_id, found.amount, now)
    work.record(events.PaybackEnded(found.id, found.account_id))
    _write(work, found, fact.why, now)
    return True


def _write(work: Work, found: PaybackView, why: Refusal, now: datetime) -> None:
    account = people.account(work, found.account_id)
    if account is None or not account.email:
        return
    text = (
        f"Hello,\n\n{found.amount} that you had prepaid were on their way back to you, and your"
        f" bank did not take them: {why.detail}\nThey are on your prepaid balance again: spend"
        " them, or ask for them once more (POST /api/v1/paybacks): another top-up comes first"
        " then. If none is left, write to the hub's operator for another way.\n"
    )
    mails.write_mail(work, account.email, CAME_BACK_SUBJECT, text, now)


def _set(work: Work, table: Any, row_id: str, **values: Any) -> None:
    work.execute(update(table).where(table.c.id == row_id).values(**values))


def _post(work: Work, kind: str, of: str, entries: tuple[Entry, ...], now: datetime) -> None:
    ledger.post(work, Transfer(transfer_id(kind, of), kind, entries, now))
