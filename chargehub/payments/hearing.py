"""What rails tell by themselves, as hints: the rail is asked how the thing stands now.

Notices come in any order, twice, late or never. So nothing is believed of them but that it is
worth looking, and what a look finds changes a payment only where that is news.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, refund_returned, transfer_id
from chargehub.payments import notices, tables, topping_up
from chargehub.payments.facts import Fact, HoldGone, Notice, RefundReturned
from chargehub.payments.rail import Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import has_ended
from chargehub.payments.steps import move, told
from chargehub.payments.tables import REFUND
from chargehub.payments.views import PaymentView, RefundView
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)

Hear = Callable[[Work, str, Any, datetime], None]
"""Hears a fact of the rail of this name."""


class NotNotedYet(Exception):
    """The rail tells of what it has answered us a moment ago. The delivery is tried again."""


def receive(work: Work, rail: str, notice: Notice, now: datetime) -> bool:
    """Note a notice and have it looked into. False: it came before."""
    if notices.is_known(work, rail, notice.id):
        return False
    notices.keep(work, rail, notice, now)
    work.record(events.RailNotified(rail, notice.id, notice.kind, notice.reference, notice.account))
    return True


def look(rails: Rails) -> Callable[[events.RailNotified, str], Awaitable[Fact | None]]:
    """Ask the rail how what a notice tells of stands now. None: nothing to be done."""

    async def run(event: events.RailNotified, _key: str) -> Fact | None:
        reader = rails.notices.get(event.rail)
        if reader is None:  # the rail was taken away meanwhile
            return None
        return await reader.look(
            Notice(event.notice_id, event.kind, event.reference, event.account)
        )

    return run


def hearing(heard: Mapping[type[Any], Hear]) -> Callable[..., None]:
    """What records a look: each kind of fact has one action that hears it."""

    def note_fact(work: Work, event: events.RailNotified, fact: Fact | None, now: datetime) -> None:
        if fact is not None:
            heard[type(fact)](work, event.rail, fact, now)

    return note_fact


def hold_gone(work: Work, _rail: str, fact: HoldGone, now: datetime) -> None:
    """A rail let go of a hold before it was captured: it has ended now.

    A new one is asked for at once, as for every hold that ends; where none is to be had, what the
    session costs is taken without.
    """
    payment = _payment(work, fact.purpose)
    if payment is not None and payment.state == "requested":
        raise NotNotedYet(payment.id)
    if payment is None or payment.state != "authorised" or has_ended(payment.expires_at, now):
        return
    log.warning("hold gone", payment=payment.id, session=payment.session_id)
    is_under_way = payment.expires_at is not None and payment.renew_at is None
    move(work, payment, now, expires_at=now, renew_at=None if is_under_way else now)


def refund_returned_by_bank(work: Work, _rail: str, fact: RefundReturned, now: datetime) -> None:
    """Money that had gone back is the hub's again: the driver's bank would not take it.

    It is nobody's in the ledger until a person finds another way, or the payment is corrected; of
    what was prepaid it is the driver's to spend.
    """
    kind, _, top_up_id = fact.purpose.partition(":")
    if kind == "top_up":
        if not topping_up.payback_returned(work, top_up_id, fact, now):
            raise NotNotedYet(top_up_id)
        return
    payment = _payment(work, fact.purpose)
    if payment is None:
        return
    found = {refund.rail_reference: refund for refund in _refunds(work, payment.id)}
    refund = found.get(fact.reference)
    if refund is not None and refund.state == "refunded":
        _return(work, payment, refund, fact.why, now)
    elif refund is None and tables.open_refund(work, payment.id) is not None:
        raise NotNotedYet(payment.id)


def _return(
    work: Work, payment: PaymentView, refund: RefundView, why: Refusal, now: datetime
) -> None:
    log.error("refund returned", refund=refund.id, payment=payment.id, code=why.code)
    failed = {"state": "failed", "finished_at": now, **told(why)}
    work.execute(update(REFUND).where(REFUND.c.id == refund.id).values(**failed))
    move(work, payment, now, refunded_minor=payment.refunded_minor - refund.amount_minor)
    transfer = Transfer(
        id=transfer_id("refund", refund.id, "returned"),
        kind="refund_returned",
        entries=refund_returned(refund.amount_minor, refund.currency),
        effective_at=now,
    )
    ledger.post(work, transfer)
    work.record(events.RefundReturned(refund.id, payment.id, payment.session_id))


def take_back_returned(work: Work, payment: PaymentView, now: datetime) -> None:
    """A payment is settled anew, with all that was kept of it: what came back is in that."""
    for refund in _refunds(work, payment.id):
        if refund.state == "failed" and refund.rail_reference is not None:
            returned = transfer_id("refund", refund.id, "returned")
            again = transfer_id("refund", refund.id, "settled")
            ledger.reverse(work, returned, again, "The payment was corrected", now)


def _payment(reads: Reads, purpose: str) -> PaymentView | None:
    kind, _, payment_id = purpose.partition(":")
    return tables.payment(reads, payment_id) if kind == "payment" else None


def _refunds(reads: Reads, payment_id: str) -> list[RefundView]:
    of_it = select(REFUND).where(REFUND.c.payment_id == payment_id).order_by(REFUND.c.id)
    return [RefundView(*row) for row in reads.all(of_it)]
