"""Cards on their way into wallets: the pages of rails on which drivers enter them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, func, or_, select, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of

_IS_OPEN = text("state = 'open'")


class MethodSetupRow(SQLModel, table=True):
    """A page on which an account's holder enters a card. `state`: opening, open, done, expired.

    `reference`: the rail's own name of the page; `asked_at`: when the rail was last asked what
    became of it; `method_id`: the means of payment that came of it.
    """

    __tablename__ = "payment_method_setup"
    __table_args__ = (
        Index("ix_payment_method_setup_account", "account_id", "expires_at"),
        Index("ix_payment_method_setup_reference", "reference"),
        Index(
            "ix_payment_method_setup_open",
            "asked_at",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36)
    rail: str = Field(max_length=20)
    state: str = Field(max_length=10)
    reference: str | None = Field(default=None, max_length=200)
    url: str | None = Field(default=None, max_length=2000)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    asked_at: datetime = Field(sa_type=Instant)
    method_id: str | None = Field(default=None, max_length=36)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class SetupView:
    """A page for entering a card as it stands; see the row."""

    id: str
    account_id: str
    rail: str
    state: str
    reference: str | None
    url: str | None
    expires_at: datetime
    asked_at: datetime
    method_id: str | None
    created_at: datetime


SETUP = table_of(MethodSetupRow)
_BY_ID = select(SETUP).where(SETUP.c.id == bindparam("id"))
_BY_REFERENCE = select(SETUP).where(
    SETUP.c.rail == bindparam("rail"), SETUP.c.reference == bindparam("reference")
)
_OPEN = select(func.count()).where(
    SETUP.c.account_id == bindparam("account_id"),
    SETUP.c.expires_at > bindparam("now"),
    SETUP.c.state.in_(("opening", "open")),
)
_TO_ASK = (
    select(SETUP)
    .where(
        SETUP.c.state == "open",
        or_(
            SETUP.c.asked_at <= bindparam("since"),
            (SETUP.c.expires_at <= bindparam("now")) & (SETUP.c.asked_at < SETUP.c.expires_at),
        ),
    )
    .order_by(SETUP.c.asked_at)
    .limit(bindparam("limit"))
)


def setup(reads: Reads, setup_id: str) -> SetupView | None:
    """The page with this id, or None."""
    row = reads.one(_BY_ID, id=setup_id)
    return None if row is None else SetupView(*row)


def of_reference(reads: Reads, rail: str, reference: str) -> SetupView | None:
    """The page that a rail calls so, or None."""
    row = reads.one(_BY_REFERENCE, rail=rail, reference=reference)
    return None if row is None else SetupView(*row)


def count_open(reads: Reads, account_id: str, now: datetime) -> int:
    """How many pages of an account can still be completed."""
    return int(reads.value(_OPEN, account_id=account_id, now=now))


def to_ask(reads: Reads, since: datetime, now: datetime, limit: int) -> tuple[SetupView, ...]:
    """Open pages of which nothing was heard since then, or whose time is over; at most `limit`."""
    return tuple(SetupView(*row) for row in reads.all(_TO_ASK, since=since, now=now, limit=limit))
