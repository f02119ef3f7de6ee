"""What holds in the market at any moment at which nothing is under way, and at its end.

A law takes the database and the moment and raises AssertionError. A new law joins LAWS or, if it
holds only when everybody has gone home, END_LAWS.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby, pairwise

from sqlalchemy import select

from chargehub.bookings import rules
from chargehub.bookings.quotes import BookingQuoteRow
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.ledger import tables as ledger
from chargehub.payments.tables import PAYMENT
from chargehub.rails import sandbox
from chargehub.sessions.schema import SESSION
from chargehub.store.work import Reads, table_of

Law = Callable[[Reads, datetime], None]
QUOTE = table_of(BookingQuoteRow)
OVER = ("captured", "released", "refused", "failed")


def bookings(reads: Reads) -> list[BookingView]:
    rows = reads.all(select(BOOKING).order_by(BOOKING.c.evse_id, BOOKING.c.starts_at))
    return [BookingView(*row) for row in rows]


def no_two_bookings_overlap(reads: Reads, now: datetime) -> None:
    """Buffers included."""
    live = [one for one in bookings(reads) if one.status in rules.LIVE]
    for _, of_evse in groupby(live, key=lambda one: one.evse_id):
        for one, two in pairwise(of_evse):
            assert one.blocked_until <= two.starts_at, (one, two)


def no_slot_an_owner_cancelled_is_given_away(reads: Reads, now: datetime) -> None:
    """Whoever booked after the cancellation overlaps it nowhere."""
    found = bookings(reads)
    for gone in (one for one in found if one.cancelled_by == "owner"):
        assert gone.ended_at is not None, gone
        for other in (one for one in found if one.evse_id == gone.evse_id):
            is_later = other.created_at > gone.ended_at
            is_apart = (
                other.blocked_until <= gone.starts_at or gone.blocked_until <= other.starts_at
            )
            assert is_apart or not is_later, (gone, other)


def no_booking_is_without_its_hold(reads: Reads, now: datetime) -> None:
    """What is confirmed has all of its deposit held; what is requested has none of it."""
    held = {row.booking_id: row for row in reads.all(select(PAYMENT)) if row.state == "authorised"}
    for one in bookings(reads):
        if one.status == "requested":
            assert one.id not in held, one
        if one.status == "confirmed" and one.deposit_minor:
            assert one.id in held, one
            assert held[one.id].hold_minor == one.deposit_minor, (one, held[one.id])


def nobody_keeps_the_hold_of_who_left(reads: Reads, now: datetime) -> None:
    """A booking that ended without a session costs its fee at most, and the rest went back."""
    left = {one.id: one for one in bookings(reads) if one.status in rules.RELEASED}
    for row in reads.all(select(PAYMENT).where(PAYMENT.c.session_id.is_(None))):
        if row.booking_id in left:
            assert row.state in OVER, row
            assert row.captured_minor - row.refunded_minor <= left[row.booking_id].fee_minor, row


def a_fee_is_a_part_of_the_deposit(reads: Reads, now: datetime) -> None:
    for one in bookings(reads):
        assert 0 <= one.fee_minor <= one.deposit_minor, one
        assert one.fee_minor == 0 or one.status in ("cancelled", "no_show"), one
        assert one.penalty_minor == 0 or one.cancelled_by == "owner", one


def who_charges_in_a_booked_slot_is_who_booked(reads: Reads, now: datetime) -> None:
    by_id = {one.id: one for one in bookings(reads)}
    for row in reads.all(select(SESSION).where(SESSION.c.booking_id.is_not(None))):
        booking = by_id[row.booking_id]
        assert (row.driver_id, row.evse_id) == (booking.driver_id, booking.evse_id), row


def a_quote_makes_one_booking_on_its_terms(reads: Reads, now: datetime) -> None:
    by_id = {one.id: one for one in bookings(reads)}
    used = reads.all(select(QUOTE).where(QUOTE.c.booking_id.is_not(None)))
    assert len({row.booking_id for row in used}) == len(used)
    for row in used:
        booking = by_id[row.booking_id]
        assert booking.tariff_snapshot_id == row.tariff_snapshot_id, (row, booking)
        assert booking.policy == row.policy, (row, booking)


def the_ledger_is_balanced(reads: Reads, now: datetime) -> None:
    assert not any(ledger.asset_sums(reads).values()), ledger.asset_sums(reads)


LAWS: tuple[Law, ...] = (
    no_two_bookings_overlap,
    no_slot_an_owner_cancelled_is_given_away,
    no_booking_is_without_its_hold,
    nobody_keeps_the_hold_of_who_left,
    a_fee_is_a_part_of_the_deposit,
    who_charges_in_a_booked_slot_is_who_booked,
    a_quote_makes_one_booking_on_its_terms,
    the_ledger_is_balanced,
)


def every_booking_is_over(reads: Reads, now: datetime) -> None:
    for one in bookings(reads):
        assert one.status not in rules.LIVE, one


def every_hold_ended_in_capture_or_release(reads: Reads, now: datetime) -> None:
    """In our books, in those of the rail, and in the ledger's memo of holds."""
    for row in reads.all(select(PAYMENT)):
        assert row.state in OVER, row
    for books in sandbox.totals(reads):
        assert books.held_minor == 0, books
    for account, asset, amount in ledger.balances(reads, "hold"):
        assert amount == 0, (account, asset, amount)


END_LAWS: tuple[Law, ...] = (
    *LAWS,
    every_booking_is_over,
    every_hold_ended_in_capture_or_release,
)
