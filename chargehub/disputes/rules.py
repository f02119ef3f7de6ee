"""The life of a dispute: until when what may be done, by whom, and what silence means. Pure.

open (the other side answers) -> contested (an operator decides) -> decided (either side may
appeal) -> appealed (another operator decides) -> refunding -> closed. What the facts decide skips
the answer; giving in and withdrawing skip the appeal. Nothing leaves `closed`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from chargehub.disputes.views import DisputeView, How, Kind, Party
from chargehub.errors import Conflict, Forbidden, Invalid, NotFound
from chargehub.settlement.contest import Bearer
from chargehub.units import Money, minor

# Market rules, 1.6.
OPEN_WITHIN = timedelta(days=14)
ANSWER_WITHIN = timedelta(hours=72)
DECIDE_WITHIN = timedelta(days=7)
APPEAL_WITHIN = timedelta(hours=72)  # as long as an answer may take
MOST_DAMAGE = Decimal(500)  # in major units
OF_A_BOOKING: tuple[Kind, ...] = ("no_access", "fraud")  # what a fee for no session can be about
OF_ENERGY: tuple[Kind, ...] = ("energy", "fraud")  # what the doubt about a bill can be about
MOST_MESSAGES = 200  # of a room
MOST_PHOTOS = 20  # of a room

SILENCE = "There was no answer in time."
TOO_LATE = "No operator decided in time, so the hub bears it."
TOO_LATE_FOR_DAMAGE = "No operator decided in time, so the claim is not upheld."
STANDS = "No operator decided the appeal in time, so the first decision stands."
GAVE_IN = "The other side agreed."
TAKEN_BACK = "It was withdrawn."


class NoSuchDispute(NotFound):
    """There is no such dispute, or the actor has no part in it."""

    def __init__(self) -> None:
        super().__init__("There is no dispute with this id.")


class NothingToDispute(Conflict):
    """Nothing was taken, or all of it is disputed or given back already."""

    code = "nothing_to_dispute"


class TooLate(Conflict):
    """The time for it is over."""

    code = "too_late"


class AlreadyDisputed(Conflict):
    """There is a dispute about this already."""

    code = "already_disputed"


class DisputeMovedOn(Conflict):
    """The dispute is not in the state for that, or nobody can do it any more."""

    code = "dispute_moved_on"


class BadAmount(Invalid):
    """The amount is none that can be asked for or awarded."""

    code = "bad_amount"


class NotImpartial(Forbidden):
    """An operator does not decide on their own matter, nor on an appeal against themselves."""

    code = "not_impartial"


class PhotoMissing(Conflict):
    """A claim for damage needs photos."""

    code = "photo_missing"


class RoomFull(Conflict):
    """So many messages or photos are enough."""

    code = "room_full"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who gets what, and why. `awarded_minor` is for who opened it; `by`: an operator's id."""

    how: How
    awarded_minor: int
    reason: str
    bearer: Bearer = "owner"
    by: str | None = None


def check_time(since: datetime, now: datetime) -> None:
    """Raises TooLate. `since`: when it was billed, or for a damage when the session was closed."""
    if now > since + OPEN_WITHIN:
        raise TooLate(f"Disputes are opened within {OPEN_WITHIN.days} days after the bill.")


def check_amount(wanted: Money, most_minor: int, currency: str) -> None:
    """Raises BadAmount: a dispute is about so much of what was taken, and no more."""
    if wanted.currency != currency:
        raise BadAmount(f"It was paid in {currency}; ask for an amount in that.")
    if not 0 < wanted.amount_minor <= most_minor:
        raise BadAmount(f"Ask for an amount up to {Money(most_minor, currency)}.")


def most_damage_minor(currency: str) -> int:
    """The most that can be claimed for a damage, in minor units."""
    return minor(MOST_DAMAGE, currency)


def check_answer(view: DisputeView, party: Party | None) -> None:
    """Raises DisputeMovedOn unless this side is to answer now."""
    if view.status != "open" or party != view.respondent:
        raise DisputeMovedOn("Only the other side answers a dispute, once, while it is open.")


def check_withdrawal(view: DisputeView, party: Party | None) -> None:
    """Raises DisputeMovedOn unless this side opened it, and it is not over."""
    if party != view.opened_by or view.status in ("refunding", "closed"):
        raise DisputeMovedOn("Only who opened a dispute withdraws it, until it is over.")


def check_appeal(view: DisputeView, party: Party | None) -> None:
    """Raises DisputeMovedOn unless this side lost something by the first decision."""
    if view.status != "decided":
        raise DisputeMovedOn("Only a first decision can be appealed against, within 72 hours.")
    if party is None or not has_lost(view, party):
        raise DisputeMovedOn("The decision takes nothing from you that an appeal could bring.")


def has_lost(view: DisputeView, party: Party) -> bool:
    """True if the decision denies this side something that it wants."""
    if party == view.opened_by:
        return view.awarded_minor < view.amount_minor
    return view.awarded_minor > 0 and view.bearer == "owner"


def check_decision(view: DisputeView, decision: Decision, has_photo: bool) -> None:
    """May this operator decide so? Raises DisputeMovedOn, NotImpartial, BadAmount, PhotoMissing."""
    if view.status not in ("contested", "appealed"):
        raise DisputeMovedOn("The dispute waits for no decision of an operator.")
    if decision.by in (view.driver_id, view.owner_id):
        raise NotImpartial("It is your own matter. Another operator must decide.")
    if view.status == "appealed" and decision.by == view.decided_by:
        raise NotImpartial("The appeal is against your decision. Another operator must decide.")
    if not 0 <= decision.awarded_minor <= view.amount_minor:
        raise BadAmount(f"Award from 0 to {Money(view.amount_minor, view.currency)}.")
    if view.kind == "damage" and decision.bearer != "owner":
        raise BadAmount("The hub bears no damage; leave `at_expense_of` out.")
    if view.kind == "damage" and decision.awarded_minor and not has_photo:
        raise PhotoMissing("The owner has shown no photo, so nothing can be awarded.")


def decided(view: DisputeView, decision: Decision, now: datetime) -> DisputeView:
    """The dispute with its decision: to be appealed against, or carried out at once."""
    after = replace(
        view,
        how=decision.how,
        awarded_minor=decision.awarded_minor,
        bearer=decision.bearer,
        reason=decision.reason,
        decided_at=now,
        decided_by=decision.by,
    )
    is_last = view.status == "appealed" or decision.how in ("accepted", "withdrawn")
    if is_last or not (has_lost(after, "driver") or has_lost(after, "owner")):
        return final(after, now)
    return replace(after, status="decided", due_at=now + APPEAL_WITHIN)


def final(view: DisputeView, now: datetime) -> DisputeView:
    """The decision stands: what it gives back is due now, or the dispute is over."""
    if view.is_about_money_taken and view.awarded_minor:
        return replace(view, status="refunding", due_at=now)
    return closed(view, 0, now)


def closed(view: DisputeView, refunded_minor: int, now: datetime) -> DisputeView:
    """It is over for good."""
    return replace(view, status="closed", due_at=None, refunded_minor=refunded_minor, closed_at=now)


def contested(view: DisputeView, answer: str | None, now: datetime) -> DisputeView:
    """An operator is to decide."""
    return replace(view, status="contested", answer=answer, due_at=now + DECIDE_WITHIN)


def appealed(view: DisputeView, by: Party, appeal: str, now: datetime) -> DisputeView:
    """Another operator is to decide."""
    after = replace(view, status="appealed", appealed_by=by, appeal=appeal)
    return replace(after, due_at=now + DECIDE_WITHIN)


def overdue(view: DisputeView, now: datetime) -> DisputeView:
    """What follows when a deadline has passed.

    Silence means that the driver is right; of a damage nobody is convicted by silence. The hub
    itself pays for operators who do not decide.
    """
    if view.status == "open" and view.kind == "damage":
        return contested(view, None, now)
    if view.status == "open":
        return decided(view, Decision("silence", view.amount_minor, SILENCE), now)
    if view.status == "contested" and view.kind == "damage":
        return decided(view, Decision("too_late", 0, TOO_LATE_FOR_DAMAGE), now)
    if view.status == "contested":
        late = Decision("too_late", view.amount_minor, TOO_LATE, "hub")
        return decided(view, late, now)
    if view.status == "appealed":
        return final(replace(view, reason=f"{view.reason} {STANDS}"), now)
    assert view.status == "decided", view
    return final(view, now)
