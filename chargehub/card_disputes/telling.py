"""What owners and drivers are written of charges that banks took back.

No text to owners says who paid, or why; drivers are written to of what they paid in.
"""

from datetime import datetime

from chargehub.card_disputes import rules
from chargehub.payments import chargebacks
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.payments.chargebacks import Chargeback
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.settlement import contests
from chargehub.store.work import Reads, Work
from chargehub.units import Money

FROZEN = "A payment is disputed at the driver's bank"
WON = "A disputed payment is yours again"
LOST = "A disputed payment is lost"
TOP_UP_DISPUTED = "A top-up of yours is disputed at its bank"


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
    of_top_up = chargebacks.chargeback(work, view.id)
    if of_top_up is not None:
        tell_balance(work, view, of_top_up, now)
        return
    is_won = view.state == "won"
    if is_won or rules.bearer(view.reason) == "hub":
        text = "Nothing of your earnings is kept any more.\n"
    else:
        text = "Your part of it is gone; what was paid out of it already is taken of later ones.\n"
    _tell(work, view, WON if is_won else LOST, text, now)


def tell_balance(work: Work, view: CardDisputeView, found: Chargeback, now: datetime) -> None:
    """The driver learns what a bank's claim on a top-up means for the balance, and what to do."""
    account = people.account(work, found.account_id)
    if account is None or not account.email:
        return
    kept, taken, owed = (
        Money(minor, found.currency)
        for minor in (found.frozen_minor, found.taken_minor, found.owed_minor)
    )
    if found.state == "frozen":
        text = (
            f"Until it has decided {kept} of your balance are kept. If you did not dispute it,"
            " ask your bank to withdraw that.\n"
        )
    elif found.state == "released":
        text = "It has decided for the hub: nothing of your balance is kept any more.\n"
    else:
        text = f"It has decided for the cardholder: {taken} were taken off your balance.\n"
    if found.owed_minor:
        text += f"{owed} of it were spent before. Pay them: POST /api/v1/debts/payments.\n"
    amount = Money(view.amount_minor, view.currency)
    said = f"Hello,\n\na card's bank disputes {amount} that you had prepaid.\n{text}"
    mails.write_mail(work, account.email, TOP_UP_DISPUTED, said, now)


def _tell(work: Work, view: CardDisputeView, subject: str, text: str, now: datetime) -> None:
    account = people.account(work, view.owner_id) if view.owner_id else None
    if account is None:
        return
    of = f"session {view.session_id}" if view.session_id else f"booking {view.booking_id}"
    amount = Money(view.amount_minor, view.currency)
    said = f"Hello,\n\n{amount} that were paid for {of} are disputed.\n"
    said += f"{rules.told(view.state, view.reason)}\n{text}"
    mails.write_mail(work, account.email, subject, f"{said}\nSee GET /api/v1/card-disputes.\n", now)
