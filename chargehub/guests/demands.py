"""EVSEs whose owners take only who scans a code that changes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class PayCodeDemandRow(SQLModel, table=True):
    """An EVSE at which only the changing code counts. `show_at`: when its station's display is
    told the next one; None: it is shown by other means, or nowhere."""

    __tablename__ = "pay_code_demand"
    __table_args__ = (Index("ix_pay_code_demand_show", "show_at"),)

    evse_id: str = Field(primary_key=True, max_length=36)
    show_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class DemandView:
    """A demand as it stands; the fields of its row."""

    evse_id: str
    show_at: datetime | None


DEMAND = table_of(PayCodeDemandRow)
_OF_EVSE = select(DEMAND).where(DEMAND.c.evse_id == bindparam("evse_id"))
_DUE = (
    select(DEMAND)
    .where(DEMAND.c.show_at <= bindparam("now", type_=Instant()))
    .order_by(DEMAND.c.show_at, DEMAND.c.evse_id)
    .limit(bindparam("limit"))
)


def demand(reads: Reads, evse_id: str) -> DemandView | None:
    """What the owner demands of who would pay at this EVSE; None: nothing."""
    row = reads.one(_OF_EVSE, evse_id=evse_id)
    return None if row is None else DemandView(*row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[DemandView, ...]:
    """EVSEs whose displays are to be told a code, the longest due first."""
    return tuple(DemandView(*row) for row in reads.all(_DUE, now=now, limit=limit))


def put(work: Work, evse_id: str, show_at: datetime | None) -> None:
    """Demand the changing code from now on."""
    is_it = DEMAND.c.evse_id == evse_id
    if not work.execute(update(DEMAND).where(is_it).values(show_at=show_at)):
        work.add(PayCodeDemandRow(evse_id=evse_id, show_at=show_at))


def drop(work: Work, evse_id: str) -> None:
    """Demand it no more."""
    work.execute(delete(DEMAND).where(DEMAND.c.evse_id == evse_id))
