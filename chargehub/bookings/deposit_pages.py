"""Pages on which drivers confirm the deposits of their bookings; `payments` writes them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from chargehub.bookings.tables import BOOKING
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class DepositPageRow(SQLModel, table=True):
    """A page that waits for a booking's driver; gone when it was answered or is over."""

    __tablename__ = "deposit_page"

    booking_id: str = Field(primary_key=True, max_length=36)
    url: str = Field(max_length=2000)
    until: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class DepositPage:
    """Where a driver confirms a deposit, and until when."""

    url: str
    until: datetime


PAGE = table_of(DepositPageRow)
_OF_BOOKING = select(PAGE.c.url, PAGE.c.until).where(PAGE.c.booking_id == bindparam("booking_id"))


def page_of(reads: Reads, booking_id: str) -> DepositPage | None:
    """The page that waits for a booking's driver, or None."""
    row = reads.one(_OF_BOOKING, booking_id=booking_id)
    return None if row is None else DepositPage(*row)


def show(work: Work, booking_id: str, url: str, until: datetime) -> None:
    """The driver of a booking is to confirm there, by then."""
    forget(work, booking_id)
    work.insert(DepositPageRow, booking_id=booking_id, url=url, until=until)


def forget(work: Work, booking_id: str) -> None:
    """Nothing is to be confirmed any more."""
    work.execute(delete(PAGE).where(PAGE.c.booking_id == booking_id))


def wait(work: Work, booking_id: str, until: datetime) -> None:
    """A slot that is held waits so long for its driver, however short its owner holds it."""
    is_it = BOOKING.c.id == booking_id, BOOKING.c.status == "held", BOOKING.c.pay_by < until
    work.execute(update(BOOKING).where(*is_it).values(pay_by=until))
