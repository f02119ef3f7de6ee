"""Evidence that is due, words that an operator adds to it, and giving in; what rails answered."""

from datetime import datetime
from operator import attrgetter

import structlog

from chargehub.card_disputes import rules
from chargehub.card_disputes.actions import change, hear
from chargehub.events import CardDisputeAccepted, CardDisputeAnswerDue
from chargehub.payments import card_disputes as tables
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.payments.facts import CardDisputed
from chargehub.payments.rail import Refusal
from chargehub.people.rules import Actor
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)


def answer_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have evidence sent where its time has come; at most 50 disputes; how many."""
    found = tables.to_answer(work, now, chunk.limit)
    return chunk.each(work, found, attrgetter("id"), _ask)


def _ask(work: Work, view: CardDisputeView) -> None:
    change(work, view, answer_at=None)
    work.record(CardDisputeAnswerDue(view.id))


def record_answer(
    work: Work, event: CardDisputeAnswerDue, outcome: CardDisputed | Refusal | None, now: datetime
) -> None:
    """Note how the dispute stands, or that the rail would not take the evidence."""
    view = seen(work, event.card_dispute_id)
    if isinstance(outcome, CardDisputed):
        hear(work, view.rail, outcome, now)
    elif outcome is not None:
        _refused(work, view, outcome)


def add_words(work: Work, dispute_id: str, words: str, now: datetime) -> CardDisputeView:
    """What an operator wants the bank to read first, in the place of what was said before.

    It is sent with the evidence; once more, if the rail would not take that. Raises
    NoSuchCardDispute, CardDisputeAnswered.
    """
    view = seen(work, dispute_id)
    answer_at = rules.answer_again(stand(view), now)
    return change(work, view, words=words, answer_at=answer_at, refusal_code=None)


def accept(work: Work, operator: Actor, dispute_id: str) -> CardDisputeView:
    """Leave the charge to the cardholder: nothing is sent, and the rail is told. Again is the same.

    Raises NoSuchCardDispute, NotAcceptable.
    """
    view = seen(work, dispute_id)
    if view.accepted_by is not None:
        return view
    rules.check_acceptance(view.state)
    work.record(CardDisputeAccepted(view.id))
    given_in = {"accepted_by": operator.account_id, "answer_at": None, "refusal_code": None}
    log.info("card dispute accepted", dispute=view.id)
    return change(work, view, **given_in)


def record_acceptance(
    work: Work, event: CardDisputeAccepted, outcome: CardDisputed | Refusal | None, now: datetime
) -> None:
    """Note that it is lost; or that it was too late, or refused: then nobody has given in."""
    view = seen(work, event.card_dispute_id)
    if outcome is None:
        return
    if isinstance(outcome, Refusal):
        _refused(work, view, outcome)
        return
    if outcome.state != "lost":
        change(work, view, accepted_by=None)
    hear(work, view.rail, outcome, now)


def seen(reads: Reads, dispute_id: str) -> CardDisputeView:
    """Raises NoSuchCardDispute."""
    view = tables.card_dispute(reads, dispute_id)
    if view is None:
        raise rules.NoSuchCardDispute
    return view


def stand(view: CardDisputeView) -> rules.Stand:
    """How far it is."""
    is_accepted, is_refused = view.accepted_by is not None, view.refusal_code is not None
    return rules.Stand(view.state, view.due_by, view.answer_at, is_accepted, is_refused)


def _refused(work: Work, view: CardDisputeView, why: Refusal) -> None:
    """An operator must look: nothing more is sent by itself."""
    if not view.is_open:
        return
    log.warning("card dispute not answered", dispute=view.id, code=why.code, detail=why.detail)
    change(work, view, refusal_code=why.code[:60], accepted_by=None, answer_at=None)
