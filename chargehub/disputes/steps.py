"""What every way through a dispute is made of: deciding, carrying it out, asking for the refund."""

from dataclasses import replace
from datetime import datetime, timedelta

from chargehub import events
from chargehub.disputes import rules, tables, telling
from chargehub.disputes.rules import Decision
from chargehub.disputes.views import DisputeView
from chargehub.payments import returning
from chargehub.settlement import contesting, contests
from chargehub.store.work import Work

LOOK_AGAIN = timedelta(minutes=5)  # while another refund of the same payment is under way


def decide(work: Work, view: DisputeView, decision: Decision, now: datetime) -> DisputeView:
    """Note a decision, tell both sides, and carry it out if nobody can appeal."""
    after = go_on(work, view, rules.decided(view, decision, now), now)
    told = events.DisputeDecided(view.id, view.session_id, view.booking_id, after.awarded_minor)
    work.record(told)
    telling.tell_decided(work, after, now)
    return after


def go_on(work: Work, before: DisputeView, after: DisputeView, now: datetime) -> DisputeView:
    """Save what the rules made of a dispute; of one that is final, move the money."""
    after = tables.save(work, before, after)
    if after.status == "refunding":
        return request_refund(work, after, now)
    if after.status == "closed":
        contesting.release(work, after.id, now)
        work.record(events.DisputeClosed(after.id, after.session_id, after.booking_id, 0))
    return after


def request_refund(work: Work, view: DisputeView, now: datetime) -> DisputeView:
    """Have what was awarded sent back, as soon as the payment has no other refund under way.

    Where a correction of the bill has given all of it back already, it is over.
    """
    contest = contests.contest(work, view.id)
    payment = returning.payment_of(work, view.session_id, view.booking_id)
    left = 0 if payment is None else payment.captured_minor - payment.refunded_minor
    wanted = min(view.awarded_minor, contest.amount_minor if contest else 0, left)
    if payment is None or wanted == 0:
        return go_on(work, view, rules.closed(view, 0, now), now)
    refund_id = returning.request(work, payment, view.id, wanted, now)
    due_at = now + LOOK_AGAIN if refund_id is None else None
    return tables.save(work, view, replace(view, refund_id=refund_id, due_at=due_at))
