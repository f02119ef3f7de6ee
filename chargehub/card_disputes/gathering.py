"""What the hub knows of a disputed charge, as plain text for the cardholder's bank.

Worked out when it is sent: a CDR may have been corrected since the dispute was opened. The text
holds no id token, and no place: owners are private people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from chargehub.bookings import tables as bookings
from chargehub.bookings.tables import BookingView
from chargehub.disputes import proving
from chargehub.meters import ocmf
from chargehub.meters.tables import PacketView
from chargehub.meters.trust import WHY, Looked
from chargehub.payments import prepaid
from chargehub.payments import tables as payments
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.payments.evidence import LONGEST, Evidence
from chargehub.people import tables as people
from chargehub.receipts import tables as receipts
from chargehub.sessions import rules as sessions_rules
from chargehub.sessions import tables as sessions
from chargehub.sessions import trusting
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.tables import SessionView
from chargehub.store.work import Reads
from chargehub.units import Money, kwh

MOST_READINGS = 100  # of a session, in the log; all of them are in its receipt
MOST_CHANGES = 50  # of a prepaid balance
CUT = "\n(There is more; ask the merchant.)"
_CHARGED = "Electric energy for a car, charged at a charging station."
_RESERVED = "A charging station kept free for the customer, at a fee agreed on when it was booked."
PREPAID = "A balance that the customer pays sessions at charging stations from."


@dataclass(frozen=True, slots=True)
class Sold:
    """What was paid for: a session, a booking that ended without one, or (neither) a top-up."""

    session: SessionView | None = None
    record: CdrView | None = None
    booking: BookingView | None = None

    @property
    def product(self) -> str:
        if self.session is not None:
            return _CHARGED
        return _RESERVED if self.booking is not None else PREPAID

    @property
    def served_at(self) -> datetime | None:
        if self.session is not None:
            return self.session.started_at
        return None if self.booking is None else self.booking.starts_at


def gather(reads: Reads, view: CardDisputeView) -> Evidence:
    """All that can be told of it."""
    sold = _sold(reads, view)
    driver = people.account(reads, view.driver_id) if view.driver_id else None
    served_at = sold.served_at
    text = "\n".join((*_words(view), *_payment(reads, view), *_receipt(reads, sold)))
    return Evidence(
        product=sold.product,
        service_date=None if served_at is None else f"{served_at.astimezone(UTC):%Y-%m-%d}",
        activity=_cut("\n".join(_activity(reads, view, sold))),
        customer_name=driver.name or None if driver else None,
        customer_email=driver.email or None if driver else None,
        text=_cut(text),
    )


def _sold(reads: Reads, view: CardDisputeView) -> Sold:
    if view.session_id is not None:
        session = sessions.session(reads, view.session_id)
        cdr_id = session.cdr_id if session else None
        record = sessions.cdr(reads, cdr_id) if cdr_id else None
        return Sold(session, record, bookings.by_session(reads, view.session_id))
    return Sold(booking=bookings.booking(reads, view.booking_id) if view.booking_id else None)


def _words(view: CardDisputeView) -> Iterator[str]:
    if view.words is not None:
        yield f"{view.words}\n"


def _payment(reads: Reads, view: CardDisputeView) -> Iterator[str]:
    """What was taken and given back, by whom it was agreed to."""
    paid = payments.payment(reads, view.payment_id) if view.payment_id else None
    if paid is None:
        return
    taken = Money(paid.captured_minor, paid.currency)
    yield f"Payment {paid.id}: {taken} taken."
    if paid.refunded_minor:
        yield f"{Money(paid.refunded_minor, paid.currency)} of it was given back before."


def _receipt(reads: Reads, sold: Sold) -> Iterator[str]:
    """The bill line by line, and what the meter signed of it."""
    session, record = sold.session, sold.record
    if session is None or record is None:
        return
    total, vat = (Money(one, record.currency) for one in (record.cost_minor, record.vat_minor))
    yield f"\nReceipt of session {session.id}, CDR {record.id}, version {record.version}"
    yield f"Charged from {_at(record.started_at)} to {_at(record.ended_at)}"
    yield f"Energy: {kwh(record.energy_wh)} kWh, of which {kwh(record.billed_wh)} kWh billed"
    for line in record.lines:
        amount = Money(int(line["amount_minor"]), record.currency)
        yield f"- {line['kind']}: {line['quantity']} {line['unit']} at {line['price']} = {amount}"
    yield f"Total: {total}, of which VAT {vat}."
    receipt = receipts.receipt(reads, session.id, record.version)
    if receipt is not None:
        yield f"The hub signed this receipt on {_at(receipt.issued_at)}, SHA-256 {receipt.hash}."
    yield from _signed(reads, session, record)


def _signed(reads: Reads, session: SessionView, record: CdrView) -> Iterator[str]:
    trust = trusting.trust(reads, session, record)
    proved = proving.proved(reads, session, record)
    yield f"\nThe energy is {trust.verdict}. {' '.join(WHY[one] for one in trust.reasons)}".strip()
    if proved.signed_wh is not None:
        yield f"Signatures of the meter prove {kwh(proved.signed_wh)} kWh."
    packets = trusting.looked_at(reads, session)
    if packets:
        yield "Signed meter values (OCMF), each with the key that verifies it:"
    yield from map(_packet, packets)


def _packet(found: tuple[PacketView, Looked]) -> str:
    """A packet that names the id token is told by its digest alone."""
    view, looked = found
    if trusting.names_user(looked):
        return f"{_at(view.at)} {looked.state}, SHA-256 {view.digest}"
    key = f" key {looked.key.hexadecimal}" if looked.key else ""
    return f"{_at(view.at)} {looked.state}{key}\n{ocmf.text_of(view.packet.content)}"


def _activity(reads: Reads, view: CardDisputeView, sold: Sold) -> Iterable[str]:
    """What happened, oldest first, as the hub and the station noted it."""
    happened = [*_of_booking(sold.booking), *_of_session(reads, sold.session)]
    if view.payment_id is None and view.driver_id is not None:
        happened += _of_balance(reads, view.driver_id)
    return (f"{_at(at)} {what}" for at, what in sorted(happened))


def _of_balance(reads: Reads, driver_id: str) -> Iterator[tuple[datetime, str]]:
    """What became of the money that was paid in."""
    for one in prepaid.changes(reads, driver_id, None, MOST_CHANGES):
        yield one.at, f"balance, {one.kind}: {Money(one.amount_minor, one.currency)}"


def _of_booking(booking: BookingView | None) -> Iterator[tuple[datetime, str]]:
    if booking is None:
        return
    slot = f"{_at(booking.starts_at)} to {_at(booking.ends_at)}"
    yield booking.created_at, f"the customer booked {slot}"
    if booking.ended_at is not None:
        yield booking.ended_at, f"the booking ended: {booking.status}"


def _of_session(reads: Reads, session: SessionView | None) -> Iterator[tuple[datetime, str]]:
    if session is None:
        return
    if session.requested_at is not None:
        yield session.requested_at, "the session was asked for by remote start"
    for row in sessions.facts(reads, session.id):
        fact = sessions_rules.read_fact(row.fact)
        register = "" if fact.register_wh is None else f", register {fact.register_wh} Wh"
        told = "the customer's id token was shown, " if fact.id_token else ""
        reason = f", {fact.reason}" if fact.reason else ""
        yield fact.at, f"{told}the station told {fact.trigger}{register}{reason}"
    for reading in sessions.newest_readings(reads, session.id, MOST_READINGS):
        if reading.register_wh is not None:
            yield reading.at, f"meter register {reading.register_wh} Wh"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
