"""What lines of a rail's books say of the ledger, and the entries of them. Pure.

The ledger's psp:pending is what the hub knows of a rail; psp:available what the rail's books have
confirmed as free to send. Every line is explained by one payment, refund or payout of the hub's,
or its remainder stands in suspense until an operator says what it is. Source: money.md 1.1, 1.4.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chargehub.errors import Conflict, Invalid, NotFound
from chargehub.ledger.rules import Entry, moved
from chargehub.payments.books import BookLine, LineKind

WAITS = timedelta(days=2)  # for what the hub itself has not heard of yet: an answer may be late
OVERLAP = timedelta(days=3)  # of one reconciliation with the one before: lines may appear late
MISSING_AFTER = timedelta(days=3)  # what the hub noted and no line has told by then
EVERY = timedelta(days=1)
AGAIN_FOR = timedelta(days=90)  # after an operator said what it is: then nothing is heard of it
EXPLAINED_SINCE = "The hub has noted it itself since then; what was in suspense was taken back."
BACK = ("refund_back", "payout_back", "dispute_back")  # what had left and came back

LineState = Literal["new", "explained", "suspense", "resolved"]
Account = Literal["bank:operating", "expense:goodwill", "expense:psp_fees", "income:rounding"]


class NoSuchLine(NotFound):
    """There is no line with this id."""


class NotInSuspense(Conflict):
    """The line is explained, or an operator has said what it is."""


class NothingToCompare(Invalid):
    """The hub has no rail that tells its books by that name."""


@dataclass(frozen=True, slots=True)
class LineView:
    """A line and how it stands.

    `suspense_minor` of its amount is explained by nothing. `told`: why, in a sentence.
    `moved_at`: when psp:available followed it. `suspended`: how often some of it went into
    suspense; `look_at`: when to ask anew whether the hub has heard of it since.
    """

    id: str
    rail: str
    reference: str
    kind: LineKind
    about: str | None
    amount_minor: int
    fee_minor: int
    currency: str
    booked_at: datetime
    available_at: datetime
    state: LineState
    suspense_minor: int
    told: str | None
    moved_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    account: str | None
    because: str | None
    suspended: int = 0
    look_at: datetime | None = None

    @property
    def line(self) -> BookLine:
        return BookLine(
            self.reference,
            self.kind,
            self.about,
            self.amount_minor,
            self.fee_minor,
            self.currency,
            self.booked_at,
            self.available_at,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line is. `suspense_minor`: what of it nothing explains."""

    state: LineState
    suspense_minor: int = 0
    told: str | None = None


NOT_YET = Verdict("new")


def judge(line: BookLine, ours_minor: int | None, now: datetime) -> Verdict:
    """Compare a line with what the hub has noted of the same; None: nothing.

    `ours_minor` is signed like the line: money that left is negative.
    """
    if line.kind in ("fee", "withdrawal") or ours_minor == line.amount_minor:
        return Verdict("explained")
    if now < line.booked_at + WAITS:
        return NOT_YET
    if ours_minor is None:
        told = f"The hub knows of no {line.kind if line.kind != 'other' else 'order'} like this."
        return Verdict("suspense", line.amount_minor, told)
    told = f"The hub noted {ours_minor} where the rail's books say {line.amount_minor}."
    return Verdict("suspense", line.amount_minor - ours_minor, told)


def changes(view: LineView, verdict: Verdict) -> bool:
    """Does a second look at a line in suspense, or resolved, say something else than the first?"""
    if verdict.state == "new":
        return False
    return verdict.state == "explained" or verdict.suspense_minor != view.suspense_minor


def fee_entries(line: BookLine) -> tuple[Entry, ...]:
    """What the rail took for itself: with a line, or as one."""
    cost = line.fee_minor - (line.amount_minor if line.kind == "fee" else 0)
    is_of_dispute = line.kind in ("dispute", "dispute_back")
    account = "expense:dispute_fees" if is_of_dispute else "expense:psp_fees"
    return moved(cost, line.currency, account, "psp:pending")


def withdrawal_entries(line: BookLine) -> tuple[Entry, ...]:
    """What went to the hub's own bank account, or came back from there."""
    return moved(-line.amount_minor, line.currency, "bank:operating", "psp:pending")


def suspense_entries(verdict: Verdict, currency: str) -> tuple[Entry, ...]:
    """What nothing explains is there, and nobody's that is known."""
    return moved(verdict.suspense_minor, currency, "psp:pending", "psp:suspense")


def resolved_entries(line: LineView, account: Account) -> tuple[Entry, ...]:
    """It is known now what stood in suspense."""
    return moved(line.suspense_minor, line.currency, "psp:suspense", account)


def available_again_entries(view: LineView, verdict: Verdict) -> tuple[Entry, ...]:
    """By how much psp:available followed a payout too far that was unexplained then."""
    if view.moved_at is None or view.kind not in ("payout", "payout_back"):
        return ()
    change_minor = verdict.suspense_minor - view.suspense_minor
    return moved(change_minor, view.currency, "psp:available", "psp:pending")


def available_entries(view: LineView) -> tuple[Entry, ...]:
    """What has come can be sent away now, and what has left is not there any more.

    Payouts leave psp:available, and come back to it, when the hub notes it: of those only the
    unexplained is pending.
    """
    net_minor = view.line.net_minor
    if view.kind in ("payout", "payout_back"):
        net_minor = view.suspense_minor - view.fee_minor
    return moved(net_minor, view.currency, "psp:available", "psp:pending")
