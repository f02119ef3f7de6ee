"""What owners are written of charges that banks took back. No text says who paid, or why."""

from datetime import datetime

from chargehub.card_disputes import rules
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.settlement import contests
from chargehub.store.work import Reads, Work
from chargehub.units import Money

FROZEN = "A payment is disputed at the driver's bank"
WON = "A disputed payment is yours again"
LOST = "A disputed payment is lost"


def frozen(reads: Reads, view: CardDisputeView) -> Money:
    """How much of its owner's part is kept until the bank has decided."""
    contest = contests.contest(reads, view.id)
    is_frozen = contest is not None and contest.state == "frozen"
    return Money(contest.frozen_minor if contest and is_frozen else 0, view.currency)


def tell_frozen(work: Work, view: CardDisputeView, now: datetime) -> None:
    """The owner learns what is kept; the rest of the amount was paid out, or is not the owner's."""
    kept = f"Until it has decided {frozen(work, view)} of your earnings are kept.\n"
    _tell(work, view, FROZEN, kept, now)


def tell_decided(work: Work, view: CardDisputeView, now: datetime) -> None:
    """The owner learns what the bank has decided, and at whose expense."""
    if not view.is_withdrawn:
        return  # nothing was frozen, and nothing told
    is_won = view.state == "won"
    if is_won or rules.bearer(view.reason) == "hub":
        text = "Nothing of your earnings is kept any more.\n"
    else:
        text = "Your part of it is gone; what was paid out of it already is taken of later ones.\n"
    _tell(work, view, WON if is_won else LOST, text, now)


def _tell(work: Work, view: CardDisputeView, subject: str, text: str, now: datetime) -> None:
    account = people.account(work, view.owner_id) if view.owner_id else None
    if account is None:
        return
    of = f"session {view.session_id}" if view.session_id else f"booking {view.booking_id}"
    amount = Money(view.amount_minor, view.currency)
    said = f"Hello,\n\n{amount} that were paid for {of} are disputed.\n"
    said += f"{rules.told(view.state, view.reason)}\n{text}"
    mails.write_mail(work, account.email, subject, f"{said}\nSee GET /api/v1/card-disputes.\n", now)
