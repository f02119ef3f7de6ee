"""Owners whose payouts are withheld, and why; a row for each. What is under way goes on."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class PayoutHold(SQLModel, table=True):
    """Nothing is paid out to an owner; `reason` is a sentence that says what to do."""

    __tablename__ = "payout_hold"

    owner_id: str = Field(primary_key=True, max_length=36)
    reason: str = Field(max_length=500)
    since: datetime = Field(sa_type=Instant)


HOLD = table_of(PayoutHold)


def withhold(work: Work, owner_id: str, reason: str, now: datetime) -> None:
    """Pay nothing out to an owner from now on; again, only the reason is another."""
    if not work.execute(update(HOLD).where(HOLD.c.owner_id == owner_id).values(reason=reason)):
        work.insert(PayoutHold, owner_id=owner_id, reason=reason, since=now)


def release(work: Work, owner_id: str) -> None:
    """Nothing is in the way of an owner's payouts any more."""
    work.execute(delete(HOLD).where(HOLD.c.owner_id == owner_id))


def why(reads: Reads, owner_id: str) -> str | None:
    """Why nothing is paid out to an owner; None: nothing is withheld."""
    found: str | None = reads.value(select(HOLD.c.reason).where(HOLD.c.owner_id == owner_id))
    return found
