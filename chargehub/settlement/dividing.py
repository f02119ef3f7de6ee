"""Fees for bookings that ended early are divided like costs; an owner who cancels owes a penalty.

Source: money.md 1.4.
"""

from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy import bindparam, update

from chargehub.bookings import tables as bookings
from chargehub.events import BookingReleased, FeeCaptured
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import (
    Entry,
    LedgerError,
    Transfer,
    TransferClash,
    netting_entries,
    transfer_id,
)
from chargehub.settlement import (
    contesting,
    fees,
    shares,
    split,
    tables,
)
from chargehub.settlement.contests import Subject
from chargehub.settlement.fees import FEE, BookingFeeRow, FeeView
from chargehub.settlement.split import EARLY_END_BASIS_POINTS, TERMS, Parties, Terms
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work
from chargehub.tariffs.pricing import vat_within

_MATURE = (
    update(FEE)
    .where(
        FEE.c.booking_id == bindparam("of_booking"),
        FEE.c.matured_at.is_(None),
        FEE.c.reversed_at.is_(None),
    )
    .values(matured_at=bindparam("at", type_=Instant()))
)
_REVERSE = (  # as it was read: another hub may have let it mature meanwhile
    update(FEE)
    .where(
        FEE.c.booking_id == bindparam("of_booking"),
        FEE.c.reversed_at.is_(None),
        FEE.c.matured_at.is_not_distinct_from(bindparam("seen", type_=Instant())),
    )
    .values(reversed_at=bindparam("at", type_=Instant()))
)


class UnknownBooking(LedgerError):
    """A fee was captured for a booking that is not there."""


def settle_fee(work: Work, event: FeeCaptured, now: datetime, terms: Terms = TERMS) -> None:
    """Divide what a driver paid for an early end between owner, hub and tax, once; or take that
    back, once, where nothing of it is kept.

    Raises UnknownBooking, and what `ledger.post` raises.
    """
    if event.captured_minor == 0:
        _take_back(work, fees.of_booking(work, event.booking_id), now)
        return
    booking = bookings.booking(work, event.booking_id)
    if booking is None:
        raise UnknownBooking(f"{event.captured_minor} was captured for {event.booking_id}")
    terms = tables.terms_at(work, booking.station_id, terms)
    # A compensation is no sale of the hub's: VAT is in its own part alone, whoever sells energy.
    of_fees = replace(terms, fee_basis_points=EARLY_END_BASIS_POINTS, vat_mode="agent")
    divided = split.divided(event.captured_minor, of_fees)
    owner_id = shares.holder(work, booking.station_id, booking.owner_id, now)
    parties = Parties(owner_id, booking.driver_id, booking.currency)
    entries = split.early_end_entries(divided, parties, of_fees.vat_country)
    if _post(work, booking.id, "fee", entries, now) == "exists":
        return
    work.insert(
        BookingFeeRow,
        booking_id=booking.id,
        owner_id=owner_id,
        currency=booking.currency,
        captured_minor=event.captured_minor,
        owner_minor=divided.owner_minor,
        fee_minor=divided.fee_minor,
        vat_minor=divided.vat_minor,
        captured_at=now,
        matures_at=now + terms.maturity,
    )


def _take_back(work: Work, fee: FeeView | None, now: datetime) -> None:
    """Reverse a fee's division, and its maturity before it. What the owner was paid of it is a
    claim against the owner."""
    if fee is None or fee.reversed_at is not None:
        return
    contesting.undo(work, Subject(booking_id=fee.booking_id), now)
    if work.execute(_REVERSE, of_booking=fee.booking_id, seen=fee.matured_at, at=now) != 1:
        raise TransferClash(f"the fee of {fee.booking_id} was changed meanwhile")
    if fee.matured_at is not None:
        payable_minor = -accounts.balance(work, f"owner:payable:{fee.owner_id}", fee.currency)
        entries = split.recall_entries(fee.owner_id, fee.owner_minor, payable_minor, fee.currency)
        _post(work, fee.booking_id, "fee_recall", entries, now)
    ledger.reverse(
        work,
        transfer_id("booking", fee.booking_id, "fee"),
        transfer_id("booking", fee.booking_id, "fee_reversed"),
        f"the driver of booking {fee.booking_id} did come",
        now,
    )
    contesting.redo(work, Subject(booking_id=fee.booking_id), now)


def charge_owner(work: Work, event: BookingReleased, now: datetime, terms: Terms = TERMS) -> None:
    """An owner who cancelled a booking owes its penalty, once."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.penalty_minor == 0:
        return
    parties = Parties(booking.owner_id, booking.driver_id, booking.currency)
    vat_minor = vat_within(booking.penalty_minor, terms.fee_vat_percent)
    entries = split.penalty_entries(
        booking.penalty_minor, vat_minor, parties, terms.fee_vat_country
    )
    _post(work, booking.id, "penalty", entries, now)


def mature_due_fees(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Give owners their part of fees that have matured, at most 50; how many they were."""
    due = fees.due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("booking_id"), _mature)


def _mature(work: Work, fee: FeeView) -> None:
    """What the owner owes is taken from it at once."""
    at, owner_id, currency = fee.matures_at, fee.owner_id, fee.currency
    if work.execute(_MATURE, of_booking=fee.booking_id, at=at) != 1:
        return
    entries = contesting.maturing(work, Subject(booking_id=fee.booking_id))
    if entries is None:
        entries = split.maturity_entries(owner_id, fee.owner_minor, currency)
    if entries:
        _post(work, fee.booking_id, "fee_mature", entries, at)
    owed = accounts.balance(work, f"owner:receivable:{owner_id}", currency)
    payable = -accounts.balance(work, f"owner:payable:{owner_id}", currency)
    netted = min(owed, payable)
    if netted > 0:
        entries = netting_entries(owner_id, netted, currency)
        _post(work, fee.booking_id, "fee_net", entries, at)


def _post(work: Work, booking_id: str, step: str, entries: tuple[Entry, ...], at: datetime) -> str:
    transfer = Transfer(
        id=transfer_id("booking", booking_id, step),
        kind=step,
        entries=entries,
        effective_at=at,
        booking_id=booking_id,
    )
    return ledger.post(work, transfer)
