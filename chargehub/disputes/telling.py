"""What the parties of a dispute are written. No text holds a name or what somebody said."""

from datetime import datetime

from chargehub.disputes.views import DisputeView, Party
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.work import Work
from chargehub.units import Money

_ABOUT = {
    "energy": "the energy that was billed",
    "price": "the price",
    "no_access": "a charger that could not be used",
    "overstay": "the cost of standing too long",
    "fraud": "a charge that the driver does not know",
    "damage": "a damage",
}


def tell_opened(work: Work, view: DisputeView, now: datetime) -> None:
    """The other side is asked; where the facts have decided already, `tell_decided` says so."""
    silence = "Without your answer an operator decides then."
    if view.is_about_money_taken:
        silence = "Without your answer the driver is right."
    text = f"Answer by {_time(view)}: agree, or say why not. {silence}\n"
    _tell(work, view, view.respondent, "A dispute needs your answer", text, now)


def tell_contested(work: Work, view: DisputeView, now: datetime) -> None:
    """Who opened it learns that an operator decides."""
    text = f"The other side does not agree. An operator decides by {_time(view)}.\n"
    _tell(work, view, view.opened_by, "Your dispute goes to an operator", text, now)


def tell_decided(work: Work, view: DisputeView, now: datetime) -> None:
    """Both learn who gets what and why, and until when they may appeal."""
    awarded = Money(view.awarded_minor, view.currency)
    asked = Money(view.amount_minor, view.currency)
    text = f"Of {asked} that was asked for, {awarded} is awarded.\n{view.reason}\n"
    if view.status == "decided":
        text += f"Whoever does not accept this may appeal once, until {_time(view)}.\n"
    if view.kind == "damage" and view.awarded_minor:
        text += "Nothing is taken by the hub: settle it between you.\n"
    for party in ("driver", "owner"):
        _tell(work, view, party, "Your dispute is decided", text, now)


def tell_appealed(work: Work, view: DisputeView, now: datetime) -> None:
    """Both learn that it goes on."""
    text = f"There is an appeal. Another operator decides for good by {_time(view)}.\n"
    for party in ("driver", "owner"):
        _tell(work, view, party, "An appeal in your dispute", text, now)


def tell_refunded(work: Work, view: DisputeView, is_sent: bool, now: datetime) -> None:
    """The driver learns that the money is on its way, or that a person must send it."""
    back = Money(view.refunded_minor, view.currency)
    text = f"{back} went back to the card or account that you paid with.\n"
    if not is_sent:
        text = f"{back} is yours, but could not be sent back the way it came. Write to us.\n"
    _tell(work, view, "driver", "Your refund", text, now)


def _time(view: DisputeView) -> str:
    assert view.due_at is not None, view.id
    return f"{view.due_at:%Y-%m-%d %H:%M} UTC"


def _tell(
    work: Work, view: DisputeView, party: Party, subject: str, text: str, now: datetime
) -> None:
    account = people.account(work, view.account_of(party))
    if account is None:
        return
    of = f"session {view.session_id}" if view.session_id else f"booking {view.booking_id}"
    about = f"Dispute {view.id} is about {_ABOUT[view.kind]}, of {of}.\n\n"
    path = "guest-booking/disputes" if people.is_guest(work, account.id) else "disputes"
    end = f"\nRead and answer: GET /api/v1/{path}/{view.id}.\n"
    mails.write_mail(work, account.email, subject, f"Hello,\n\n{about}{text}{end}", now)
