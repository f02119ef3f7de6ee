"""Owners' payout plans: a row for each who stated one. Who did not is paid at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, select
from sqlmodel import Field, SQLModel

from chargehub.payments.plan import Plan
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of
from chargehub.units import Money


class PayoutPlanRow(SQLModel, table=True):
    """A plan. `minimum_minor` is of `minimum_currency`; both or none."""

    __tablename__ = "payout_plan"

    owner_id: str = Field(primary_key=True, max_length=36)
    schedule: str = Field(max_length=10)
    day: int | None = None
    minimum_minor: int | None = Field(default=None, sa_type=BigInteger)
    minimum_currency: str | None = Field(default=None, max_length=3)
    next_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    changed_at: datetime = Field(sa_type=Instant)


PLAN = table_of(PayoutPlanRow)


def plan(reads: Reads, owner_id: str) -> Plan | None:
    """An owner's plan; None: at once."""
    row = reads.one(select(PLAN).where(PLAN.c.owner_id == owner_id))
    return None if row is None else view(row)


def view(row: Any) -> Plan:
    """A row as a plan."""
    minimum = None
    if row.minimum_minor is not None:
        minimum = Money(row.minimum_minor, row.minimum_currency)
    return Plan(row.owner_id, row.schedule, row.day, minimum, row.next_at, row.changed_at)
