"""Captured money that goes back because of a dispute: requested here, noted when the rail answers.

What the cost is does not change by it, so it has steps of its own: a refund of `collect` follows
the cost, and tells what is kept of it.
"""

from datetime import datetime

import structlog
from sqlalchemy import update

from chargehub.events import DisputeRefundRequested
from chargehub.payments import collect, tables
from chargehub.payments.rail import RailBroken, Refunded, Refusal
from chargehub.payments.steps import move, told
from chargehub.payments.tables import REFUND, RefundRow
from chargehub.payments.views import PaymentView, RefundView
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)


def payment_of(
    reads: Reads, session_id: str | None, booking_id: str | None = None
) -> PaymentView | None:
    """The payment of which something was taken, for a session or as a booking's fee; or None."""
    if session_id is not None:
        payment = tables.answerable(reads, session_id)
    else:
        payment = tables.live_of_booking(reads, booking_id or "")
        if payment is not None and payment.session_id is not None:
            return None
    return payment if payment is not None and payment.state == "captured" else None


def request(
    work: Work, payment: PaymentView, dispute_id: str, amount_minor: int, now: datetime
) -> str | None:
    """Have this much, or what is left of it, sent back; the refund's id.

    None: another refund of the payment is under way. Ask again later.
    """
    if tables.open_refund(work, payment.id) is not None:
        return None
    amount_minor = min(amount_minor, payment.captured_minor - payment.refunded_minor)
    assert amount_minor > 0, (payment, amount_minor)
    row = RefundRow(
        id=new_id(),
        payment_id=payment.id,
        amount_minor=amount_minor,
        currency=payment.currency,
        state="requested",
        created_at=now,
    )
    work.add(row)
    booking_id = payment.booking_id if payment.session_id is None else None
    work.record(
        DisputeRefundRequested(row.id, payment.id, dispute_id, payment.session_id, booking_id)
    )
    return row.id


def note(
    work: Work, event: DisputeRefundRequested, outcome: Refunded | Refusal | None, now: datetime
) -> RefundView | None:
    """Note what the rail did; the refund as it ended. None: it was noted before."""
    payment = tables.payment(work, event.payment_id)
    wanted = tables.refund(work, event.refund_id)
    if payment is None or wanted is None or outcome is None or wanted.state != "requested":
        return None
    change = update(REFUND).where(REFUND.c.id == wanted.id)
    if isinstance(outcome, Refusal):
        log.error("refund refused", refund=wanted.id, payment=payment.id, code=outcome.code)
        work.execute(change.values(state="failed", finished_at=now, **told(outcome)))
    elif outcome.amount_minor != wanted.amount_minor:
        raise RailBroken(f"{payment.rail} was asked for {wanted.amount_minor}: {outcome}")
    else:
        reference = outcome.reference
        work.execute(change.values(state="refunded", finished_at=now, rail_reference=reference))
        move(work, payment, now, refunded_minor=payment.refunded_minor + wanted.amount_minor)
    return tables.refund(work, wanted.id)


def go_on(work: Work, payment_id: str, settled_cdr_id: str | None, now: datetime) -> None:
    """Take up what waited for the refund: a correction of the cost, or a fee that is to go back.

    `settled_cdr_id`: the CDR that stands settled; None for a booking's fee.
    """
    payment = tables.payment(work, payment_id)
    assert payment is not None, payment_id
    waits = payment.due_minor == 0 if settled_cdr_id is None else payment.cdr_id != settled_cdr_id
    if waits:
        collect.square(work, payment, now)
