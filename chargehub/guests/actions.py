"""What guests do: ask for a link, confirm by it, and then act on that one booking."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from chargehub.bookings import cancelling, depositing, locked, promising, quotes
from chargehub.bookings import holding as bookings
from chargehub.bookings import tables as booking_tables
from chargehub.bookings.cancelling import Price
from chargehub.bookings.quotes import QuoteView
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BookingView
from chargehub.guests import pages, paying, redeeming, rules, tables
from chargehub.guests.rules import Secrets
from chargehub.guests.tables import GuestBookingRow, GuestView
from chargehub.payments import actions as payments
from chargehub.payments.actions import NewMethod
from chargehub.people import actions as people
from chargehub.people import mails
from chargehub.people.rules import Actor, digest
from chargehub.people.rules import email as checked_email
from chargehub.sessions import access_codes, remote
from chargehub.sessions import pages as session_pages
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.rules import NoSuchSession
from chargehub.sessions.tables import SessionView
from chargehub.stations import local_times
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who holds the credential of one booking."""

    account_id: str
    booking_id: str

    @property
    def actor(self) -> Actor:
        """As whom the guest acts on that booking; no route takes it for a login."""
        return Actor(self.account_id, is_operator=False, scopes=frozenset())


@dataclass(frozen=True, slots=True)
class Wish:
    """The slot a guest would book, the Wh that are needed, and where the link is to be mailed."""

    email: str
    slot: Wanted
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The guest's booking, and what opens it from now on."""

    credential: str
    credential_until: datetime
    booking: BookingView


def ask_link(work: Work, wish: Wish, public_url: str, now: datetime) -> QuoteView:
    """Mail a link by which this slot can be booked, at the terms of this moment, for half an hour.

    Nothing is held. Raises Invalid, NotFound, TooManyGuestBookings, and what `rules.check_slot`
    raises.
    """
    address, mailbox = checked_email(wish.email), rules.mailbox_key(wish.email)
    if tables.open_of_mailbox(work, mailbox, now) >= rules.OPEN_PER_ADDRESS:
        raise rules.TooManyGuestBookings
    guest_id, token = new_id(), secrets.token_urlsafe(24)
    until = now + rules.LINK_LASTS
    asked = promising.Asked(guest_id, wish.slot, wish.energy_wh)
    quote = promising.promise(work, asked, until, now)
    work.add(
        GuestBookingRow(
            id=guest_id,
            email=address,
            mailbox_key=mailbox,
            quote_id=quote.id,
            ends_at=quote.ends_at,
            link_hash=digest(token),
            created_at=now,
            expires_at=until,
        )
    )
    text = rules.link_text(token, public_url, _when(quote))
    mails.write_mail(work, address, rules.LINK_SUBJECT, text, now)
    return quote


def _when(quote: QuoteView) -> str:
    return local_times.spelt(quote.slot, quote.time_zone)


def offered(reads: Reads, token: str, now: datetime) -> QuoteView:
    """What a link would book, and at which terms. Raises GuestLinkInvalid."""
    guest = _opened(reads, token, now)
    if guest.booking_id is not None:
        raise rules.GuestLinkInvalid
    return _quote(reads, guest)


def check_link(reads: Reads, token: str, now: datetime) -> None:
    """The link still counts, whether its booking was made or not. Raises GuestLinkInvalid."""
    _opened(reads, token, now)


@dataclass(frozen=True, slots=True)
class Means:
    """How a guest pays: by a method, or else on a page of `page_rail`; by a credit before it.

    Both None: nothing is to pay.
    """

    method: NewMethod | None = None
    credit_code: str | None = None
    page_rail: str | None = None


def confirm(work: Work, token: str, means: Means, hub: Secrets, now: datetime) -> Confirmed:
    """Make the booking of a link, and pay for it by these means.

    The same link again, while it lasts, answers the same and books nothing. Raises
    GuestLinkInvalid, CreditCodeInvalid, and what `hold_slot` raises.
    """
    guest = _opened(work, token, now)
    credential = rules.credential(hub.secret, token)
    if guest.booking_id is None:
        _book(work, guest, means, credential, now)
        found = _opened(work, token, now)
        is_paid_on_page = pages.of_booking(work, found.booking_id or "") is not None
        when = _when(_quote(work, found))
        text = rules.ticket_text(credential, hub.public_url, when, is_paid_on_page)
        mails.write_mail(work, guest.email, rules.TICKET_SUBJECT, text, now)
    else:
        found = guest
    assert found.booking_id is not None and found.credential_until is not None, guest.id
    return Confirmed(credential, found.credential_until, _booking(work, found.booking_id))


def _book(work: Work, guest: GuestView, means: Means, credential: str, now: datetime) -> None:
    quote = _quote(work, guest)
    account_id = people.open_guest(work, guest.email, now)
    if means.method is not None:
        payments.add_method(work, account_id, means.method, now)
    elif means.page_rail is not None:
        people.set_can_pay(work, account_id, True)
    who = Actor(account_id, is_operator=False, scopes=frozenset())
    wanted = Wanted(quote.evse_id, quote.starts_at, quote.ends_at)
    booking = bookings.hold_slot(work, who, wanted, now, quote.locked)
    if means.method is None and means.page_rail is not None:
        paying.begin(work, booking, means.page_rail, now)
    if means.credit_code is not None:
        redeeming.redeem(work, means.credit_code, account_id, now, booking.currency)
    until = quote.ends_at + rules.CREDENTIAL_LASTS
    is_first = tables.note_confirmed(work, guest, (account_id, booking.id), credential, until)
    if not (is_first and quotes.note_used(work, quote.id, booking.id)):
        raise rules.GuestLinkInvalid


def _opened(reads: Reads, token: str, now: datetime) -> GuestView:
    guest = tables.by_link(reads, token)
    if guest is None or guest.expires_at <= now:
        raise rules.GuestLinkInvalid
    return guest


def _quote(reads: Reads, guest: GuestView) -> QuoteView:
    quote = quotes.quote(reads, guest.quote_id)
    if quote is None:
        raise locked.NoSuchQuote
    return quote


# --- with the credential -----------------------------------------------------------------------


def known_guest(reads: Reads, credential: str, now: datetime) -> Guest:
    """Who holds this credential. Raises GuestUnknown."""
    guest = tables.by_credential(reads, credential)
    if guest is None or guest.account_id is None or guest.booking_id is None:
        raise rules.GuestUnknown
    if guest.credential_until is None or guest.credential_until <= now:
        raise rules.GuestUnknown
    return Guest(guest.account_id, guest.booking_id)


def booking_of(reads: Reads, guest: Guest) -> BookingView:
    """The guest's booking."""
    return _booking(reads, guest.booking_id)


def _booking(reads: Reads, booking_id: str) -> BookingView:
    booking = booking_tables.booking(reads, booking_id)
    assert booking is not None, booking_id
    return booking


def price_of_cancelling(reads: Reads, guest: Guest, now: datetime) -> Price:
    """What giving the booking up costs now; the same as `cancel` would take. Raises BookingOver."""
    booking = booking_of(reads, guest)
    return cancelling.price_of_cancelling(reads, guest.actor, booking, now)


def cancel(work: Work, guest: Guest, now: datetime) -> BookingView:
    """Give the booking up, for what its policy says. Twice is once. Raises BookingOver."""
    return cancelling.cancel(work, guest.actor, guest.booking_id, now)


def pay_deposit(work: Work, guest: Guest, method: NewMethod | None, now: datetime) -> BookingView:
    """Have a deposit that is missing asked for again; of this method, if one is given.

    Where none is missing nothing changes. Raises BookingOver.
    """
    if method is not None and booking_of(work, guest).deposit_state == "missing":
        payments.add_method(work, guest.account_id, method, now)
    return depositing.ask_again(work, guest.actor, guest.booking_id, now)


def start(work: Work, guest: Guest, now: datetime) -> SessionView:
    """Ask the booked EVSE to start, while it is kept for the guest.

    Raises NoCode where the booking gives no right to start now, StationOffline, MayNotStart.
    """
    booking = _booking(work, guest.booking_id)
    if booking.status == "confirmed" and now < booking.opens_at:
        raise access_codes.NoCode(
            f"It is too early: start from {booking.opens_at:%Y-%m-%dT%H:%MZ} on, and by"
            f" {booking.arrive_by:%Y-%m-%dT%H:%MZ}."
        )
    kept_for = booking_tables.covering(work, booking.evse_id, now)
    if kept_for is None or kept_for.id != booking.id or booking.status != "confirmed":
        raise access_codes.NoCode
    return remote.start_booked(work, booking, now)


def stop(work: Work, guest: Guest, now: datetime) -> SessionView:
    """Ask the station to stop. Raises NoSuchSession, NothingToStop."""
    booking = _booking(work, guest.booking_id)
    return remote.stop_remote(work, guest.actor, booking.session_id or "", now)


def session_id_of(reads: Reads, guest: Guest) -> str:
    """The session of the guest's booking. Raises NoSuchSession before there is one."""
    booking = _booking(reads, guest.booking_id)
    if booking.session_id is None:
        raise NoSuchSession("Your booking has no session yet. Start one in your slot.")
    return booking.session_id


def receipts(reads: Reads, guest: Guest, after: str | None, limit: int) -> tuple[CdrView, ...]:
    """The CDRs and credit notes of the guest's session, oldest first. None before it is closed."""
    booking = _booking(reads, guest.booking_id)
    if booking.session_id is None:
        return ()
    return session_pages.cdrs_of_session(reads, booking.session_id, after, limit)


def forget_links(work: Work, now: datetime) -> int:
    """Delete at most 50 links that nobody opened, and the addresses they went to; how many."""
    return tables.forget(work, now - rules.FORGOTTEN_AFTER)
