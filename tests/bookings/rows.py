"""Bookings put straight into the table, past every rule."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from chargehub.bookings.tables import BOOKING, BookingRow
from chargehub.store.columns import new_id
from chargehub.store.work import Work

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(start: int, length: int, number: int, status: str = "confirmed") -> BookingRow:
    """A booking of EVSE `evse-1` from `start` minutes after 08:00, with a buffer of 10 minutes."""
    starts_at = NOW + start * MINUTE
    ends_at = starts_at + length * MINUTE
    return BookingRow(
        id=new_id(),
        driver_id="driver-1",
        evse_id="evse-1",
        station_id="station-1",
        owner_id="owner-1",
        id_token="CHALICE",
        status=status,
        opens_at=starts_at - 10 * MINUTE,
        starts_at=starts_at,
        arrive_by=min(starts_at + 15 * MINUTE, ends_at),
        ends_at=ends_at,
        blocked_until=ends_at + 10 * MINUTE,
        deposit_minor=0,
        currency="EUR",
        tariff_snapshot_id="0" * 64,
        reservation_id=number,
        reservation="none",
        created_at=NOW,
    )


def insert(work: Work, booking: BookingRow) -> str:
    """Store it; the database alone decides."""
    booking_id = booking.id
    work.add(booking)
    return booking_id


def change(work: Work, booking_id: str, /, **values: object) -> int:
    """Change columns of a booking; the database alone decides."""
    return work.execute(update(BOOKING).where(BOOKING.c.id == booking_id).values(**values))
