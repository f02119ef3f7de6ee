"""What the parties and operators do with a dispute, what the clock does, and what the rail says."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter

from chargehub import events
from chargehub.disputes import rules, steps, tables, telling
from chargehub.disputes.rules import Decision
from chargehub.disputes.views import DisputeView
from chargehub.errors import Forbidden
from chargehub.payments import returning
from chargehub.payments.rail import Refunded, Refusal
from chargehub.people.rules import Actor
from chargehub.settlement import actions as settling
from chargehub.settlement import contesting
from chargehub.settlement import tables as settlements
from chargehub.settlement.contest import Bearer
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work


def seen_by(reads: Reads, actor: Actor, dispute_id: str) -> DisputeView:
    """A dispute, for its two sides and operators. Raises NoSuchDispute for others."""
    view = tables.dispute(reads, dispute_id)
    if view is None or not (view.party(actor.account_id) or actor.is_operator):
        raise rules.NoSuchDispute
    return view


def evidence(reads: Reads, actor: Actor, dispute_id: str) -> str:
    """The pack that both sides may see. Raises NoSuchDispute."""
    return tables.evidence(reads, seen_by(reads, actor, dispute_id).id, "pack")


def evidence_reports(reads: Reads, actor: Actor, dispute_id: str) -> str:
    """The station's own words; they hold the driver's id token. Raises NoSuchDispute, Forbidden."""
    view = seen_by(reads, actor, dispute_id)
    if view.party(actor.account_id) != "driver" and not actor.is_operator:
        raise Forbidden("The reports hold the driver's whole id token: the pack says the rest.")
    return tables.evidence(reads, view.id, "reports")


def answer(
    work: Work, actor: Actor, dispute_id: str, agrees: bool, said: str, now: datetime
) -> DisputeView:
    """The other side agrees, and it is decided for who opened it; or not, and an operator decides.

    Raises NoSuchDispute, DisputeMovedOn.
    """
    view = seen_by(work, actor, dispute_id)
    rules.check_answer(view, view.party(actor.account_id))
    if agrees:
        return steps.decide(work, view, Decision("accepted", view.amount_minor, rules.GAVE_IN), now)
    after = tables.save(work, view, rules.contested(view, said, now))
    work.record(events.DisputeAnswered(view.id, view.session_id, view.booking_id))
    telling.tell_contested(work, after, now)
    return after


def withdraw(work: Work, actor: Actor, dispute_id: str, now: datetime) -> DisputeView:
    """Who opened it wants nothing any more. Raises NoSuchDispute, DisputeMovedOn."""
    view = seen_by(work, actor, dispute_id)
    rules.check_withdrawal(view, view.party(actor.account_id))
    return steps.decide(work, view, Decision("withdrawn", 0, rules.TAKEN_BACK), now)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an operator awards, at whose expense, and why."""

    awarded_minor: int
    bearer: Bearer
    reason: str


def judge(
    work: Work, operator: Actor, dispute_id: str, judgement: Judgement, now: datetime
) -> DisputeView:
    """An operator decides, at first or on an appeal.

    Raises NoSuchDispute, DisputeMovedOn, NotImpartial, BadAmount, PhotoMissing.
    """
    view = seen_by(work, operator, dispute_id)
    decision = Decision(
        "operator",
        judgement.awarded_minor,
        judgement.reason,
        judgement.bearer,
        operator.account_id,
    )
    has_photo = tables.has_photo(work, view.id, view.opened_by)
    rules.check_decision(view, decision, has_photo)
    return steps.decide(work, view, decision, now)


def appeal(work: Work, actor: Actor, dispute_id: str, said: str, now: datetime) -> DisputeView:
    """One side does not accept the decision; once. Raises NoSuchDispute, DisputeMovedOn."""
    view = seen_by(work, actor, dispute_id)
    party = view.party(actor.account_id)
    rules.check_appeal(view, party)
    assert party is not None, view
    after = tables.save(work, view, rules.appealed(view, party, said, now))
    work.record(events.DisputeAppealed(view.id, view.session_id, view.booking_id))
    telling.tell_appealed(work, after, now)
    return after


def follow_deadlines(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Go on with disputes whose time has come, at most 50; how many they were."""
    return chunk.each(
        work, tables.due(work, now, chunk.limit), attrgetter("id"), partial(_follow, now=now)
    )


def _follow(work: Work, view: DisputeView, now: datetime) -> None:
    if view.status == "refunding":
        steps.request_refund(work, view, now)
        return
    after = steps.go_on(work, view, rules.overdue(view, now), now)
    if after.status == "contested":
        telling.tell_contested(work, after, now)
        return
    if after.decided_at != view.decided_at:
        told = events.DisputeDecided(view.id, view.session_id, view.booking_id, after.awarded_minor)
        work.record(told)
    if view.status != "decided":
        telling.tell_decided(work, after, now)


def end_doubt(work: Work, event: events.DisputeClosed, now: datetime) -> None:
    """What was decided about a session's energy ends the doubt: the rest is the owner's.

    Not what nobody looked at: who agreed, withdrew or let the time pass proved nothing. Nor what
    facts gave all that was asked of, where more was billed: they may speak against more.
    """
    view = tables.dispute(work, event.dispute_id)
    if view is None or view.session_id is None or view.kind not in rules.OF_ENERGY:
        return
    settled = settlements.standing(work, view.session_id)
    is_part = settled is not None and view.awarded_minor < settled.captured_minor
    is_open = view.how == "facts" and is_part and view.awarded_minor == view.amount_minor
    if view.how in ("facts", "operator") and not is_open:
        settling.believe(work, view.session_id, f"Decided in the dispute {view.id}.", now)


def record_refund(
    work: Work,
    event: events.DisputeRefundRequested,
    outcome: Refunded | Refusal | None,
    now: datetime,
) -> None:
    """Note what the rail did, book it, and close the dispute.

    What the rail would not take back is booked as owed to the driver.
    """
    refund = returning.note(work, event, outcome, now)
    view = tables.dispute(work, event.dispute_id)
    if refund is None or view is None or view.status != "refunding":
        return
    is_sent = refund.state == "refunded"
    back = contesting.give_back(work, view.id, refund.amount_minor, now, view.bearer, is_sent)
    after = tables.save(work, view, rules.closed(view, back, now))
    work.record(events.DisputeClosed(view.id, view.session_id, view.booking_id, back))
    telling.tell_refunded(work, after, is_sent, now)
    standing = settlements.standing(work, event.session_id) if event.session_id else None
    returning.go_on(work, event.payment_id, standing.cdr_id if standing else None, now)
