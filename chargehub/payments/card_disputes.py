"""Charges that cardholders dispute at their banks. What follows stands in `card_disputes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Index, select, text
from sqlmodel import Field, SQLModel

from chargehub.payments.facts import CardDisputeState
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

OPEN = ("inquiry", "needs_response", "under_review")
_IS_WAITING = text("closed_at IS NULL")
_TO_ANSWER = text("answer_at IS NOT NULL")


class CardDisputeRow(SQLModel, table=True):
    """One dispute of a charge, by the rail's name of it. `state`: see `CardDisputeState`.

    `payment_id` None: the charge was a top-up. `is_withdrawn`: the bank has had the amount;
    `beyond_minor` of a lost one is in no refund of the payment. `words`: an operator's, for the
    bank; `answer_at`: when the evidence is sent, None: it was, or cannot be any more;
    `accepted_by`: the operator who gave in. `refusal_code`: the rail took no answer.
    """

    __tablename__ = "card_dispute"
    __table_args__ = (
        Index("uq_card_dispute_reference", "rail", "reference", unique=True),
        Index("ix_card_dispute_payment", "payment_id"),
        Index("ix_card_dispute_owner", "owner_id", "id"),
        Index("ix_card_dispute_driver", "driver_id"),
        Index("ix_card_dispute_session", "session_id"),
        Index(
            "ix_card_dispute_waiting",
            "due_by",
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
        Index(
            "ix_card_dispute_answer",
            "answer_at",
            sqlite_where=_TO_ANSWER,
            postgresql_where=_TO_ANSWER,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    reference: str = Field(max_length=200)
    payment_id: str | None = Field(default=None, max_length=36)
    driver_id: str | None = Field(default=None, max_length=36)
    owner_id: str | None = Field(default=None, max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    beyond_minor: int = Field(default=0, sa_type=BigInteger)
    reason: str = Field(max_length=60)
    state: str = Field(max_length=20)
    is_withdrawn: bool = False
    is_answered: bool = False
    due_by: datetime | None = Field(default=None, sa_type=Instant)
    words: str | None = Field(default=None, max_length=2000)
    answer_at: datetime | None = Field(default=None, sa_type=Instant)
    accepted_by: str | None = Field(default=None, max_length=36)
    refusal_code: str | None = Field(default=None, max_length=60)
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class CardDisputeView:
    """A card dispute as it stands; the fields of its row."""

    id: str
    rail: str
    reference: str
    payment_id: str | None
    driver_id: str | None
    owner_id: str | None
    session_id: str | None
    booking_id: str | None
    currency: str
    amount_minor: int
    beyond_minor: int
    reason: str
    state: CardDisputeState
    is_withdrawn: bool
    is_answered: bool
    due_by: datetime | None
    words: str | None
    answer_at: datetime | None
    accepted_by: str | None
    refusal_code: str | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


CARD_DISPUTE = table_of(CardDisputeRow)


def card_dispute(reads: Reads, dispute_id: str) -> CardDisputeView | None:
    """The card dispute with this id, or None."""
    row = reads.one(select(CARD_DISPUTE).where(CARD_DISPUTE.c.id == dispute_id))
    return None if row is None else CardDisputeView(*row)


def by_reference(reads: Reads, rail: str, reference: str) -> CardDisputeView | None:
    """The card dispute that a rail calls so, or None."""
    is_it = CARD_DISPUTE.c.rail == rail, CARD_DISPUTE.c.reference == reference
    row = reads.one(select(CARD_DISPUTE).where(*is_it))
    return None if row is None else CardDisputeView(*row)


def waiting(reads: Reads, limit: int) -> tuple[CardDisputeView, ...]:
    """Card disputes that no bank has decided, the first due before the others."""
    last = CARD_DISPUTE.c.due_by.is_(None), CARD_DISPUTE.c.due_by, CARD_DISPUTE.c.id
    rows = reads.all(select(CARD_DISPUTE).where(_IS_WAITING).order_by(*last).limit(limit))
    return tuple(CardDisputeView(*row) for row in rows)


def is_disputed(reads: Reads, payment_id: str) -> bool:
    """True while a cardholder's bank has what was paid, or asks about it."""
    is_it = CARD_DISPUTE.c.payment_id == payment_id, CARD_DISPUTE.c.state.in_(OPEN)
    return reads.one(select(CARD_DISPUTE.c.id).where(*is_it)) is not None


def of_session(reads: Reads, session_id: str) -> Sequence[CardDisputeView]:
    """All card disputes of a session, oldest first."""
    is_it = CARD_DISPUTE.c.session_id == session_id
    rows = reads.all(select(CARD_DISPUTE).where(is_it).order_by(CARD_DISPUTE.c.id))
    return [CardDisputeView(*row) for row in rows]


def page(
    reads: Reads, owner_id: str | None, after: str | None, limit: int
) -> tuple[CardDisputeView, ...]:
    """Card disputes, newest first, those before `after`; of an owner, or (None) all."""
    statement = select(CARD_DISPUTE).order_by(CARD_DISPUTE.c.id.desc()).limit(limit)
    if owner_id is not None:
        statement = statement.where(CARD_DISPUTE.c.owner_id == owner_id)
    if after is not None:
        statement = statement.where(CARD_DISPUTE.c.id < after)
    return tuple(CardDisputeView(*row) for row in reads.all(statement))


def to_answer(reads: Reads, now: datetime, limit: int) -> tuple[CardDisputeView, ...]:
    """Card disputes whose evidence is to be sent now."""
    statement = select(CARD_DISPUTE).where(CARD_DISPUTE.c.answer_at <= now)
    rows = reads.all(statement.order_by(CARD_DISPUTE.c.answer_at, CARD_DISPUTE.c.id).limit(limit))
    return tuple(CardDisputeView(*row) for row in rows)
