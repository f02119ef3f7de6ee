"""Drivers' credits with the hub: what was given, spent on sessions, and taken back.

The amounts stand in the ledger; a row here says what each was for. Rows are only added.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Index, bindparam, func, select
from sqlmodel import Field, SQLModel, col

from chargehub.ledger.tables import ENTRY, TXN
from chargehub.stations.schema import Station
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of
from chargehub.units import Money

Kind = Literal["given", "withdrawn", "spent", "passed_on", "redeemed"]
Reason = Literal["station_failed", "blocked_by_another", "station_retired"]
"""What a credit is for: the station failed a booking, another driver's car stood in its way, or it
was taken out of service."""

OF_OVERSTAY = "overstay_credit"  # the transfer by which an owner bears a credit
CURRENCIES_LISTED = 50  # of one driver: more than anybody charges in


class CreditRow(SQLModel, table=True):
    """A change of a driver's credit, in minor units: above zero given, below zero gone.

    `given` and `withdrawn` have a booking, `given` also a reason and a station; one that was
    withdrawn because its driver left has none. `spent` has a session and the CDR whose cost it
    pays; one above zero gives back what an earlier CDR took. What a guest `passed_on` by a code
    somebody has `redeemed`.
    """

    __tablename__ = "credit"
    __table_args__ = (
        Index("ix_credit_driver", "driver_id", "id"),
        Index("ix_credit_session", "session_id"),
        Index("ix_credit_station", "station_id", "at"),
        Index("uq_credit_booking_kind", "booking_id", "kind", unique=True),
        Index("uq_credit_cdr", "cdr_id", unique=True),
    )

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str = Field(max_length=36)
    kind: str = Field(max_length=10)
    reason: str | None = Field(default=None, max_length=20)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    booking_id: str | None = Field(default=None, max_length=36)
    station_id: str | None = Field(default=None, max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    cdr_id: str | None = Field(default=None, max_length=36)
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class CreditView:
    """A change of a driver's credit; the fields of its row."""

    id: str
    driver_id: str
    kind: str
    reason: str | None
    currency: str
    amount_minor: int
    booking_id: str | None
    station_id: str | None
    session_id: str | None
    cdr_id: str | None
    at: datetime


CREDIT = table_of(CreditRow)
_OF_BOOKING = select(CREDIT).where(
    CREDIT.c.booking_id == bindparam("booking_id"), CREDIT.c.kind == bindparam("kind")
)
_OF_CDR = Hot(select(CREDIT.c.id).where(CREDIT.c.cdr_id == bindparam("cdr_id")))
_SPENT = Hot(
    select(func.sum(CREDIT.c.amount_minor)).where(CREDIT.c.session_id == bindparam("session_id"))
)
_GIVEN_SINCE = select(CREDIT.c.station_id).where(
    CREDIT.c.driver_id == bindparam("driver_id"),
    CREDIT.c.kind.in_(("given", "redeemed")),
    CREDIT.c.at > bindparam("since", type_=Instant()),
)
_GIVEN_AT_OWNER = (
    select(func.count())
    .select_from(CREDIT)
    .join(Station, col(Station.id) == CREDIT.c.station_id)
    .where(
        col(Station.owner_id) == bindparam("owner_id"),
        CREDIT.c.kind == "given",
        CREDIT.c.at > bindparam("since", type_=Instant()),
    )
)
_WITHDRAWN = CREDIT.alias("withdrawn")
_GIVEN_FOR_OWNER = (  # what was taken back is below zero
    select(
        func.coalesce(func.sum(CREDIT.c.amount_minor), 0),
        func.coalesce(func.sum(_WITHDRAWN.c.amount_minor), 0),
    )
    .join(Station, col(Station.id) == CREDIT.c.station_id)
    .outerjoin(
        _WITHDRAWN,
        (_WITHDRAWN.c.booking_id == CREDIT.c.booking_id) & (_WITHDRAWN.c.kind == "withdrawn"),
    )
    .where(
        col(Station.owner_id) == bindparam("owner_id"),
        CREDIT.c.kind == "given",
        CREDIT.c.currency == bindparam("currency"),
        CREDIT.c.at > bindparam("since", type_=Instant()),
    )
)
_BORNE_BY_OWNER = (
    select(func.coalesce(func.sum(ENTRY.c.amount), 0))
    .join(TXN, TXN.c.id == ENTRY.c.txn_id)
    .where(
        ENTRY.c.account.in_(bindparam("of_owner", expanding=True)),
        ENTRY.c.asset == bindparam("currency"),
        TXN.c.kind == OF_OVERSTAY,
        TXN.c.effective_at > bindparam("since", type_=Instant()),
    )
)
_BALANCES = (
    select(CREDIT.c.currency, func.sum(CREDIT.c.amount_minor).label("amount_minor"))
    .where(CREDIT.c.driver_id == bindparam("driver_id"))
    .group_by(CREDIT.c.currency)
    .order_by(CREDIT.c.currency)
    .limit(CURRENCIES_LISTED)
)


def of_booking(reads: Reads, booking_id: str, kind: Kind) -> CreditView | None:
    """What was given for a booking, or taken back of it; or None."""
    row = reads.one(_OF_BOOKING, booking_id=booking_id, kind=kind)
    return None if row is None else CreditView(*row)


def is_reckoned(reads: Reads, cdr_id: str) -> bool:
    """True if credit was spent, or given back, for just this CDR."""
    return reads.one(_OF_CDR, cdr_id=cdr_id) is not None


def spent_on(reads: Reads, session_id: str) -> int:
    """How much of a session's cost credit pays by now, in minor units."""
    return -int(reads.value(_SPENT, session_id=session_id) or 0)


def given_since(reads: Reads, driver_id: str, since: datetime) -> tuple[str | None, ...]:
    """The stations that a driver was given credit for since then, one for each time; None for a
    credit that was redeemed by a code."""
    return tuple(row[0] for row in reads.all(_GIVEN_SINCE, driver_id=driver_id, since=since))


def given_at_owner(reads: Reads, owner_id: str, since: datetime) -> int:
    """How often drivers were given credit since then because of an owner's stations."""
    return int(reads.value(_GIVEN_AT_OWNER, owner_id=owner_id, since=since))


def borne_for_owner(reads: Reads, owner_id: str, currency: str, since: datetime) -> int:
    """What credits because of an owner's stations have cost the hub since then, in minor units.

    Not what was taken back, nor what the owner bears out of an overstay.
    """
    row = reads.one(_GIVEN_FOR_OWNER, owner_id=owner_id, currency=currency, since=since)
    assert row is not None
    accounts = [f"owner:receivable:{owner_id}", f"owner:payable:{owner_id}"]
    borne = reads.value(_BORNE_BY_OWNER, of_owner=accounts, currency=currency, since=since)
    return int(row[0]) + int(row[1]) - int(borne)


def balances(reads: Reads, driver_id: str) -> tuple[Money, ...]:
    """What a driver has, by currency; none that is zero."""
    rows = reads.all(_BALANCES, driver_id=driver_id)
    return tuple(Money(int(row.amount_minor), row.currency) for row in rows if row.amount_minor)


def page(reads: Reads, driver_id: str, after: str | None, limit: int) -> tuple[CreditView, ...]:
    """The changes of a driver's credit, newest first, those before `after`."""
    statement = select(CREDIT).where(CREDIT.c.driver_id == driver_id).order_by(CREDIT.c.id.desc())
    if after is not None:
        statement = statement.where(CREDIT.c.id < after)
    return tuple(CreditView(*row) for row in reads.all(statement.limit(limit)))
