"""What disputes have frozen of settled costs, or given back. The process stands in `disputes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Index, bindparam, func, select
from sqlmodel import Field, SQLModel

from chargehub.settlement.contest import Bearer, Parts, State, Taken
from chargehub.settlement.fees import Sums
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

MOST = 50  # disputes of one session: each kind once


class ContestRow(SQLModel, table=True):
    """The money of one dispute: amount = owner + fee + vat. One of the two subjects is set.

    `frozen_minor` of the owner's part lies in the ledger's `owner:dispute_hold`. `step` counts
    what was posted, so that every transfer has an id of its own. `is_sent` false: it was to be
    given back, and the rail refused.
    """

    __tablename__ = "settlement_contest"
    __table_args__ = (
        Index("ix_settlement_contest_session", "session_id"),
        Index("ix_settlement_contest_booking", "booking_id"),
        Index("ix_settlement_contest_owner", "owner_id", "ended_at"),
    )

    dispute_id: str = Field(primary_key=True, max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    owner_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    owner_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    vat_minor: int = Field(sa_type=BigInteger)
    frozen_minor: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=8)
    bearer: str = Field(default="owner", max_length=5)
    is_sent: bool = True
    step: int = 0
    opened_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is disputed: the cost of a session, or the fee of a booking that ended early."""

    session_id: str | None = None
    booking_id: str | None = None


@dataclass(frozen=True, slots=True)
class ContestView:
    """A contest as it stands; the fields of its row."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None
    owner_id: str
    currency: str
    amount_minor: int
    owner_minor: int
    fee_minor: int
    vat_minor: int
    frozen_minor: int
    state: State
    bearer: Bearer
    is_sent: bool
    step: int
    opened_at: datetime
    ended_at: datetime | None

    @property
    def subject(self) -> Subject:
        return Subject(self.session_id, self.booking_id)

    @property
    def parts(self) -> Parts:
        return Parts(self.owner_minor, self.fee_minor, self.vat_minor)

    @property
    def counts(self) -> bool:
        """True while it takes anything out of its settlement."""
        return self.state != "released"


CONTEST = table_of(ContestRow)


def contest(reads: Reads, dispute_id: str) -> ContestView | None:
    """The money of a dispute, or None if it never froze any."""
    row = reads.one(select(CONTEST).where(CONTEST.c.dispute_id == dispute_id))
    return None if row is None else ContestView(*row)


_OLDEST_FIRST = select(CONTEST).order_by(CONTEST.c.opened_at, CONTEST.c.dispute_id).limit(MOST)
_OF_SESSION = Hot(_OLDEST_FIRST.where(CONTEST.c.session_id == bindparam("session_id")))
_OF_BOOKING = Hot(_OLDEST_FIRST.where(CONTEST.c.booking_id == bindparam("booking_id")))


def contests_of(reads: Reads, subject: Subject) -> tuple[ContestView, ...]:
    """All that was ever disputed of a settlement, oldest first."""
    if subject.session_id is None:
        rows = reads.all(_OF_BOOKING, booking_id=subject.booking_id)
    else:
        rows = reads.all(_OF_SESSION, session_id=subject.session_id)
    return tuple(ContestView(*row) for row in rows)


def taken(found: Sequence[ContestView]) -> Taken:
    """What these take out of their settlement together."""
    back = [one for one in found if one.state == "returned"]
    borne = [one for one in back if one.bearer == "owner"]
    return Taken(
        owner_minor=sum(one.owner_minor for one in borne),
        amount_minor=sum(one.amount_minor for one in borne),
        sent_minor=sum(one.amount_minor for one in back if one.is_sent),
        frozen_minor=sum(one.frozen_minor for one in found if one.state == "frozen"),
        vat_minor=sum(one.vat_minor for one in borne),
    )


def returned(reads: Reads, owner_id: str, start: datetime, end: datetime) -> Sums:
    """What went back at an owner's expense from `start` up to, not at, `end`, by currency."""
    statement = (
        select(
            CONTEST.c.currency,
            func.sum(CONTEST.c.amount_minor),
            func.sum(CONTEST.c.fee_minor),
            func.sum(CONTEST.c.vat_minor),
            func.sum(CONTEST.c.owner_minor),
        )
        .where(
            CONTEST.c.owner_id == owner_id,
            CONTEST.c.ended_at >= start,
            CONTEST.c.ended_at < end,
            CONTEST.c.state == "returned",
            CONTEST.c.bearer == "owner",
        )
        .group_by(CONTEST.c.currency)
    )
    return {row[0]: tuple(int(value) for value in row[1:]) for row in reads.all(statement)}
