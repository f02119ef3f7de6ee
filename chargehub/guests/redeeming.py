"""A guest's account opens once, so its credit would lie there: a code in a mail passes it on.

Whoever sends the code has the credit: the guest with the next booking, or with an account.
"""

import secrets
from datetime import datetime

from chargehub.bookings import tables as bookings
from chargehub.events import BookingReleased, SessionClosed, SessionSettled
from chargehub.guests import rules, tables
from chargehub.guests.tables import GuestCreditCode
from chargehub.payments import crediting, credits
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import digest
from chargehub.store.work import Work
from chargehub.units import Money


def follow_booking(work: Work, event: BookingReleased, now: datetime) -> None:
    """A booking is over: if it was a guest's, is there a credit left?"""
    _tell(work, event.booking_id, now)


def follow_session(work: Work, event: SessionClosed | SessionSettled, now: datetime) -> None:
    """A session was paid for, or corrected: if it was a guest's, is there a credit left?"""
    booking = bookings.by_session(work, event.session_id)
    if booking is not None:
        _tell(work, booking.id, now)


def _tell(work: Work, booking_id: str, now: datetime) -> None:
    """Mail a guest who has credit the code of it; one at a time, for all that there is."""
    guest = tables.by_booking(work, booking_id)
    if guest is None or guest.account_id is None or guest.credential_until is None:
        return
    account, held = people.account(work, guest.account_id), credits.balances(work, guest.account_id)
    if account is None or not held or tables.has_credit_code(work, account.id):
        return
    code = secrets.token_urlsafe(15)
    work.insert(GuestCreditCode, code_hash=digest(code), account_id=account.id, made_at=now)
    amounts = " and ".join(map(str, held))
    text = rules.credit_text(code, amounts, f"{guest.credential_until:%Y-%m-%d %H:%M}")
    mails.write_mail(work, account.email, rules.CREDIT_SUBJECT, text, now)


def redeem(
    work: Work, code: str, account_id: str, now: datetime, currency: str | None = None
) -> tuple[Money, ...]:
    """All the credit behind a code is this account's; how much, by currency.

    `currency`: in which it is wanted. Raises CreditCodeInvalid, also where nothing is left.
    """
    guest_id = tables.use_credit_code(work, code, now)
    if guest_id is None or guest_id == account_id:
        raise rules.CreditCodeInvalid
    held = crediting.pass_on(work, guest_id, account_id, digest(code), now)
    if not held:
        raise rules.CreditCodeInvalid("Nothing is left of this credit: it was taken back.")
    if currency is not None and currency not in {amount.currency for amount in held}:
        amounts = " and ".join(map(str, held))
        raise rules.CreditCodeInvalid(
            f"This credit is {amounts}, and the booking is paid in {currency}. Keep the code for"
            " another booking, and confirm this one without it."
        )
    return held
