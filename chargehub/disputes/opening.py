"""Opening a dispute: who may, about what, for how much. Evidence and money freeze with it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.disputes import deciding, gathering, rules, steps, tables, telling
from chargehub.disputes.gathering import Scene
from chargehub.disputes.schema import DisputeRow
from chargehub.disputes.views import DisputeView, Kind, Party
from chargehub.people.rules import Actor
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import NO_CURRENCY
from chargehub.sessions.rules import NoSuchSession
from chargehub.settlement import contesting, fees
from chargehub.settlement import tables as settlements
from chargehub.settlement.contests import Subject
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.units import Money

USUAL_CURRENCY = "EUR"  # of a damage where nothing was ever billed
_NOTHING = "Nothing was taken for this that is not disputed or given back already."
_AGAIN = "There is a dispute about this already: one at a time, and one of a kind."


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody asks for, and says about it."""

    subject: Subject
    kind: Kind
    amount: Money
    statement: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether there is anything to dispute: when it was billed, and the most of it."""

    scene: Scene
    opened_by: Party
    owner_id: str
    driver_id: str
    since: datetime
    currency: str
    most_minor: int
    cost_minor: int


def open_dispute(work: Work, actor: Actor, claim: Claim, now: datetime) -> DisputeView:
    """Open a dispute: the evidence and the disputed amount are frozen, and the other side is asked.

    What the facts decide is decided at once. Raises NoSuchSession, NothingToDispute, TooLate,
    BadAmount, AlreadyDisputed.
    """
    ground = _ground(work, actor, claim)
    rules.check_time(ground.since, now)
    _check_new(work, claim)
    if ground.most_minor == 0:
        raise rules.NothingToDispute(_NOTHING)
    rules.check_amount(claim.amount, ground.most_minor, ground.currency)
    dispute_id = new_id()
    facts = gathering.facts(work, ground.scene, ground.cost_minor, ground.currency)
    sha256 = gathering.freeze(work, dispute_id, ground.scene, facts, now)
    view = _insert(work, ground, claim, dispute_id, sha256, now)
    if view.is_about_money_taken:
        contesting.freeze(work, view.id, claim.subject, view.amount_minor, now)
    work.record(events.DisputeOpened(view.id, view.session_id, view.booking_id))
    decision = deciding.decide(view.kind, view.amount_minor, facts)
    if decision is not None:
        return steps.decide(work, view, decision, now)
    telling.tell_opened(work, view, now)
    return view


def _ground(work: Work, actor: Actor, claim: Claim) -> Ground:
    if claim.subject.booking_id is not None:
        return _of_booking(work, actor, claim)
    session = sessions.session(work, claim.subject.session_id or "")
    opened_by: Party = "owner" if claim.kind == "damage" else "driver"
    rightful = session and (session.owner_id if opened_by == "owner" else session.driver_id)
    if session is None or rightful != actor.account_id:
        raise NoSuchSession(f"You have no session with this id as its {opened_by}.")
    work.flush()
    record = sessions.cdr(work, session.cdr_id) if session.cdr_id else None
    if record is None or session.driver_id is None or session.is_free:
        raise rules.NothingToDispute("There is no bill of a known driver for this session.")
    scene = Scene(session, record)
    if claim.kind == "damage":
        currency = USUAL_CURRENCY if record.currency == NO_CURRENCY else record.currency
        since, most = record.created_at, rules.most_damage_minor(currency)
    else:
        standing = settlements.standing(work, session.id)
        if standing is None:
            raise rules.NothingToDispute("Nothing was taken for this session, or not yet.")
        currency, since = record.currency, standing.captured_at
        most = contesting.contestable_minor(work, claim.subject)
    return Ground(
        *(scene, opened_by, session.owner_id, session.driver_id),
        *(since, currency, most, record.cost_minor),
    )


def _of_booking(work: Work, actor: Actor, claim: Claim) -> Ground:
    booking = bookings.booking(work, claim.subject.booking_id or "")
    if booking is None or booking.driver_id != actor.account_id:
        raise NoSuchSession("You have no booking with this id.")
    fee = fees.of_booking(work, booking.id)
    if fee is None or fee.reversed_at is not None:
        raise rules.NothingToDispute("No fee was taken for this booking. Dispute its session.")
    if claim.kind not in rules.OF_A_BOOKING:
        kinds = " or ".join(rules.OF_A_BOOKING)
        raise rules.NothingToDispute(f"The fee of a booking can be disputed as {kinds}.")
    most = contesting.contestable_minor(work, claim.subject)
    return Ground(
        *(Scene(booking=booking), "driver", booking.owner_id, booking.driver_id),
        *(fee.captured_at, fee.currency, most, fee.captured_minor),
    )


def _check_new(reads: Reads, claim: Claim) -> None:
    """Raises AlreadyDisputed: one of a kind, and one about money at a time."""
    for known in tables.of_subject(reads, claim.subject):
        is_same = known.kind == claim.kind
        is_both_live = known.status != "closed" and "damage" not in (known.kind, claim.kind)
        if is_same or is_both_live:
            raise rules.AlreadyDisputed(_AGAIN)


def _insert(
    work: Work, ground: Ground, claim: Claim, dispute_id: str, sha256: str, now: datetime
) -> DisputeView:
    try:
        work.insert(
            DisputeRow,
            id=dispute_id,
            kind=claim.kind,
            opened_by=ground.opened_by,
            session_id=claim.subject.session_id,
            booking_id=claim.subject.booking_id,
            station_id=ground.scene.station_id,
            owner_id=ground.owner_id,
            driver_id=ground.driver_id,
            currency=ground.currency,
            amount_minor=claim.amount.amount_minor,
            statement=claim.statement,
            status="open",
            due_at=now + rules.ANSWER_WITHIN,
            evidence_sha256=sha256,
            opened_at=now,
        )
    except IntegrityError as error:  # another node was quicker
        if "uq_dispute" not in str(error.orig) and "dispute." not in str(error.orig):
            raise
        raise rules.AlreadyDisputed(_AGAIN) from error
    view = tables.dispute(work, dispute_id)
    assert view is not None, dispute_id
    return view
