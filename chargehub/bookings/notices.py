"""What people were told of a booking, so that each is told once."""

from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, select, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of

Notice = Literal[
    "confirmed", "blocked", "overstay", "walk_up", "walk_up_end", "own_car", "own_car_end"
]
"""confirmed: both sides, that it stands. blocked: its driver, that somebody else's car stands
there. overstay: its driver, that staying costs, where it does. walk_up: the driver of the session
before it, that it comes; walk_up_end: that session was looked at when the booking opened. own_car,
own_car_end: the same where it is the owner's car that comes; these are of the session, and no
booking."""


class BookingNotice(SQLModel, table=True):
    """Somebody was told this of a booking; `session_id`: of whom, or whose session it is about;
    empty: of none.

    Where there is no booking, its session stands for it.
    """

    __tablename__ = "booking_notice"

    booking_id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(primary_key=True, max_length=12)
    session_id: str = Field(max_length=36)
    at: datetime = Field(sa_type=Instant)


NOTICE = table_of(BookingNotice)
_NOTE = text(
    "INSERT INTO booking_notice (booking_id, kind, session_id, at)"
    " VALUES (:booking_id, :kind, :session_id, :at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=Instant()))
_FOUND = select(NOTICE.c.at).where(
    NOTICE.c.booking_id == bindparam("booking_id"), NOTICE.c.kind == bindparam("kind")
)


def note(work: Work, booking_id: str, kind: Notice, session_id: str, now: datetime) -> bool:
    """Remember that somebody is being told. False: somebody was before."""
    values = {"booking_id": booking_id, "kind": kind, "session_id": session_id}
    return work.execute(_NOTE, at=now, **values) == 1


def was_told(reads: Reads, booking_id: str, kind: Notice) -> bool:
    """True if somebody was told this."""
    return reads.one(_FOUND, booking_id=booking_id, kind=kind) is not None
