"""Charging without an account and without a booking: who opened a page to pay at an EVSE."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Index, bindparam, func, select, text
from sqlmodel import Field, SQLModel

from chargehub.people.rules import digest
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

_IS_OPEN = text("state = 'opened'")


class AdHocRow(SQLModel, table=True):
    """One visit. `state`: opened (the page of the rail waits), started, refused. Whose page was
    not completed is forgotten.

    `account_id` and `session_id` from the start on. `why`: of a refusal, for who stands there.
    `look_at`: when the page is looked at though nobody asks; `unanswered`: looks of which the rail
    has answered none yet. The link's token is kept as SHA-256.
    """

    __tablename__ = "ad_hoc"
    __table_args__ = (
        Index("uq_ad_hoc_token", "token_hash", unique=True),
        Index("ix_ad_hoc_look", "look_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_ad_hoc_account", "account_id"),
        Index("ix_ad_hoc_created", "created_at"),
        Index("ix_ad_hoc_page", "page_reference"),
    )

    id: str = Field(primary_key=True, max_length=36)
    token_hash: str = Field(max_length=64)
    evse_id: str = Field(max_length=36)
    email: str = Field(max_length=254)
    rail: str = Field(max_length=20)
    currency: str = Field(max_length=3)
    hold_minor: int = Field(sa_type=BigInteger)
    page_reference: str | None = Field(default=None, max_length=200)
    state: str = Field(max_length=10)
    why: str | None = Field(default=None, max_length=300)
    account_id: str | None = Field(default=None, max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    look_at: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class AdHocView:
    """A visit as it stands; the fields of its row."""

    id: str
    token_hash: str
    evse_id: str
    email: str
    rail: str
    currency: str
    hold_minor: int
    page_reference: str | None
    state: str
    why: str | None
    account_id: str | None
    session_id: str | None
    look_at: datetime
    created_at: datetime
    unanswered: int


AD_HOC = table_of(AdHocRow)
_BY_ID = select(AD_HOC).where(AD_HOC.c.id == bindparam("id"))
_BY_TOKEN = select(AD_HOC).where(AD_HOC.c.token_hash == bindparam("token_hash"))
_WAITING_OF = (
    select(func.count())
    .select_from(AD_HOC)
    .where(AD_HOC.c.state == "opened", func.lower(AD_HOC.c.email) == bindparam("email"))
)
_BY_REFERENCE = select(AD_HOC).where(
    AD_HOC.c.rail == bindparam("rail"), AD_HOC.c.page_reference == bindparam("reference")
)
_OF_ACCOUNT = Hot(select(AD_HOC.c.id).where(AD_HOC.c.account_id == bindparam("account_id")))
_DUE = (
    select(AD_HOC)
    .where(AD_HOC.c.state == "opened", AD_HOC.c.look_at <= bindparam("now", type_=Instant()))
    .order_by(AD_HOC.c.look_at)
    .limit(bindparam("limit"))
)


def visit(reads: Reads, visit_id: str) -> AdHocView | None:
    """The visit with this id, or None."""
    row = reads.one(_BY_ID, id=visit_id)
    return None if row is None else AdHocView(*row)


def by_token(reads: Reads, token: str) -> AdHocView | None:
    """The visit that a link opens, or None."""
    row = reads.one(_BY_TOKEN, token_hash=digest(token))
    return None if row is None else AdHocView(*row)


def waiting_of(reads: Reads, email: str) -> int:
    """How many pages wait whose links were asked for by this address, however it is written."""
    return int(reads.value(_WAITING_OF, email=email.lower()))


def of_reference(reads: Reads, rail: str, reference: str) -> AdHocView | None:
    """The visit whose page a rail calls so, or None."""
    row = reads.one(_BY_REFERENCE, rail=rail, reference=reference)
    return None if row is None else AdHocView(*row)


def is_of(reads: Reads, account_id: str) -> bool:
    """True if this account was opened for somebody who paid at an EVSE."""
    return reads.one(_OF_ACCOUNT, account_id=account_id) is not None


def due(reads: Reads, now: datetime, limit: int) -> tuple[AdHocView, ...]:
    """Visits whose pages are to be looked at."""
    return tuple(AdHocView(*row) for row in reads.all(_DUE, now=now, limit=limit))
