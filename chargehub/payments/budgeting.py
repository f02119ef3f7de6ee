"""Sessions whose cost comes near what is held: a greater hold is asked for, or they are stopped.

A session is looked at only when it could have cost so much at full power, so most never are in
detail: working out a cost reads all readings. What a hold does not cover would be a debt.
"""

from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from chargehub.bookings.approving import mail_account
from chargehub.events import SessionOpened
from chargehub.payments import budgets, crediting, growing, rules, tables
from chargehub.payments.budgets import BudgetView
from chargehub.payments.views import PaymentView
from chargehub.sessions import rules as session_rules
from chargehub.sessions import stopping
from chargehub.sessions import tables as sessions
from chargehub.sessions.running import running
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.units import Money

STOPPED_SUBJECT = "Your charging was stopped: no more could be held for it"
GROWS = 2  # times as much: a few holds are enough for any session
FIRST_LOOK = timedelta(minutes=5)
ANSWERED_WITHIN = timedelta(minutes=1)


def begin(work: Work, event: SessionOpened, now: datetime) -> None:
    """Keep an eye on a session that somebody pays for."""
    session = sessions.session(work, event.session_id)
    if session is not None and session.is_billable and session.tariff_snapshot_id is not None:
        budgets.begin(work, session.id, now + FIRST_LOOK)


def look_at_budgets(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Hold more for sessions that cost nearly what is held, at most 50 looked at; how many."""
    due = budgets.due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("session_id"), partial(_look, now=now))


def _look(work: Work, budget: BudgetView, now: datetime) -> None:
    session = sessions.session(work, budget.session_id)
    if session is None or session.status not in ("starting", "active"):
        budgets.end(work, budget.session_id)
        return
    payment = tables.live_of_session(work, session.id)
    if payment is None or payment.state != "authorised":  # what it is then, others see to
        budgets.look_again(work, session.id, now + FIRST_LOOK, None)
        return
    cost = running(work, session).cost
    cost_minor = max(0, (cost.amount_minor if cost else 0) - _credit_minor(work, payment))
    left_minor = rules.left_of(payment.capturable_minor, cost_minor)
    if left_minor > 0:
        wait = rules.next_look(left_minor, _hourly_minor(work, session))
        budgets.look_again(work, session.id, now + wait, None)
        return
    _grow(work, session, payment, budget, now)


def _credit_minor(reads: Reads, payment: PaymentView) -> int:
    """What the driver's credit will pay of it before the hold does."""
    if payment.driver_id is None:
        return 0
    return crediting.available(reads, payment.driver_id, payment.currency)


def _grow(
    work: Work, session: SessionView, payment: PaymentView, budget: BudgetView, now: datetime
) -> None:
    assert payment.driver_id is not None, payment.id
    soon = now + ANSWERED_WITHIN
    if budgets.is_asked(work, payment.driver_id, payment.id):
        budgets.look_again(work, session.id, soon, budget.asked_of)
    elif budget.asked_of != payment.id:
        budgets.look_again(work, session.id, soon, budget.asked_of)
        growing.ask(work, payment, payment.capturable_minor * GROWS, now)
    else:
        _stop(work, session, payment, now)
        budgets.look_again(work, session.id, now + FIRST_LOOK, payment.id)


def _stop(work: Work, session: SessionView, payment: PaymentView, now: datetime) -> None:
    """Ask the station to stop, and tell the driver why, once; not where somebody has asked."""
    is_asked = session.stop_requested_at is not None
    if is_asked or session.status != "active" or session_rules.BUDGET_REACHED in session.flags:
        return
    stopping.ask_once(work, stopping.flagged(session, session_rules.BUDGET_REACHED), now)
    held = Money(payment.capturable_minor, payment.currency)
    text = (
        f"What you have charged costs nearly the {held} that are held for it, and your means of "
        "payment did not let us hold more.\n\nSo we asked the station to stop. You pay what you "
        "have charged; to go on, add another means of payment and start anew.\n"
        f"\nThe session: {session.id}\n"
    )
    assert payment.driver_id is not None, payment.id
    mail_account(work, payment.driver_id, STOPPED_SUBJECT, text, now)


def _hourly_minor(reads: Reads, session: SessionView) -> int:
    """The most that an hour of it can cost."""
    assert session.tariff_snapshot_id is not None, session.id
    tariff = tariffs.snapshot(reads, session.tariff_snapshot_id)
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    power_w = evse.power_w if evse else rules.USUAL_POWER_W
    return pricing.deposit(tariff, power_w, timedelta(hours=1))
