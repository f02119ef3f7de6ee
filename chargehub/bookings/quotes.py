"""Quotes as they were given. A quote never changes, but for the booking that was made on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, delete, func, select, update
from sqlmodel import Field, SQLModel

from chargehub.bookings.locked import Locked, Promise
from chargehub.bookings.rules import DEFAULTS
from chargehub.bookings.terms import read_policy
from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

FORGET_AT_ONCE = 50


class BookingQuoteRow(SQLModel, table=True):
    """The price list and policy that a driver was promised for a slot, until `valid_until`.

    `policy` is the JSON of `terms.write_policy`, None where the owner had stated none.
    `booking_id` None: nothing was booked on it.
    """

    __tablename__ = "booking_quote"
    __table_args__ = (
        Index("ix_booking_quote_driver", "driver_id", "valid_until"),
        Index("ix_booking_quote_valid_until", "booking_id", "valid_until"),
    )

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    evse_id: str = Field(max_length=36)
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    energy_wh: int
    power_w: int
    time_zone: str = Field(max_length=64)
    tariff_snapshot_id: str = Field(max_length=64)
    policy: Any = Field(default=None, sa_type=Json, nullable=True)
    policy_version: int
    created_at: datetime = Field(sa_type=Instant)
    valid_until: datetime = Field(sa_type=Instant)
    booking_id: str | None = Field(default=None, max_length=36)


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote as it stands. `energy_wh` is the driver's need, `power_w` what the EVSE gives."""

    id: str
    driver_id: str
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    energy_wh: int
    power_w: int
    time_zone: str
    tariff_snapshot_id: str
    policy: Any
    policy_version: int
    created_at: datetime
    valid_until: datetime
    booking_id: str | None

    @property
    def slot(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    @property
    def promise(self) -> Promise:
        return Promise(self.evse_id, self.slot, self.valid_until, self.booking_id is not None)

    @property
    def locked(self) -> Locked:
        policy = DEFAULTS if self.policy is None else read_policy(self.policy)
        return Locked(self.tariff_snapshot_id, policy, self.policy_version)


QUOTE = table_of(BookingQuoteRow)

_OPEN = select(func.count()).where(
    QUOTE.c.driver_id == bindparam("driver_id"),
    QUOTE.c.valid_until > bindparam("now"),
    QUOTE.c.booking_id.is_(None),
)
_USE = (
    update(QUOTE)
    .where(QUOTE.c.id == bindparam("quote_id"), QUOTE.c.booking_id.is_(None))
    .values(booking_id=bindparam("used_for"))
)
_UNUSED = (
    select(QUOTE.c.id)
    .where(QUOTE.c.booking_id.is_(None), QUOTE.c.valid_until < bindparam("before"))
    .limit(FORGET_AT_ONCE)
)


def quote(reads: Reads, quote_id: str) -> QuoteView | None:
    """The quote with this id, whoever was given it; or None."""
    row = reads.one(select(QUOTE).where(QUOTE.c.id == quote_id))
    return None if row is None else QuoteView(*row)


def open_quotes(reads: Reads, driver_id: str, now: datetime) -> int:
    """How many quotes of a driver still count."""
    return int(reads.value(_OPEN, driver_id=driver_id, now=now))


def note_used(work: Work, quote_id: str, booking_id: str) -> bool:
    """A booking was made on the quote; False if another was made before."""
    return work.execute(_USE, quote_id=quote_id, used_for=booking_id) == 1


def forget(work: Work, before: datetime) -> int:
    """Delete at most 50 quotes that nobody used and that ended before that; how many."""
    return work.execute(delete(QUOTE).where(QUOTE.c.id.in_(_UNUSED)), before=before)
