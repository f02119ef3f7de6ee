"""Queries on retirements and the bookings that they end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import col

from chargehub.bookings.schema import RetirementRow
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

RETIREMENT = table_of(RetirementRow)
TO_BE_CANCELLED = ("requested", "held", "confirmed")

_BY_STATION = Hot(select(RETIREMENT).where(RETIREMENT.c.station_id == bindparam("station_id")))


@dataclass(frozen=True, slots=True)
class RetirementView:
    """When a station was taken out of service; `done_at`: its last booking was cancelled."""

    station_id: str
    retired_at: datetime
    done_at: datetime | None


def retirement(reads: Reads, station_id: str) -> RetirementView | None:
    """A station's retirement, or None."""
    row = reads.one(_BY_STATION, station_id=station_id)
    return None if row is None else RetirementView(*row)


def has_ended(reads: Reads, booking: BookingView) -> bool:
    """True if this booking ended because its station was taken out of service."""
    if booking.cancelled_by != "owner" or booking.ended_at is None:
        return False
    noted = retirement(reads, booking.station_id)
    return noted is not None and noted.retired_at <= booking.ended_at


def open_retirements(reads: Reads, limit: int) -> tuple[RetirementView, ...]:
    """Retirements with bookings to cancel, at most `limit`."""
    is_open = RETIREMENT.c.done_at.is_(None)
    rows = reads.all(select(RETIREMENT).where(is_open).limit(limit))
    return tuple(RetirementView(*row) for row in rows)


def waiting(reads: Reads, station_id: str, limit: int) -> tuple[BookingView, ...]:
    """Bookings of a station that were not used yet, the next first, at most `limit`."""
    wanted = (
        select(BOOKING)
        .where(
            BOOKING.c.station_id == station_id,
            or_(*(BOOKING.c.status == status for status in TO_BE_CANCELLED)),
        )
        .order_by(BOOKING.c.starts_at, BOOKING.c.id)
        .limit(limit)
    )
    rows: Sequence[tuple[object, ...]] = reads.all(wanted)
    return tuple(BookingView(*row) for row in rows)  # type: ignore[arg-type]


def ended_by(reads: Reads, retirement: RetirementView) -> tuple[int, Mapping[str, int]]:
    """How many bookings a retirement has ended, and what the owner owes for that by currency."""
    wanted = (
        select(BOOKING.c.currency, func.count(), func.sum(BOOKING.c.penalty_minor))
        .where(
            BOOKING.c.station_id == retirement.station_id,
            col(BOOKING.c.cancelled_by) == "owner",
            BOOKING.c.ended_at >= retirement.retired_at,
        )
        .group_by(BOOKING.c.currency)
        .order_by(BOOKING.c.currency)
    )
    rows = reads.all(wanted)
    return sum(row[1] for row in rows), {row[0]: int(row[2]) for row in rows if row[2]}
