"""Owners' accounts at a rail that pays them, as the hub last heard of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads, table_of


class PayoutAccountRow(SQLModel, table=True):
    """An owner's account at a rail. `reference`: the rail's name of it; None: being opened.

    `due`: the rail's codes of what it still wants to know, `due_by` until when; `asked_at`: when
    the rail was last asked.
    """

    __tablename__ = "payout_account"

    owner_id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    country: str = Field(max_length=2)
    reference: str | None = Field(default=None, max_length=200, index=True)
    is_ready: bool = False
    is_rejected: bool = False
    due: Any = Field(sa_type=Json)
    due_by: datetime | None = Field(default=None, sa_type=Instant)
    asked_at: datetime = Field(sa_type=Instant, index=True)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class PayoutAccountView:
    """An owner's account at a rail as it stands; see the row."""

    owner_id: str
    rail: str
    country: str
    reference: str | None
    is_ready: bool
    is_rejected: bool
    due: tuple[str, ...]
    due_by: datetime | None
    asked_at: datetime
    created_at: datetime

    @property
    def state(self) -> str:
        """opening, incomplete (something is due), pending (the rail checks), ready, rejected."""
        if self.reference is None:
            return "opening"
        if self.is_rejected:
            return "rejected"
        if self.is_ready:
            return "ready"
        return "incomplete" if self.due else "pending"


PAYEE = table_of(PayoutAccountRow)
_OF_OWNER = select(PAYEE).where(PAYEE.c.owner_id == bindparam("owner_id"))
_OF_REFERENCE = select(PAYEE).where(PAYEE.c.reference == bindparam("reference"))
_TO_ASK = (
    select(PAYEE)
    .where(PAYEE.c.asked_at <= bindparam("since"), PAYEE.c.reference.is_not(None))
    .order_by(PAYEE.c.asked_at)
    .limit(bindparam("limit"))
)


def of_owner(reads: Reads, owner_id: str) -> PayoutAccountView | None:
    """An owner's account, or None."""
    return _view(reads.one(_OF_OWNER, owner_id=owner_id))


def of_reference(reads: Reads, reference: str) -> PayoutAccountView | None:
    """The account that the rail calls so, or None."""
    return _view(reads.one(_OF_REFERENCE, reference=reference))


def to_ask(reads: Reads, since: datetime, limit: int) -> tuple[PayoutAccountView, ...]:
    """Accounts of which nothing was asked since then, at most `limit`."""
    found = (_view(row) for row in reads.all(_TO_ASK, since=since, limit=limit))
    return tuple(one for one in found if one is not None)


def _view(row: Any) -> PayoutAccountView | None:
    return None if row is None else PayoutAccountView(**{**row._mapping, "due": tuple(row.due)})
