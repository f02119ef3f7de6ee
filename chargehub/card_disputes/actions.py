"""What follows when a cardholder disputes a charge: frozen, lost or won, each step once.

While the bank decides, the amount stands in psp:disputed and the owner's part is frozen, as in a
dispute at the hub. A lost one is a refund that the bank took by itself: noted as one, so that
nothing goes back twice; one that is won after all undoes that. Of a top-up it is the driver's
balance that is frozen, and that bears what is lost. Fees are posted as the rail's books say
(`reconciliation`).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update

from chargehub.card_disputes import rules, telling
from chargehub.events import CardDisputeClosed, CardDisputeOpened, CdrCorrected
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import card_disputes as tables
from chargehub.payments import charging_back, prepaid
from chargehub.payments import tables as payments
from chargehub.payments.card_disputes import CARD_DISPUTE, CardDisputeRow, CardDisputeView
from chargehub.payments.facts import CardDisputed
from chargehub.payments.hearing import NotNotedYet
from chargehub.payments.rail import Refusal
from chargehub.payments.steps import move, told
from chargehub.payments.tables import REFUND, RefundRow
from chargehub.payments.views import PaymentView
from chargehub.settlement import contesting, contests, shares
from chargehub.settlement.contests import Subject
from chargehub.store.columns import derived_id, new_id
from chargehub.store.work import Work
from chargehub.units import Money

log = structlog.get_logger(__name__)


REGAINED = Refusal("given_back", "The cardholder's bank gave it back to the hub after all.")


class CardDisputeMoved(Exception):
    """Another unit of work changed the card dispute in between. It is tried again."""


def hear(work: Work, rail: str, fact: CardDisputed, now: datetime) -> None:
    """Follow what a rail says of a dispute, whatever was missed before. Once each step."""
    view = tables.by_reference(work, rail, fact.reference) or _open(work, rail, fact, now)
    if view is None or not rules.is_news(view.state, fact.state):
        return
    if fact.is_withdrawn and not view.is_withdrawn:
        view = _withdrawn(work, view, fact, now)
    is_over = fact.state in ("won", "closed", "lost")
    if view.is_withdrawn and fact.state in ("won", "closed") and not fact.is_reinstated:
        return  # the bank says so before it gives the money back
    was_lost = view.state == "lost"
    is_done = view.accepted_by is not None or view.refusal_code is not None
    view = change(
        work,
        view,
        state=fact.state,
        due_by=fact.due_by,
        is_answered=fact.is_answered,
        answer_at=None if is_done else rules.answer_at(fact, now),
        closed_at=now if is_over else None,
    )
    if is_over:
        if was_lost:
            returned = _regained(work, view, now)
        else:
            returned = _lost(work, view, now) if fact.state == "lost" else _kept(work, view, now)
        told_of = view.session_id, view.booking_id
        work.record(CardDisputeClosed(view.id, *told_of, fact.state, returned))
        telling.tell_decided(work, view, now)


def _open(work: Work, rail: str, fact: CardDisputed, now: datetime) -> CardDisputeView | None:
    """Note a dispute. None: the charge is none that the hub ordered."""
    kind, _, of = fact.purpose.partition(":")
    payment = payments.payment(work, of) if kind == "payment" else None
    top_up = prepaid.top_up(work, of) if kind == "top_up" else None
    if payment is not None and payment.captured_minor == 0:
        raise NotNotedYet(payment.id)
    if top_up is not None and top_up.state != "taken":
        raise NotNotedYet(top_up.id)
    if payment is None and top_up is None:
        return None
    subject = Subject() if payment is None else _subject(payment)
    settled = contesting.settled(work, subject) if payment is not None else None
    row: dict[str, Any] = {
        "id": new_id(),
        "rail": rail,
        "reference": fact.reference,
        "payment_id": payment.id if payment else None,
        "driver_id": payment.driver_id if payment else top_up.account_id if top_up else None,
        "owner_id": shares.account_of(work, settled.owner_id) if settled else None,
        "session_id": subject.session_id,
        "booking_id": subject.booking_id,
        "currency": fact.amount.currency,
        "amount_minor": fact.amount.amount_minor,
        "reason": fact.reason[:60],
        "state": "inquiry",
        "due_by": fact.due_by,
        "opened_at": now,
    }
    work.insert(CardDisputeRow, **row)
    log.warning("card disputed", dispute=row["id"], rail=rail, reason=fact.reason)
    work.record(CardDisputeOpened(row["id"], subject.session_id, subject.booking_id))
    return tables.card_dispute(work, row["id"])


def _subject(payment: PaymentView) -> Subject:
    if payment.session_id is not None:
        return Subject(session_id=payment.session_id)
    return Subject(booking_id=payment.booking_id)


def _withdrawn(
    work: Work, view: CardDisputeView, fact: CardDisputed, now: datetime
) -> CardDisputeView:
    """The bank took the amount; the owner's part of what is not disputed yet is frozen, or the
    balance that a top-up filled."""
    amount_minor = fact.amount.amount_minor
    view = change(work, view, is_withdrawn=True, amount_minor=amount_minor)
    entries = rules.withdrawn_entries(view.amount_minor, view.currency)
    _post(work, view, "card_dispute_opened", entries, now)
    if view.payment_id is None:
        _freeze_balance(work, view, fact, now)
        return view
    _freeze(work, view, view.id, view.amount_minor, now)
    telling.tell_frozen(work, view, now)
    return view


def _freeze_balance(work: Work, view: CardDisputeView, fact: CardDisputed, now: datetime) -> None:
    top_up = prepaid.top_up(work, fact.purpose.partition(":")[2])
    assert top_up is not None, fact
    amount = Money(view.amount_minor, view.currency)
    found = charging_back.freeze(work, view.id, top_up, amount, now)
    telling.tell_balance(work, view, found, now)


def _freeze(
    work: Work, view: CardDisputeView, contest_id: str, amount_minor: int, now: datetime
) -> bool:
    subject = Subject(view.session_id, view.booking_id)
    amount_minor = min(amount_minor, contesting.contestable_minor(work, subject))
    if amount_minor > 0:
        contesting.freeze(work, contest_id, subject, amount_minor, now)
    return amount_minor > 0


def _kept(work: Work, view: CardDisputeView, now: datetime) -> int:
    """The bank gave it back, or never had it: all is as before."""
    if view.is_withdrawn:
        entries = rules.given_back_entries(view.amount_minor, view.currency)
        _post(work, view, "card_dispute_won", entries, now)
        if view.payment_id is None:
            charging_back.release(work, view.id, now)
        else:
            contesting.release(work, view.id, now)
    return 0


def _lost(work: Work, view: CardDisputeView, now: datetime) -> int:
    """The bank gave it to the cardholder for good; how much of the cost that was."""
    if not view.is_withdrawn:
        return 0
    entries = rules.given_back_entries(view.amount_minor, view.currency)
    _post(work, view, "card_dispute_lost", entries, now)
    if view.payment_id is None:
        charging_back.lose(work, view.id, now)
        change(work, view, beyond_minor=view.amount_minor)
        return 0
    noted = _note_refund(work, view, now)
    returned = _give_back(work, view, now)
    owed = view.amount_minor - returned
    subject = Subject(view.session_id, view.booking_id)
    owed -= contesting.reached(work, subject, owed, now)
    if owed:
        entries = rules.beyond_entries(owed, view.currency)
        _post(work, view, "card_dispute_beyond", entries, now)
    change(work, view, beyond_minor=view.amount_minor - noted)
    return returned


def _regained(work: Work, view: CardDisputeView, now: datetime) -> int:
    """The bank gave back what it had taken for good: the parts of the cost are again whose they
    were, and what was lost beside them stands in suspense, or is no more missed there."""
    if not view.is_withdrawn:
        return 0
    regained = contesting.regain(work, _rest_of(view), now) + contesting.regain(work, view.id, now)
    _undo_refund(work, view, now)
    log.warning("card dispute won after all", dispute=view.id, regained=regained)
    if rest := view.amount_minor - regained:
        entries = rules.regained_entries(rest, view.currency)
        _post(work, view, "card_dispute_regained", entries, now)
    change(work, view, beyond_minor=0)
    return 0


def _undo_refund(work: Work, view: CardDisputeView, now: datetime) -> None:
    """What counted as given back of the payment does not any more."""
    noted = payments.refund(work, _refund_of(view))
    payment = payments.payment(work, view.payment_id) if view.payment_id else None
    if noted is None or payment is None or noted.state != "refunded":
        return
    undone = {"state": "failed", "rail_reference": None, "finished_at": now, **told(REGAINED)}
    work.execute(update(REFUND).where(REFUND.c.id == noted.id).values(**undone))
    move(work, payment, now, refunded_minor=payment.refunded_minor - noted.amount_minor)


def _rest_of(view: CardDisputeView) -> str:
    return derived_id("card dispute rest", view.id)


def _refund_of(view: CardDisputeView) -> str:
    return derived_id("card dispute refund", view.id)


def _give_back(work: Work, view: CardDisputeView, now: datetime) -> int:
    """What was frozen, and what a dispute at the hub left free meanwhile."""
    bearer, returned = rules.bearer(view.reason), 0
    contest = contests.contest(work, view.id)
    if contest is not None and contest.state == "frozen":
        returned = contesting.give_back(work, view.id, view.amount_minor, now, bearer)
    rest, rest_id = view.amount_minor - returned, _rest_of(view)
    if rest and _freeze(work, view, rest_id, rest, now):
        returned += contesting.give_back(work, rest_id, rest, now, bearer)
    return returned


def _note_refund(work: Work, view: CardDisputeView, now: datetime) -> int:
    """How much of it the payment still had: it counts as given back."""
    payment = payments.payment(work, view.payment_id) if view.payment_id else None
    if payment is None:
        return 0
    amount_minor = min(view.amount_minor, payment.captured_minor - payment.refunded_minor)
    if amount_minor:
        row = RefundRow(
            id=_refund_of(view),
            payment_id=payment.id,
            amount_minor=amount_minor,
            currency=view.currency,
            state="refunded",
            rail_reference=view.reference,
            created_at=now,
            finished_at=now,
        )
        work.add(row)
        move(work, payment, now, refunded_minor=payment.refunded_minor + amount_minor)
    return amount_minor


def follow_corrected(work: Work, event: CdrCorrected, now: datetime) -> None:
    """A cost is settled anew by all that was kept of its payment: what a bank took beyond the
    cost, or gave back of it, is in that."""
    for view in tables.of_session(work, event.session_id):
        for step in ("beyond", "regained"):
            posted = transfer_id("card_dispute", view.id, f"card_dispute_{step}")
            work.flush()
            if accounts.transfer(work, posted) is not None:
                again = transfer_id("card_dispute", view.id, f"{step}_settled")
                ledger.reverse(work, posted, again, "The payment was corrected", now)


def change(work: Work, view: CardDisputeView, **values: Any) -> CardDisputeView:
    """Change a card dispute, if it still is as it was read. Raises CardDisputeMoved."""
    values = {**values, "revision": view.revision + 1}
    is_it = CARD_DISPUTE.c.id == view.id, CARD_DISPUTE.c.revision == view.revision
    if work.execute(update(CARD_DISPUTE).where(*is_it).values(**values)) != 1:
        raise CardDisputeMoved(view.id)
    return replace(view, **values)


def _post(
    work: Work, view: CardDisputeView, kind: str, entries: tuple[Entry, ...], now: datetime
) -> None:
    transfer = Transfer(
        id=transfer_id("card_dispute", view.id, kind),
        kind=kind,
        entries=entries,
        effective_at=now,
        session_id=view.session_id,
        booking_id=view.booking_id,
    )
    ledger.post(work, transfer)
