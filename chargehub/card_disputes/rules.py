"""Who bears a charge that a bank took back, when and by whom it is answered, the entries. Pure.

Source: money.md 1.4, the rows of disputes; Stripe's documentation, "Dispute categories".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehub.errors import Conflict, NotFound
from chargehub.ledger.rules import Entry, moved
from chargehub.payments.facts import CardDisputed, CardDisputeState
from chargehub.settlement.contest import Bearer

ANSWER_BEFORE = timedelta(days=2)  # the bank's time is up: until then an operator may add words
_OF_SERVICE = frozenset({"credit_not_processed", "product_not_received", "product_unacceptable"})
_RANK = ("inquiry", "needs_response", "under_review", "closed", "lost", "won")


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a card dispute is. `is_refused`: the rail would not take the hub's last word."""

    state: CardDisputeState
    due_by: datetime | None
    answer_at: datetime | None
    is_accepted: bool
    is_refused: bool


class NoSuchCardDispute(NotFound):
    """There is no card dispute with this id."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no card dispute with this id: GET /api/v1/card-disputes.")


class CardDisputeAnswered(Conflict):
    """Words for a bank that come too late."""

    code = "card_dispute_answered"


class NotAcceptable(Conflict):
    """A card dispute that nobody can give in to, now or any more."""

    code = "card_dispute_not_acceptable"


def bearer(reason: str) -> Bearer:
    """Owners answer for what they gave, the hub for cards: fraud, and its own mistakes."""
    return "owner" if reason in _OF_SERVICE else "hub"


def is_news(before: CardDisputeState, after: CardDisputeState) -> bool:
    """False for a look that is older than what is known. Of a bank's decisions one can change: what
    was lost is given back after all, as when the cardholder withdraws or another round is won."""
    if before == "lost":
        return after == "won"
    return before != "won" and _RANK.index(after) >= _RANK.index(before)


def answer_at(fact: CardDisputed, now: datetime) -> datetime | None:
    """When the evidence is to be sent; None: it was, nobody asks for it, or it is too late."""
    return answer_before(fact.due_by, now) if fact.is_awaited else None


def answer_before(due_by: datetime | None, now: datetime) -> datetime | None:
    """When to answer who waits until `due_by`. None: it is too late."""
    if due_by is None:
        return now
    return None if due_by <= now else max(now, due_by - ANSWER_BEFORE)


def answer_again(at: Stand, now: datetime) -> datetime:
    """When evidence is sent to which an operator adds words; also what the rail took not before.

    Raises CardDisputeAnswered.
    """
    if at.state not in ("inquiry", "needs_response"):
        raise CardDisputeAnswered("The bank waits for no evidence any more.")
    if at.is_accepted:
        raise CardDisputeAnswered("It was accepted that this charge is lost: nothing is sent.")
    if at.answer_at is None and not at.is_refused:
        raise CardDisputeAnswered("The evidence is on its way to the bank, or was sent.")
    answer_at = answer_before(at.due_by, now)
    if answer_at is None:
        raise CardDisputeAnswered("It is too late: the bank takes no evidence any more.")
    return answer_at


def check_acceptance(state: CardDisputeState) -> None:
    """May an operator leave it to the cardholder? Raises NotAcceptable."""
    if state == "inquiry":
        raise NotAcceptable(
            "The bank only asks, and has taken nothing. To give the charge back, correct its CDR."
        )
    if state == "under_review":
        raise NotAcceptable("The evidence was sent, and the bank decides. Wait for it.")
    if state != "needs_response":
        raise NotAcceptable("This dispute is over.")


_BANK = "The cardholder's bank"
_TOLD: dict[CardDisputeState, str] = {
    "inquiry": f"{_BANK} asks about the payment. It has taken nothing; the hub answers.",
    "needs_response": f"{_BANK} has taken the payment back. The hub sends it evidence by itself.",
    "under_review": f"{_BANK} has taken the payment back, has the hub's evidence, and decides.",
    "won": f"{_BANK} has decided for the hub: the payment is there again, nothing is frozen.",
    "closed": f"{_BANK} asked about the payment, and is content.",
}


def told(state: CardDisputeState, reason: str) -> str:
    """How a card dispute stands, as a sentence for the owner of the station."""
    if state != "lost":
        return _TOLD[state]
    if bearer(reason) == "owner":
        return (
            f"{_BANK} has decided for the cardholder, for the service's sake: the owner bears it."
        )
    return f"{_BANK} has decided for the cardholder, for the card's sake: the hub bears it."


def withdrawn_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The bank has the amount until it decides."""
    return moved(amount_minor, currency, "psp:disputed", "psp:pending")


def given_back_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """It is with the rail again; or gone for good, as what is posted next says."""
    return moved(amount_minor, currency, "psp:pending", "psp:disputed")


def regained_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """What a bank gave back that it had taken for good, and is no part of the cost: it was nobody's
    loss, so it is owed to the driver, or an operator must say."""
    return moved(amount_minor, currency, "psp:pending", "psp:suspense")


def beyond_entries(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """What was lost and nobody bears: it was owed to the driver, or an operator must say."""
    return moved(amount_minor, currency, "psp:suspense", "psp:pending")
