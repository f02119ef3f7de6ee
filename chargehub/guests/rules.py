"""A guest books once, without an account, by a link in a mail: how long things last, and what is
refused. Pure.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from chargehub.errors import Conflict, Forbidden, Invalid, Unauthenticated
from chargehub.people.rules import fold_email

LINK_LASTS = timedelta(minutes=30)  # to read the mail and find a card; so long the terms count
CREDENTIAL_LASTS = timedelta(days=60)  # after the slot: to see the receipt and to complain
OPEN_PER_ADDRESS = 3  # links and bookings to come of one mailbox: more is what accounts are for
FORGOTTEN_AFTER = timedelta(hours=1)  # a link that nobody opened, with the address it went to
CREDENTIAL_PREFIX = "chg_"  # lets secret scanners recognise a leaked one, and us tell it from keys
_PURPOSE = b"credential of a guest:"


class GuestLinkInvalid(Invalid):
    """A link from a mail that is unknown or too old, or made its booking before."""

    code = "guest_link_invalid"

    def __init__(self) -> None:
        super().__init__("The link is unknown, used or too old. Ask for a new one.")


class CreditCodeInvalid(Invalid):
    """A credit's code that is unknown, used or too old, or whose credit is of no use here."""

    code = "credit_code_invalid"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or "The code of the credit is unknown, used or too old.")


class TooManyGuestBookings(Conflict):
    """One mailbox has as many open links and bookings as a guest may have."""

    code = "too_many_guest_bookings"

    def __init__(self) -> None:
        super().__init__(
            f"There are {OPEN_PER_ADDRESS} open links or bookings for this address. Open one, wait"
            " until it is too old, or make an account."
        )


class GuestUnknown(Unauthenticated):
    """Nobody's credential, or one that is too old."""

    code = "guest_unknown"

    def __init__(self) -> None:
        super().__init__("Send what the confirmation answered as `credential`; it ends 60 days on.")


class ForGuestsAlone(Forbidden):
    """Who has an account has routes of their own."""

    code = "for_guests_alone"

    def __init__(self) -> None:
        super().__init__("This is for guests. With an account, use the routes of bookings.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The hub's secret, and how people reach the hub."""

    secret: bytes
    public_url: str


def mailbox_key(email: str) -> str:
    """What tells mailboxes apart without naming them: SHA-256 of the folded address."""
    return hashlib.sha256(fold_email(email).encode("utf-8", "surrogatepass")).hexdigest()


def credential(secret: bytes, link_token: str) -> str:
    """The guest's own token. The same link gives the same one, so an answer that was lost can be
    had again; without the hub's secret the link alone does not tell it."""
    assert secret, "the hub's secret is empty"
    digest = hmac.new(
        secret, _PURPOSE + link_token.encode("utf-8", "surrogatepass"), hashlib.sha256
    )
    return CREDENTIAL_PREFIX + digest.hexdigest()


def link_text(token: str, public_url: str, when: str) -> str:
    """The mail with the link. It names nobody and no place."""
    return (
        "Hello,\n\n"
        f"somebody, hopefully you, wants to book a charger {when}.\n"
        "If it was you, look at the price and confirm within half an hour:\n\n"
        f"    {public_url}/guest-bookings/{token}\n\n"
        "If it was not you, do nothing: nothing is held, and your address is forgotten.\n"
    )


def credit_text(code: str, amount: str, until: str) -> str:
    """The mail with the code of a guest's credit."""
    return (
        "Hello,\n\n"
        f"you have a credit of {amount} from your booking as a guest. It pays for charging.\n"
        f"Use it once, until {until} UTC, by this code:\n\n"
        f"    {code}\n\n"
        "As a guest: give it as `credit_code` when you confirm your next booking.\n"
        "With an account: POST /api/v1/credits/redemptions.\n"
        "Who has this mail has the credit, so keep it to yourself.\n"
    )


CREDIT_SUBJECT = "Your credit, and how to use it"
LINK_SUBJECT = "Confirm your booking of a charger"


PAY_FIRST = (
    "\nIt stands once you have entered your card on the page that was opened. If you have closed"
    " that page, confirm by the first link once more, within half an hour.\n"
)


def ticket_text(credential: str, public_url: str, when: str, is_paid_on_page: bool) -> str:
    """The mail by which a guest comes back: the page shows the booking to whoever has its address.

    `is_paid_on_page`: the booking waits for a page on which the guest pays.
    """
    return (
        "Hello,\n\n"
        f"you have booked a charger {when}. By this you see whether the booking stands, find the"
        " place, start, and cancel, until 60 days after it; whoever has it can do the same:\n\n"
        f"    {public_url}/guest-booking/{credential}\n"
    ) + (PAY_FIRST if is_paid_on_page else "")


TICKET_SUBJECT = "Your booking of a charger"
