"""The booking table, the constraint that no two bookings overlap, and queries on it.

The constraint is the law: whatever the rules overlook, the database refuses a second live booking
of an EVSE in the same time. Both databases raise IntegrityError with `no_overlap` in its text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    bindparam,
    func,
    or_,
    select,
)
from sqlmodel import Field, SQLModel

from chargehub.bookings.rules import LIVE, is_claimed
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads, table_of
from chargehub.units import Span

NO_OVERLAP = "no_overlap"
IN_A_DAY = 200  # a day holds no more slots of a quarter of an hour

_LIVE_SQL = "('requested', 'held', 'confirmed', 'active')"
_OVERLAPS = f"""
BEGIN
  SELECT RAISE(ABORT, '{NO_OVERLAP}') WHERE EXISTS (
    SELECT 1 FROM booking AS other
    WHERE other.evse_id = NEW.evse_id AND other.id <> NEW.id
      AND other.blocked_until > NEW.starts_at AND other.starts_at < NEW.blocked_until
      AND other.status IN {_LIVE_SQL}
  );
END
"""
NO_OVERLAP_SQLITE: tuple[str, ...] = (
    f"""
CREATE TRIGGER booking_no_overlap_insert BEFORE INSERT ON booking
WHEN NEW.status IN {_LIVE_SQL}{_OVERLAPS}""",
    f"""
CREATE TRIGGER booking_no_overlap_update
BEFORE UPDATE OF id, evse_id, starts_at, blocked_until, status ON booking
WHEN NEW.status IN {_LIVE_SQL}{_OVERLAPS}""",
)
NO_OVERLAP_POSTGRES: tuple[str, ...] = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
ALTER TABLE booking ADD CONSTRAINT {NO_OVERLAP} EXCLUDE USING gist (
  evse_id WITH =, int8range(starts_at, blocked_until) WITH &&
) WHERE (status IN {_LIVE_SQL})""",
)


class BookingRow(SQLModel, table=True):
    """A driver's right to an EVSE for a time. The instants are explained in `rules.Times`.

    `pay_by` None: nothing to pay in advance. `approve_by`: until then the owner is asked; None:
    not at all. `reservation` is what the station keeps for the
    booking (`rules.Reservation`); `reservation_id` is its number there.

    `policy` is the owner's as it was at booking (`terms.write_policy`), None if the owner had
    stated none (`policy_version` 0). `expected_minor`: the slot's value at full power.
    `fee_minor` was kept of the deposit, `penalty_minor` is the owner's who cancelled.
    `deposit_state`: `deposits.Deposit`.
    """

    __tablename__ = "booking"
    __table_args__ = (
        # An empty range would overlap nothing, and the constraint would see nothing.
        CheckConstraint("starts_at < ends_at AND ends_at <= blocked_until", name="slot"),
        Index("ix_booking_evse_blocked_until", "evse_id", "blocked_until"),
        Index("ix_booking_status_opens_at", "status", "opens_at"),
        Index("ix_booking_driver", "driver_id", "id"),
        Index("ix_booking_owner", "owner_id", "id"),
        Index("ix_booking_session", "session_id"),
        Index("ix_booking_station", "station_id", "id"),
        Index("ix_booking_station_status", "station_id", "status", "starts_at"),
        Index("uq_booking_reservation", "reservation_id", unique=True),
        Index("ix_booking_deposit", "deposit_state", "status", "starts_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    evse_id: str = Field(max_length=36)
    station_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36)
    id_token: str = Field(max_length=255)
    status: str = Field(max_length=10)
    cancelled_by: str | None = Field(default=None, max_length=8)
    opens_at: datetime = Field(sa_type=Instant)
    starts_at: datetime = Field(sa_type=Instant)
    arrive_by: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    blocked_until: datetime = Field(sa_type=Instant)
    pay_by: datetime | None = Field(default=None, sa_type=Instant)
    deposit_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    tariff_snapshot_id: str = Field(max_length=64)
    reservation_id: int = Field(sa_type=Integer)
    reservation: str = Field(max_length=8)
    reserved_at: datetime | None = Field(default=None, sa_type=Instant)
    session_id: str | None = Field(default=None, max_length=36)
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    policy: Any = Field(default=None, sa_type=Json, nullable=True)
    policy_version: int = Field(default=0)
    expected_minor: int = Field(default=0, sa_type=BigInteger)
    fee_minor: int = Field(default=0, sa_type=BigInteger)
    penalty_minor: int = Field(default=0, sa_type=BigInteger)
    approve_by: datetime | None = Field(default=None, sa_type=Instant)
    deposit_state: str = Field(default="none", max_length=7)


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as it stands; the deposit in minor units of `currency`, 0 for none."""

    id: str
    driver_id: str
    evse_id: str
    station_id: str
    owner_id: str
    id_token: str
    status: str
    cancelled_by: str | None
    opens_at: datetime
    starts_at: datetime
    arrive_by: datetime
    ends_at: datetime
    blocked_until: datetime
    pay_by: datetime | None
    deposit_minor: int
    currency: str
    tariff_snapshot_id: str
    reservation_id: int
    reservation: str
    reserved_at: datetime | None
    session_id: str | None
    created_at: datetime
    ended_at: datetime | None
    policy: Any
    policy_version: int
    expected_minor: int
    fee_minor: int
    penalty_minor: int
    approve_by: datetime | None
    deposit_state: str


BOOKING = table_of(BookingRow)
_IS_LIVE = or_(*(BOOKING.c.status == status for status in LIVE))
# An owner who cancels does not get the slot back to give it to somebody else.
_KEEPS_SLOT = or_(_IS_LIVE, (BOOKING.c.status == "cancelled") & (BOOKING.c.cancelled_by == "owner"))
# Where many EVSEs are asked for, SQLite would rather read all bookings of a status there are. An
# expression is in no index.
_STATUS = BOOKING.c.status.concat("")
_OF_MANY = any_of(BOOKING.c.evse_id, "evse_ids")
_IS_ONE_LIVE = or_(*map(_STATUS.__eq__, LIVE))
_OF_EVSE = BOOKING.c.evse_id == bindparam("evse_id")

_BY_ID = Hot(select(BOOKING).where(BOOKING.c.id == bindparam("id")))
_BY_SESSION = Hot(select(BOOKING).where(BOOKING.c.session_id == bindparam("session_id")))
_BY_RESERVATION = select(BOOKING).where(
    BOOKING.c.reservation_id == bindparam("reservation_id"),
    BOOKING.c.station_id == bindparam("station_id"),
)
_AT = select(BOOKING).where(
    BOOKING.c.blocked_until > bindparam("at"), BOOKING.c.opens_at <= bindparam("at")
)
_LIVE_AT, _CLAIMED = _AT.where(_IS_LIVE), Hot(_AT.where(_OF_MANY, _IS_ONE_LIVE))
# In the buffer of one booking the next one may have begun to count: the later one is meant.
_COVERING = Hot(_LIVE_AT.where(_OF_EVSE).order_by(BOOKING.c.starts_at.desc()).limit(1))
_PASSED = Hot(
    select(BOOKING)
    .where(
        _OF_EVSE,
        BOOKING.c.blocked_until > bindparam("at"),
        BOOKING.c.driver_id == bindparam("driver_id"),
        BOOKING.c.opens_at <= bindparam("at"),
        BOOKING.c.ends_at > bindparam("at"),
        or_(*(BOOKING.c.status == status for status in ("no_show", "failed", "completed"))),
    )
    .order_by(BOOKING.c.starts_at.desc())
    .limit(1)
)
_OVERLAPPING = (
    select(BOOKING)
    .where(
        _OF_EVSE,
        BOOKING.c.blocked_until > bindparam("start"),
        BOOKING.c.starts_at < bindparam("end"),
        _KEEPS_SLOT,
    )
    .order_by(BOOKING.c.starts_at)
    .limit(bindparam("limit"))
)
_TO_COME = (
    select(BOOKING)
    .where(_OF_EVSE, BOOKING.c.blocked_until > bindparam("now"), _IS_LIVE)
    .order_by(BOOKING.c.starts_at)
    .limit(9_000)  # 91 days hold no more slots of a quarter of an hour
)
_BUSY = Hot(
    select(BOOKING.c.evse_id, BOOKING.c.starts_at, BOOKING.c.blocked_until).where(
        _OF_MANY,
        BOOKING.c.blocked_until > bindparam("start"),
        BOOKING.c.starts_at < bindparam("end"),
        or_(_IS_ONE_LIVE, (_STATUS == "cancelled") & (BOOKING.c.cancelled_by == "owner")),
        ~((_STATUS == "held") & (BOOKING.c.pay_by <= bindparam("now"))),
        ~((_STATUS == "requested") & (BOOKING.c.approve_by <= bindparam("now"))),
    )
)
_OPEN_OF_DRIVER = select(func.count()).where(
    BOOKING.c.driver_id == bindparam("driver_id"), _IS_LIVE
)
_RESERVATION = select(BOOKING.c.id).where(BOOKING.c.reservation_id == bindparam("reservation_id"))


def _view(row: Any) -> BookingView | None:
    return None if row is None else BookingView(*row)


def _views(rows: Sequence[Any]) -> tuple[BookingView, ...]:
    return tuple(BookingView(*row) for row in rows)


def booking(reads: Reads, booking_id: str) -> BookingView | None:
    """The booking with this id, or None."""
    return _view(reads.one(_BY_ID, id=booking_id))


def by_session(reads: Reads, session_id: str) -> BookingView | None:
    """The booking that a session used, or None."""
    return _view(reads.one(_BY_SESSION, session_id=session_id))


def by_reservation(reads: Reads, station_id: str, reservation_id: int) -> BookingView | None:
    """The booking behind a station's reservation, or None."""
    found = reads.one(_BY_RESERVATION, station_id=station_id, reservation_id=reservation_id)
    return _view(found)


def covering(reads: Reads, evse_id: str, at: datetime) -> BookingView | None:
    """The live booking an EVSE is kept for at this instant (`rules.is_claimed`), or None.

    Only its driver may start a session then, from shortly before the slot on.
    """
    found = _view(reads.one(_COVERING, evse_id=evse_id, at=at))
    return found if found is not None and is_claimed(found, at) else None


def passed(reads: Reads, evse_id: str, driver_id: str, at: datetime) -> BookingView | None:
    """A driver's booking of an EVSE for this instant that is used, was missed or has failed.

    What a station tells late may be of it: the clock could not know that the driver was there.
    """
    return _view(reads.one(_PASSED, evse_id=evse_id, driver_id=driver_id, at=at))


def claimed(reads: Reads, evse_ids: Iterable[str], at: datetime) -> frozenset[str]:
    """Which of these EVSEs are kept for a booked driver at this instant."""
    found = _views(reads.all(_CLAIMED, evse_ids=tuple(evse_ids), at=at))
    return frozenset(booking.evse_id for booking in found if is_claimed(booking, at))


def overlapping(
    reads: Reads, evse_id: str, span: Span, limit: int = IN_A_DAY
) -> tuple[BookingView, ...]:
    """Bookings that keep an EVSE in that time, buffers included, in order; at most `limit`.

    They are live, or were cancelled by the owner.
    """
    asked = {"evse_id": evse_id, "start": span.start, "end": span.end, "limit": limit}
    return _views(reads.all(_OVERLAPPING, **asked))


def to_come(reads: Reads, evse_id: str, now: datetime) -> tuple[BookingView, ...]:
    """The live bookings of an EVSE that keep it now or later, in order; all there may be."""
    return _views(reads.all(_TO_COME, evse_id=evse_id, now=now))


def busy(
    reads: Reads, evse_ids: Iterable[str], span: Span, now: datetime
) -> Mapping[str, Sequence[Span]]:
    """Which of these EVSEs have bookings in that time, and what each takes, buffers included.

    A lapsed hold or request is none.
    """
    rows = reads.all(_BUSY, evse_ids=tuple(evse_ids), start=span.start, end=span.end, now=now)
    found: dict[str, list[Span]] = {}
    for evse_id, starts_at, blocked_until in rows:
        found.setdefault(evse_id, []).append(Span(starts_at, blocked_until))
    return found


def soon_at_station(
    reads: Reads, station_id: str, now: datetime, until: datetime, limit: int
) -> tuple[BookingView, ...]:
    """A station's paid and free bookings that are not over and begin by `until`, in order."""
    statement = (
        select(BOOKING)
        .where(
            BOOKING.c.station_id == station_id,
            BOOKING.c.status.in_(("confirmed", "active")),
            BOOKING.c.blocked_until > now,
            BOOKING.c.starts_at <= until,
        )
        .order_by(BOOKING.c.starts_at, BOOKING.c.id)
    )
    return _views(reads.all(statement.limit(limit)))


def next_at_station(reads: Reads, station_id: str, after: datetime) -> datetime | None:
    """When the first of a station's confirmed bookings begins that begin after that; or None."""
    starts_at = BOOKING.c.starts_at
    statement = select(func.min(starts_at, type_=starts_at.type)).where(
        BOOKING.c.station_id == station_id, BOOKING.c.status == "confirmed", starts_at > after
    )
    found: datetime | None = reads.value(statement)
    return found


def at_station(
    reads: Reads, station_id: str, after: str | None, limit: int
) -> tuple[BookingView, ...]:
    """A station's bookings, the newest first, those made before `after`."""
    statement = select(BOOKING).where(BOOKING.c.station_id == station_id)
    if after is not None:
        statement = statement.where(BOOKING.c.id < after)
    return _views(reads.all(statement.order_by(BOOKING.c.id.desc()).limit(limit)))


def open_bookings(reads: Reads, driver_id: str) -> int:
    """How many live bookings a driver has."""
    found: int = reads.value(_OPEN_OF_DRIVER, driver_id=driver_id)
    return found


def is_reservation_known(reads: Reads, reservation_id: int) -> bool:
    """True if a booking has had this number."""
    return reads.one(_RESERVATION, reservation_id=reservation_id) is not None


def page(
    reads: Reads, account_id: str, role: str, after: str | None, limit: int
) -> tuple[BookingView, ...]:
    """An account's bookings as driver or owner, newest first, those made before `after`."""
    column = BOOKING.c.owner_id if role == "owner" else BOOKING.c.driver_id
    statement = select(BOOKING).where(column == account_id).order_by(BOOKING.c.id.desc())
    if after is not None:
        statement = statement.where(BOOKING.c.id < after)
    return _views(reads.all(statement.limit(limit)))


_DUE = (
    select(BOOKING)
    .where(BOOKING.c.status == bindparam("status"))
    .order_by(BOOKING.c.opens_at)
    .limit(bindparam("limit"))
)
_UNPAID = _DUE.where(BOOKING.c.pay_by <= bindparam("now"))
_UNANSWERED = _DUE.where(BOOKING.c.approve_by <= bindparam("now"))
_OPENED = _DUE.where(BOOKING.c.opens_at <= bindparam("now"))
_NOT_ARRIVED = _OPENED.where(BOOKING.c.arrive_by <= bindparam("now"))
_NOT_RESERVED = _OPENED.where(
    BOOKING.c.reservation == "none", BOOKING.c.arrive_by > bindparam("now")
)


def unpaid_holds(reads: Reads, now: datetime, limit: int) -> tuple[BookingView, ...]:
    """Holds past their `pay_by`, at most `limit`."""
    return _views(reads.all(_UNPAID, status="held", now=now, limit=limit))


def unanswered(reads: Reads, now: datetime, limit: int) -> tuple[BookingView, ...]:
    """Requests past their `approve_by`, at most `limit`."""
    return _views(reads.all(_UNANSWERED, status="requested", now=now, limit=limit))


def not_arrived(reads: Reads, now: datetime, limit: int) -> tuple[BookingView, ...]:
    """Confirmed bookings past their `arrive_by`, at most `limit`."""
    return _views(reads.all(_NOT_ARRIVED, status="confirmed", now=now, limit=limit))


def not_reserved(reads: Reads, now: datetime, limit: int) -> tuple[BookingView, ...]:
    """Confirmed bookings whose time has come and whose station was not told, at most `limit`."""
    return _views(reads.all(_NOT_RESERVED, status="confirmed", now=now, limit=limit))
