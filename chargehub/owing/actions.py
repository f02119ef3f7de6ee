"""Debts of drivers: paid when they want, asked for by the clock, forgiven by operators."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

import structlog
from sqlalchemy import update

from chargehub import events
from chargehub.bookings.approving import mail_account
from chargehub.owing import rules, tables
from chargehub.owing.tables import DEBT, Debt, DebtRow
from chargehub.payments import chargebacks, charging_back, funds
from chargehub.payments import rules as payment_rules
from chargehub.payments import tables as payments
from chargehub.payments.rail import Captured, RailBroken, Refusal
from chargehub.payments.steps import move, told
from chargehub.payments.tables import PaymentRow
from chargehub.payments.views import MethodView, PaymentView
from chargehub.people import debtors
from chargehub.people.rules import Actor
from chargehub.sessions import tables as sessions
from chargehub.settlement import actions as settlement
from chargehub.settlement import kin, writing_off
from chargehub.settlement import tables as settlements
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Money

log = structlog.get_logger(__name__)

SUBJECT = "What you still owe for charging"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a driver pays off: of a session, of a top-up that a bank took back, or (neither)
    everything. `method_id` None: by the default."""

    session_id: str | None = None
    top_up_id: str | None = None
    method_id: str | None = None


def pay(work: Work, driver_id: str, wanted: Wanted, now: datetime) -> tuple[PaymentView, ...]:
    """Have debts taken of a means of payment; what is under way already is not asked twice.

    Raises NothingOwed, NothingToPay, NoMeans.
    """
    owed = [debt for debt in tables.owed_by(work, driver_id) if _is_wanted(debt, wanted)]
    if not owed:
        raise rules.NothingOwed
    method = _method(work, driver_id, wanted.method_id)
    if method is None:
        raise rules.NoMeans
    begun = [payment for debt in owed if (payment := _take(work, debt, method, now)) is not None]
    if not begun:
        raise rules.NothingToPay
    return tuple(begun)


def _is_wanted(debt: Debt, wanted: Wanted) -> bool:
    if wanted.session_id is None and wanted.top_up_id is None:
        return True
    return debt.session_id == wanted.session_id and debt.top_up_id == wanted.top_up_id


def _method(reads: Reads, driver_id: str, method_id: str | None) -> MethodView | None:
    if method_id is None:
        return payments.default_method(reads, driver_id)
    return payments.method(reads, driver_id, method_id)


def _take(work: Work, debt: Debt, method: MethodView, now: datetime) -> PaymentView | None:
    """Ask for all of a debt, unless it is being paid or is less than a card can move."""
    ask_minor = payment_rules.payable(debt.owed_minor, debt.currency)
    if ask_minor == 0 or _is_circle(work, debt, method, now):
        return None
    if debt.tries is None:
        _note(work, debt)
    payment_id = new_id()
    is_free = DEBT.c.id == debt.id, DEBT.c.payment_id.is_(None)
    if work.execute(update(DEBT).where(*is_free).values(payment_id=payment_id)) != 1:
        return None
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=debt.driver_id,
        rail=method.rail,
        method=method.reference,
        currency=debt.currency,
        capturable_minor=ask_minor,
        ask_minor=ask_minor,
        due_minor=ask_minor,
        state="capture_requested",
        created_at=now,
        changed_at=now,
    )
    work.record(events.DebtPaymentRequested(payment_id))
    return payments.payment(work, payment_id)


def _is_circle(reads: Reads, debt: Debt, method: MethodView, now: datetime) -> bool:
    """A balance pays no debt at a station of its driver's own: its earnings may have matured, and
    a bank may take back what filled it. Decision 29."""
    cdr = sessions.cdr(reads, debt.cdr_id) if debt.cdr_id and method.rail == funds.RAIL else None
    return cdr is not None and kin.is_kin(reads, debt.driver_id, cdr.station_id, cdr.owner_id, now)


def _note(work: Work, debt: Debt) -> None:
    work.insert(
        DebtRow,
        id=debt.id,
        driver_id=debt.driver_id,
        tries=0,
        ask_at=rules.asked_next(debt.since, 0),
    )
    work.flush()


def record_payment(
    work: Work,
    event: events.DebtPaymentRequested,
    outcome: Captured | Refusal | None,
    now: datetime,
) -> None:
    """Note what the rail took of a debt; what it refused is owed as before."""
    payment = payments.payment(work, event.payment_id)
    debt_id = tables.of_payment(work, event.payment_id)
    if payment is None or debt_id is None or outcome is None:
        return
    if payment.state != "capture_requested":
        return
    work.execute(update(DEBT).where(DEBT.c.id == debt_id).values(payment_id=None))
    if isinstance(outcome, Refusal):
        log.info("debt not paid", payment=payment.id, debt=debt_id, code=outcome.code)
        move(work, payment, now, state="failed", due_minor=0, **told(outcome))
        return
    if not 0 < outcome.amount_minor <= payment.ask_minor:
        raise RailBroken(f"{payment.rail} was asked for {payment.ask_minor} and said {outcome}")
    taken = {"captured_minor": outcome.amount_minor, "rail_reference": outcome.reference}
    move(work, payment, now, state="captured", **taken)
    if chargebacks.chargeback(work, debt_id) is not None:
        charging_back.pay(work, debt_id, outcome.amount_minor, payment.id, now)
    else:
        cdr_id = _standing_cdr(work, debt_id)
        settlement.settle_debt(work, cdr_id, outcome.amount_minor, payment.id, now)
    if payment.driver_id is not None:
        _clear(work, payment.driver_id)


def _standing_cdr(reads: Reads, session_id: str) -> str:
    settled = settlements.standing(reads, session_id)
    assert settled is not None, session_id
    return settled.cdr_id


def forgive(work: Work, operator: Actor, debt_id: str, because: str, now: datetime) -> None:
    """Nobody wants a debt any more: written off now, if it was not before. Raises NothingOwed,
    NothingToPay while it is being paid."""
    debt = tables.debt(work, debt_id)
    if debt is None:
        raise rules.NothingOwed
    if debt.tries is None:
        _note(work, debt)
    is_free = DEBT.c.id == debt_id, DEBT.c.payment_id.is_(None)
    noted = {"forgiven_at": now, "forgiven_by": operator.account_id, "because": because}
    if work.execute(update(DEBT).where(*is_free).values(**noted, ask_at=None)) != 1:
        raise rules.NothingToPay
    if debt.cdr_id is None:
        charging_back.write_off(work, debt.id, now)
    else:
        writing_off.give_up(work, debt.cdr_id, now)
    _clear(work, debt.driver_id)


def _clear(work: Work, driver_id: str) -> None:
    work.flush()
    if not tables.owed_by(work, driver_id):
        debtors.clear(work, driver_id)


# --- the clock ---------------------------------------------------------------------------------


def ask_due(
    work: Work, now: datetime, chunk: Chunk = ALL, least: Decimal = rules.LEAST_COINS
) -> int:
    """Ask for debts again after 1, 3, 7 and 14 days, and mark who does not pay; how many."""
    for debt in tables.unasked(work, chunk.limit):
        _note(work, debt)
    found = tables.to_ask(work, now, chunk.limit)
    ask = partial(_ask, now=now, least=least)
    return chunk.each(work, found, str, ask)


def clear_paid(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Who owes nothing any more may charge again, at most 50; how many."""
    return chunk.each(work, tables.cleared(work, chunk.limit), str, debtors.clear)


def write_off_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write off what has been owed for a month of top-ups that banks took back; how many."""
    found = chargebacks.owed_since(work, now - writing_off.AFTER, chunk.limit)
    ids = [one.id for one in found]
    return chunk.each(work, ids, str, partial(charging_back.write_off, now=now))


def _ask(work: Work, debt_id: str, now: datetime, least: Decimal) -> None:
    debt = tables.debt(work, debt_id)
    if debt is None:
        work.execute(update(DEBT).where(DEBT.c.id == debt_id).values(ask_at=None))
        return
    tries = (debt.tries or 0) + 1
    after = {"tries": tries, "ask_at": rules.asked_next(debt.since, tries)}
    work.execute(update(DEBT).where(DEBT.c.id == debt_id).values(**after))
    if rules.blocks(debt.owed_minor, debt.currency, debt.since, now, least):
        debtors.mark(work, debt.driver_id, now)
    method = payments.default_method(work, debt.driver_id)
    if method is not None:
        _take(work, debt, method, now)
    amount = Money(debt.owed_minor, debt.currency)
    text = (
        f"You still owe {amount} {_what_for(debt)} of {debt.since:%Y-%m-%d}. We ask your means of "
        "payment for it now; if that is refused, pay by another:\n\n"
        "    POST /api/v1/debts/payments\n\nUntil it is paid you cannot book or begin to charge.\n"
        f"\nWhat it is for: {debt.session_id or debt.top_up_id}\n"
    )
    mail_account(work, debt.driver_id, SUBJECT, text, now)


def _what_for(debt: Debt) -> str:
    return "for a session" if debt.top_up_id is None else "for a top-up that a bank took back, as"
