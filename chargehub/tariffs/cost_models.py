"""What energy costs owners at their locations, and since when. A time that is over keeps its costs.

Who may state what stands in `margins`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, bindparam, func, select
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads, table_of
from chargehub.tariffs import costs, sunny
from chargehub.tariffs.components import Usage
from chargehub.tariffs.costs import CostModel, energy_cost
from chargehub.units import Span

MOST_READ = 500  # versions at once
LONGEST = timedelta(days=30)  # a car may charge on after the month in which it began


class CostModelRow(SQLModel, table=True):
    """What a kWh costs at a location from `since` until its next row. `model` None: nobody says."""

    __tablename__ = "cost_model"
    __table_args__ = (
        Index("uq_cost_model_location_since", "location_id", "since", unique=True),
        Index("ix_cost_model_owner", "owner_id", "since"),
    )

    id: str = Field(primary_key=True, max_length=36)
    location_id: str = Field(max_length=36, foreign_key="location.id")
    owner_id: str = Field(max_length=36)
    since: datetime = Field(sa_type=Instant)
    model: Any = Field(default=None, sa_type=Json, nullable=True)
    stated_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class CostVersion:
    """What energy costs from an instant on. `until` None: until something else is stated."""

    location_id: str
    since: datetime
    until: datetime | None
    model: CostModel | None
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class KnownCosts:
    """What was stated of a location, the oldest first, and when it fed in."""

    stated: Sequence[CostVersion]
    sunny: Sequence[Span]

    def model_at(self, at: datetime) -> CostModel | None:
        """What held at an instant."""
        begun = [version for version in self.stated if version.since <= at]
        return begun[-1].model if begun else None

    def cost_minor(self, usage: Usage, currency: str) -> int | None:
        """What a session's energy cost, by what held when it began; None: nobody has said, or it
        was in another currency."""
        model = self.model_at(usage.started_at)
        if model is None or model.currency != currency:
            return None
        return energy_cost(model, usage, self._sunny_in(usage)).total_minor

    def _sunny_in(self, usage: Usage) -> Sequence[Span]:
        first = bisect_right(self.sunny, usage.started_at, key=lambda span: span.end)
        last = bisect_right(self.sunny, usage.ended_at, key=lambda span: span.start)
        return self.sunny[first:last]


COST_MODEL = table_of(CostModelRow)
_FOLLOWING = COST_MODEL.alias("following")
_UNTIL = (
    select(func.min(_FOLLOWING.c.since, type_=Instant()))
    .where(
        _FOLLOWING.c.location_id == COST_MODEL.c.location_id,
        _FOLLOWING.c.since > COST_MODEL.c.since,
    )
    .correlate(COST_MODEL)
    .scalar_subquery()
)
_VERSIONS = select(
    COST_MODEL.c.location_id,
    COST_MODEL.c.since,
    _UNTIL.label("until"),
    COST_MODEL.c.model,
    COST_MODEL.c.stated_at,
)
_IS_BEGUN: ColumnElement[bool] = COST_MODEL.c.since <= bindparam("at", type_=Instant())
_AT = (
    _VERSIONS.where(COST_MODEL.c.location_id == bindparam("location_id"), _IS_BEGUN)
    .order_by(COST_MODEL.c.since.desc())
    .limit(1)
)
_WITHIN = (
    _VERSIONS.where(
        COST_MODEL.c.location_id == bindparam("location_id"),
        COST_MODEL.c.since > bindparam("start", type_=Instant()),
        COST_MODEL.c.since < bindparam("end", type_=Instant()),
    )
    .order_by(COST_MODEL.c.since)
    .limit(MOST_READ)
)


def version_at(reads: Reads, location_id: str, at: datetime) -> CostVersion | None:
    """What was stated for an instant; None: nothing ever was by then."""
    row = reads.one(_AT, location_id=location_id, at=at)
    return None if row is None else _view(row)


def versions_within(reads: Reads, location_id: str, span: Span) -> tuple[CostVersion, ...]:
    """All that held in a time, the oldest first."""
    first = version_at(reads, location_id, span.start)
    rows = reads.all(_WITHIN, location_id=location_id, start=span.start, end=span.end)
    return (*(() if first is None else (first,)), *(_view(row) for row in rows))


def locations_of(reads: Reads, owner_id: str, most: int) -> Sequence[str]:
    """The locations of which an owner has ever said what energy costs, at most so many."""
    wanted = select(COST_MODEL.c.location_id).where(COST_MODEL.c.owner_id == owner_id).distinct()
    return [row[0] for row in reads.all(wanted.order_by(COST_MODEL.c.location_id).limit(most))]


def known(reads: Reads, location_id: str, span: Span) -> KnownCosts:
    """What sessions cost that begin at a location in a time."""
    return KnownCosts(
        versions_within(reads, location_id, span),
        sunny.during(reads, location_id, Span(span.start, span.end + LONGEST)),
    )


def _view(row: Any) -> CostVersion:
    model = None if row.model is None else costs.read(row.model)
    return CostVersion(row.location_id, row.since, row.until, model, row.stated_at)
